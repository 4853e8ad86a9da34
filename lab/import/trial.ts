/** Asks the file itself, as it came, and what was read from it the same questions: the answers must agree. */

import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import { Random } from "../data/random.ts";
import { inline } from "./inline.ts";
import type { ReadClassifier } from "./read-classifier.ts";

export interface Trial {
  /** Largest difference between the answers, relative to the largest answer. */
  readonly difference: number;
  /** What the file answers: its values of each input. */
  readonly rows: readonly (readonly number[])[];
}

/**
 * @param file the bytes of the model, or its path where weights lie beside it.
 * @param shape of one input, without the batch.
 * @returns undefined where the file's own types keep it from being asked (half precision).
 */
export async function tryClassifier(
  runtime: Runtime,
  file: Uint8Array | string,
  read: ReadClassifier,
  shape: readonly number[],
): Promise<Trial | undefined> {
  const { InferenceSession, Tensor } = runtime.ort;
  const theirs = await (typeof file === "string"
    ? InferenceSession.create(file, runtime.sessionOptions)
    : InferenceSession.create(file, runtime.sessionOptions));
  const free = read.batch === "free";
  const one = read.batch === "none" ? shape : [1, ...shape];
  const g = new GraphBuilder();
  const input = g.input("input", "float32", free ? ["B", ...shape] : one);
  g.output("answer", inline(g, read.graph, input)(read.answer));
  const ours = await InferenceSession.create(encodeModel(g), runtime.sessionOptions);
  try {
    const [theirInput] = theirs.inputMetadata;
    if (theirInput.isTensor && theirInput.type !== "float32") return undefined;
    if (!theirs.outputNames.includes(read.output)) return undefined;
    const size = shape.reduce((a, b) => a * b, 1);
    const random = new Random(1);
    const both = Float32Array.from({ length: 2 * size }, () => random.normal());
    const parts = [0, 1].map((item) => both.slice(item * size, (item + 1) * size));
    const ask = async (values: Float32Array, dims: readonly number[]) =>
      Array.from(
        (await ours.run({ input: new Tensor("float32", values, dims) }))["answer"].data as Float32Array,
      );
    // Two at once here, one after the other there: its batch may be fixed.
    const found = free
      ? await ask(both, [2, ...shape])
      : [...(await ask(parts[0]!, one)), ...(await ask(parts[1]!, one))];
    const rows: number[][] = [];
    for (const values of parts) {
      const feeds = { [theirs.inputNames[0]]: new Tensor("float32", values, one) };
      const outputs = await theirs.run(feeds, [read.output]);
      rows.push(Array.from(outputs[read.output].data as Float32Array, Number));
    }
    const wanted = rows.flat();
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    const difference = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
    return { difference: difference / scale, rows };
  } finally {
    await ours.release();
    await theirs.release();
  }
}
