// A pack whose methods do what real ones should not, or seldom do: written anew into a folder that a test names.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeModel, GraphBuilder, type Tensor } from "../../../models/graph/index.ts";

const FRAMES = 128;
const BINS = 257;

function graph(
  build: (g: GraphBuilder, magnitudes: Tensor) => { probabilities: Tensor; mask: Tensor },
): Uint8Array {
  const g = new GraphBuilder();
  const magnitudes = g.input("magnitudes", "float32", ["B", FRAMES, BINS]);
  const { probabilities, mask } = build(g, magnitudes);
  g.output("probabilities", probabilities);
  g.output("mask", mask);
  return encodeModel(g);
}

/** [B, 3] probabilities of 1/3 that depend on the input, as a model's do. */
function even(g: GraphBuilder, magnitudes: Tensor): Tensor {
  const mean = g.op("ReduceMean", [magnitudes, g.int64([1, 2])], { keepdims: 0 });
  const zero = g.op("Mul", [g.op("Unsqueeze", [mean, g.int64([1])]), g.constant(0)]);
  return g.op("Add", [zero, g.constant([1 / 3, 1 / 3, 1 / 3])]);
}

/** [B, T, F] of zeros. */
function zeros(g: GraphBuilder, magnitudes: Tensor): Tensor {
  return g.op("Mul", [magnitudes, g.constant(0)]);
}

/**
 * Methods: `bands` (the tiny pack's), `targeted` (mask (target + 2) / 10), `nan` (mask NaN), `outside` (mask 2 in the low
 * bins and -1 in the others), `slow` (a few hundred milliseconds), `missing` (no file), `text` (not a graph).
 */
export function writeOddPack(folder: string): string {
  cpSync("test/fixtures/tiny-pack", folder, { recursive: true });
  const pack = JSON.parse(readFileSync(join(folder, "pack.json"), "utf8"));
  const method = (name: string, more = {}) => ({ name, title: name, graph: `${name}.onnx`, ...more });
  const methods = [
    method("bands"),
    method("targeted", { target: true }),
    ...["nan", "outside", "slow", "missing", "text"].map((name) => method(name)),
  ];
  writeFileSync(join(folder, "pack.json"), JSON.stringify({ ...pack, name: "odd", methods }));
  const graphs: Record<string, Uint8Array> = {
    targeted: graph((g, magnitudes) => {
      const target = g.input("target", "int64", ["B"]);
      const level = g.op("Div", [
        g.op("Add", [g.op("Cast", [target], { to: "float32" }), g.constant(2)]),
        g.constant(10),
      ]);
      return {
        probabilities: even(g, magnitudes),
        mask: g.op("Add", [zeros(g, magnitudes), g.op("Unsqueeze", [level, g.int64([1, 2])])]),
      };
    }),
    nan: graph((g, magnitudes) => ({
      probabilities: even(g, magnitudes),
      mask: g.op("Div", [zeros(g, magnitudes), zeros(g, magnitudes)]),
    })),
    outside: graph((g, magnitudes) => ({
      probabilities: even(g, magnitudes),
      mask: g.op("Add", [
        zeros(g, magnitudes),
        g.constant(Float32Array.from({ length: BINS }, (_, f) => (f < 64 ? 2 : -1))),
      ]),
    })),
    slow: graph((g, magnitudes) => {
      // Sines one after the other: nothing that onnxruntime could leave out or do at once.
      let chain = magnitudes;
      for (let i = 0; i < 400; i++) chain = g.op("Sin", [chain]);
      return { probabilities: even(g, magnitudes), mask: g.op("Abs", [chain]) };
    }),
  };
  for (const [name, bytes] of Object.entries(graphs)) writeFileSync(join(folder, `${name}.onnx`), bytes);
  writeFileSync(join(folder, "text.onnx"), "this is no graph");
  return folder;
}
