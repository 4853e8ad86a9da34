// The tiny pack with one method more that can be asked about a class: it keeps 0.95 of that class's band, 0.05 of the rest.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeModel, encodeModel, GraphBuilder } from "../../../../models/graph/index.ts";

const FIXTURE = join(import.meta.dirname, "..", "..", "..", "fixtures", "tiny-pack");
const BINS = 257;
/** First bin and the one after the last, of "low", "high" and "quiet". */
export const BANDS = [
  [1, 64],
  [128, 257],
  [0, 0],
] as const;

/** Methods `bands`, `all-ones` and `asked`. Returns the folder. */
export function writeAskedPack(folder: string): string {
  cpSync(FIXTURE, folder, { recursive: true });
  const pack = JSON.parse(readFileSync(join(folder, "pack.json"), "utf8"));
  const asked = { name: "asked", title: "Asked bands", graph: "asked.onnx", target: true };
  writeFileSync(join(folder, "pack.json"), JSON.stringify({ ...pack, methods: [asked, ...pack.methods] }));
  writeFileSync(join(folder, "asked.onnx"), graph(join(folder, "all-ones.onnx")));
  return folder;
}

function graph(ones: string): Uint8Array {
  const tiny = decodeModel(readFileSync(ones));
  const [{ name, dtype, shape }] = tiny.inputs;
  const g = new GraphBuilder();
  const magnitudes = g.input(name, dtype, shape);
  const target = g.input("target", "int64", ["B"]);
  const { probabilities, mask } = g.scope("tiny", () => g.append(tiny, { [name]: magnitudes }));
  const winner = g.op("ArgMax", [probabilities], { axis: 1, keepdims: 0 });
  const about = g.op("Where", [g.op("Less", [target, g.int64([0])]), winner, target]);
  const kept = BANDS.flatMap(([from, to]) =>
    Array.from({ length: BINS }, (_, bin) => (bin >= from && bin < to ? 0.95 : 0.05)),
  );
  const rows = g.op("Gather", [g.constant(kept, "float32", [BANDS.length, BINS]), about], { axis: 0 });
  g.output("probabilities", probabilities);
  g.output("mask", g.mul(mask, g.op("Unsqueeze", [rows, g.int64([1])])));
  return encodeModel(g);
}
