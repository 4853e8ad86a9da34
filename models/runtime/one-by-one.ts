/** Graphs that take one window at a time: their classifier's batch cannot be any other. */
import type { InferenceSession } from "onnxruntime-common";

/** Whether the graph's magnitudes are of one window, whatever is asked. */
export function takesOneWindow({ inputMetadata }: InferenceSession): boolean {
  const magnitudes = inputMetadata.find(({ name }) => name === "magnitudes");
  return magnitudes?.isTensor === true && magnitudes.shape[0] === 1;
}

/** The part of row-major values that is of one window among several. */
export function ofWindow<Values extends Float32Array | readonly number[]>(
  values: Values,
  window: number,
  batch: number,
): Values {
  const size = values.length / batch;
  const part = ArrayBuffer.isView(values)
    ? values.subarray(window * size, (window + 1) * size)
    : values.slice(window * size, (window + 1) * size);
  return part as Values;
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
