/** Asks the file itself, as it came, and what was read from it the same questions: the answers must agree. */
import type { Tensor as OrtTensor } from "onnxruntime-common";
import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import { Random } from "../data/random.ts";
import { inline } from "./inline.ts";
import { type IntegerEnd, integerRange } from "./quantised.ts";
import type { ReadClassifier } from "./read-classifier.ts";

export interface Trial {
  /** Largest difference between the answers, relative to the largest answer. */
  readonly difference: number;
  /** What it answers to each input, one value a class. */
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
  const copyOf = inline(g, read.graph, input);
  g.output("answer", copyOf(read.answer));
  g.output("said", copyOf(read.said));
  const ours = await InferenceSession.create(encodeModel(g), runtime.sessionOptions);
  try {
    const [theirInput] = theirs.inputMetadata;
    const { ends } = read;
    if (theirInput.isTensor && theirInput.type !== "float32" && !ends.input) return undefined;
    if (!theirs.outputNames.includes(read.output)) return undefined;
    const size = shape.reduce((a, b) => a * b, 1);
    const random = new Random(1);
    const integers = ends.input && randomIntegers(ends.input, 2 * size, random);
    const both = integers
      ? Float32Array.from(integers, (value) => (value - ends.input!.zero) * ends.input!.scale)
      : Float32Array.from({ length: 2 * size }, () => random.normal());
    const parts = [0, 1].map((item) => both.slice(item * size, (item + 1) * size));
    // Two at once here, one after the other there: its batch may be fixed.
    const asked = free
      ? [{ values: both, dims: [2, ...shape] }]
      : parts.map((values) => ({ values, dims: one }));
    const found: number[] = [];
    const said: number[] = [];
    for (const { values, dims } of asked) {
      const outputs = await ours.run({ input: new Tensor("float32", values, dims) });
      found.push(...numbersOf(outputs["answer"]));
      said.push(...numbersOf(outputs["said"]));
    }
    const wanted: number[] = [];
    for (const [item, values] of parts.entries()) {
      const own = integers?.slice(item * size, (item + 1) * size);
      const fed =
        own instanceof Uint8Array
          ? new Tensor("uint8", own, one)
          : own
            ? new Tensor("int8", own, one)
            : new Tensor("float32", values, one);
      const answer = (await theirs.run({ [theirs.inputNames[0]]: fed }, [read.output]))[read.output];
      const { zero = 0, scale = 1 } = ends.output ?? {};
      wanted.push(...numbersOf(answer).map((value) => (value - zero) * scale));
    }
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    const difference = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
    const rows = [said.slice(0, said.length / 2), said.slice(said.length / 2)];
    return { difference: difference / scale, rows };
  } finally {
    await ours.release();
    await theirs.release();
  }
}

/** Of all that 8 bits can be. */
function randomIntegers(end: IntegerEnd, count: number, random: Random): Uint8Array | Int8Array {
  const [least, most] = integerRange(end);
  const value = () => Math.floor(random.uniform(least, most + 1));
  return least < 0 ? Int8Array.from({ length: count }, value) : Uint8Array.from({ length: count }, value);
}

function numbersOf(tensor: OrtTensor | undefined): number[] {
  return Array.from((tensor?.data ?? []) as Float32Array, Number);
}
