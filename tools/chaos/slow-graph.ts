/**
 * The tiny pack's graph with work added that changes nothing: given to the page, it makes the local engine slower than
 * the server's, so that "auto" takes the server and has something to lose.
 */
import { readFileSync } from "node:fs";
import { decodeModel, encodeModel, GraphBuilder } from "../../models/graph/index.ts";

/** A quarter of a milliard multiplications: some twenty milliseconds in WebAssembly. */
const PRODUCTS = 30;

export function slowGraph(file: string): Buffer {
  const pack = decodeModel(readFileSync(file));
  const [{ name, dtype, shape }] = pack.inputs;
  const bins = Number(shape[2]);
  const g = new GraphBuilder();
  const magnitudes = g.input(name, dtype, shape);
  const { probabilities, mask } = g.scope("pack", () => g.append(pack, { [name]: magnitudes }));
  const weights = g.constant(new Array(bins * bins).fill(1 / bins), "float32", [bins, bins]);
  let product = magnitudes;
  for (let n = 0; n < PRODUCTS; n++) product = g.matmul(product, weights);
  g.output("probabilities", probabilities);
  g.output("mask", g.add(mask, g.mul(g.reduceMean(product), 0)));
  return Buffer.from(encodeModel(g));
}
