/** Operators in files of their own: answers and gradients are PyTorch's, of batches that are numbers or names. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeModel, GraphBuilder, gradients } from "../../../models/graph/index.ts";
import { readModel } from "../../../models/graph/onnx/schema.ts";
import { relativeError } from "./fixtures.ts";
import { compileGraph } from "./run.ts";

const test = suite("operators");

interface Packed {
  readonly shape: number[];
  readonly data: string;
}
type Case = Readonly<Record<"x" | "y" | "seed" | "gradient", Packed> & { file: string }>;

const url = new URL("../../fixtures/graph/operators.json", import.meta.url);
const cases = JSON.parse(readFileSync(url, "utf8")) as Record<string, Case>;
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, "base64"));
const numbersOf = ({ data }: Packed) => new Float32Array(bytesOf(data).buffer);

for (const [name, { file, x, y, seed, gradient }] of Object.entries(cases)) {
  test(name, async () => {
    const read = decodeModel(bytesOf(file));
    const g = new GraphBuilder();
    const input = g.input("x", "float32", x.shape);
    const found = g.append(read, { x: input })["y"]!;
    assert.equal(found.shape, y.shape);
    g.output("y", found);
    const weights = g.constant(numbersOf(seed), "float32", seed.shape);
    g.output("gradient", gradients(g, g.reduceSum(g.mul(found, weights)), [input])[0]!);
    const values = await (await compileGraph(g))({ x: numbersOf(x) });
    assert.ok(
      relativeError(values["y"]!, numbersOf(y)) < 1e-5,
      `answer: ${relativeError(values["y"]!, numbersOf(y))}`,
    );
    const error = relativeError(values["gradient"]!, numbersOf(gradient));
    assert.ok(error < 1e-5, `gradient: ${error}`);
  });
}

/** Axes that a file may leave open: the batch, and steps of what is written out only when they are known. */
const OPEN: Record<string, readonly number[]> = {
  LSTM: [0, 1],
  "GRU that resets before": [0, 1],
  RNN: [0, 1],
  STFT: [0, 1],
  "DFT of real numbers, one side": [0, 1],
  "DFT of complex numbers, longer": [0, 1, 2],
  "GroupNormalization of set 18": [0, 2, 3],
  "GroupNormalization of set 21": [0, 2, 3],
  RMSNormalization: [0, 1],
  "Attention, grouped and causal": [0, 1],
  "Attention to itself with a mask": [0],
  "Einsum bhid,bhjd->bhij": [0, 2],
  "Einsum nchw,cd->ndhw": [0, 2, 3],
};

for (const [name, axes] of Object.entries(OPEN)) {
  test(`${name}: with sizes that are names until it is put into another graph`, async () => {
    const { file, x, y } = cases[name]!;
    const message = readModel(bytesOf(file));
    const dims = message.graph!.inputs![0]!.type!.tensor!.shape!.dims!;
    for (const axis of axes) dims[axis] = { parameter: `size${axis}` };
    const read = decodeModel(message);
    const g = new GraphBuilder();
    const found = g.append(read, { x: g.input("x", "float32", x.shape) })["y"]!;
    assert.equal(found.shape, y.shape);
    g.output("y", found);
    const values = await (await compileGraph(g))({ x: numbersOf(x) });
    assert.ok(relativeError(values["y"]!, numbersOf(y)) < 1e-5);
  });
}

test.run();
