/** Fourier transforms as matrix products and convolutions, and the windows that go with them. */
import type { GraphBuilder } from "../builder.ts";
import { describe, need, number, type OperatorFamily, type OperatorRule } from "../rule.ts";
import { normalAxis, showShape } from "../shapes.ts";
import { type Call, type TensorType, toNumbers } from "../types.ts";
import { composed } from "./composed.ts";
import { knownNumbers } from "./known.ts";

function scalar(call: Call, g: GraphBuilder, index: number, what: string): number | undefined {
  return call.inputs[index] && knownNumbers(call, g, index, what)[0];
}

/** 256 MiB: 8192 samples as one transform, and no audio model has a longer one. */
const MOST_WEIGHTS = 2 ** 26;

/** cos and −sin of every bin, as [from, 2 · bins] or, of complex numbers, [2 · from, 2 · bins]. */
function transform(options: {
  readonly from: number;
  readonly length: number;
  readonly bins: number;
  readonly complex: boolean;
  readonly inverse: boolean;
}): Float32Array {
  const { from, length, bins, complex, inverse } = options;
  if ((complex ? 2 : 1) * from * 2 * bins > MOST_WEIGHTS)
    throw new Error(
      `A transform of ${from} elements to ${bins} bins is too large to be written as a product`,
    );
  const table = new Float32Array((complex ? 2 : 1) * from * 2 * bins);
  const scale = inverse ? 1 / length : 1;
  const put = (row: number, column: number, value: number) => {
    table[row * 2 * bins + column] = scale * value;
  };
  for (let n = 0; n < Math.min(from, length); n++) {
    for (let k = 0; k < bins; k++) {
      const angle = ((inverse ? 2 : -2) * Math.PI * ((n * k) % length)) / length;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      // Elements are pairs of a real and an imaginary part.
      const row = complex ? 2 * n : n;
      put(row, 2 * k, cos);
      put(row, 2 * k + 1, sin);
      if (!complex) continue;
      put(row + 1, 2 * k, -sin);
      put(row + 1, 2 * k + 1, cos);
    }
  }
  return table;
}

/** The second last without; files of before operator set 20 are read as if they said theirs. */
function axisOf(call: Call, g: GraphBuilder): number {
  const axis = call.inputs[2] ? knownNumbers(call, g, 2, "the axis")[0]! : -2;
  return normalAxis(axis, need(call, 0).shape.length, describe(call));
}

function inferDft(call: Call, g: GraphBuilder): TensorType[] {
  const { dtype, shape } = need(call, 0);
  const axis = axisOf(call, g);
  const bins = g.freshDimension("bins");
  return [
    { dtype, shape: shape.map((size, at) => (at === shape.length - 1 ? 2 : at === axis ? bins : size)) },
  ];
}

/** x [..., n, ..., 1 or 2] to [..., bins, ..., 2]. */
const dft = composed((call, g) => {
  const x = need(call, 0);
  const rank = x.shape.length;
  const parts = x.shape.at(-1);
  const inverse = number(call, "inverse", 0) === 1;
  const onesided = number(call, "onesided", 0) === 1;
  if (parts !== 1 && parts !== 2)
    throw new Error(`${describe(call)}: ${showShape(x.shape)} has no real and imaginary parts`);
  if (inverse && onesided) throw new Error(`${describe(call)}: an inverse of one side is not supported`);
  const axis = axisOf(call, g);
  const from = x.shape[axis];
  if (typeof from !== "number") return [];
  const length = scalar(call, g, 1, "the length") ?? from;
  const bins = onesided ? Math.floor(length / 2) + 1 : length;
  const complex = parts === 2;
  const table = g.constant(transform({ from, length, bins, complex, inverse }), "float32", [
    (complex ? 2 : 1) * from,
    2 * bins,
  ]);
  // The axis goes next to the parts, and both become one.
  const others = x.shape.map((_, at) => at).filter((at) => at !== axis && at !== rank - 1);
  const order = [...others, axis, rank - 1];
  const turned = g.transpose(x, order);
  const rows = g.op("Reshape", [turned, g.int64([...others.map(() => 0), (complex ? 2 : 1) * from])]);
  const product = g.matmul(rows, table);
  const apart = g.op("Reshape", [product, g.int64([...others.map(() => 0), bins, 2])]);
  return g.transpose(
    apart,
    order.map((_, at) => order.indexOf(at)),
  );
}, inferDft);

/** signal [B, L] or [B, L, 1] to [B, frames, bins, 2]. */
const stft = composed((call, g) => {
  const signal = need(call, 0);
  if (signal.shape.length === 3 && signal.shape[2] !== 1)
    throw new Error(`${describe(call)}: only real signals are supported, not ${showShape(signal.shape)}`);
  const step = scalar(call, g, 1, "the step")!;
  const window = call.inputs[2];
  const shape = window && g.constantOf(window);
  if (window && !shape) throw new Error(`${describe(call)}: the window must be a constant`);
  const length = shape?.data.length ?? scalar(call, g, 3, "the length of frames");
  if (length === undefined)
    throw new Error(`${describe(call)}: neither a window nor the length of frames is given`);
  const bins = number(call, "onesided", 1) === 1 ? Math.floor(length / 2) + 1 : length;
  const table = transform({ from: length, length, bins, complex: false, inverse: false });
  const weights = shape ? toNumbers(shape.data) : undefined;
  const kernel = new Float32Array(2 * bins * length);
  for (let column = 0; column < 2 * bins; column++) {
    for (let n = 0; n < length; n++)
      kernel[column * length + n] = (weights?.[n] ?? 1) * table[n * 2 * bins + column]!;
  }
  const samples = g.op("Reshape", [signal, g.int64([0, 1, -1])]);
  const frames = g.op("Conv", [samples, g.constant(kernel, "float32", [2 * bins, 1, length])], {
    kernel_shape: [length],
    strides: [step],
  });
  return g.op("Reshape", [g.transpose(frames, [0, 2, 1]), g.int64([0, 0, bins, 2])]);
});

/** Σ (−1)^k a_k cos(2πkn / N), a window's terms. */
function window(terms: readonly number[]): OperatorRule {
  return composed((call, g) => {
    const size = scalar(call, g, 0, "the size")!;
    if (!(size >= 1 && size <= 2 ** 20)) throw new Error(`${describe(call)}: ${size} is no size of a window`);
    const around = number(call, "periodic", 1) === 1 ? size : size - 1;
    const values = Float32Array.from({ length: size }, (_, n) =>
      terms.reduce(
        (sum, term, k) => sum + (k % 2 ? -1 : 1) * term * Math.cos((2 * Math.PI * k * n) / around),
        0,
      ),
    );
    return g.constant(values, "float32", [size]);
  });
}

export const fourier: OperatorFamily = {
  DFT: dft,
  STFT: stft,
  HannWindow: window([0.5, 0.5]),
  HammingWindow: window([25 / 46, 21 / 46]),
  BlackmanWindow: window([0.42, 0.5, 0.08]),
};
