/**
 * A graph of a tiny pack with work added that changes nothing: given to the page, it makes the local engine slower than
 * the server's, so that "auto" takes the server and has something to lose.
 */
import { readFileSync } from "node:fs";
import { decodeModel, encodeModel, GraphBuilder } from "../../models/graph/index.ts";

/** For a window a quarter of a milliard multiplications: some twenty milliseconds in WebAssembly. */
const PRODUCTS = 30;
/** For blocks, of which several are heard in the time of a window's step, less in each. */
const BLOCK_PRODUCTS = 10;
const ROWS = 128;

export function slowGraph(file: string): Buffer {
  const pack = decodeModel(readFileSync(file));
  const g = new GraphBuilder();
  const inputs = Object.fromEntries(
    pack.inputs.map(({ name, dtype, shape }) => [name, g.input(name, dtype, shape)]),
  );
  const outputs = g.scope("pack", () => g.append(pack, inputs));
  const { magnitudes } = inputs;
  const [, frames, bins] = magnitudes.shape!.map(Number);
  const weights = g.constant(new Array(bins * bins).fill(1 / bins), "float32", [bins, bins]);
  const times = Math.ceil(ROWS / frames);
  let product = times > 1 ? g.concat(new Array(times).fill(magnitudes), 1) : magnitudes;
  for (let n = inputs["state"] ? BLOCK_PRODUCTS : PRODUCTS; n > 0; n--) product = g.matmul(product, weights);
  const nothing = g.mul(g.reduceMean(product), 0);
  for (const [name, output] of Object.entries(outputs)) {
    g.output(name, name === "mask" ? g.add(output, nothing) : output);
  }
  return Buffer.from(encodeModel(g));
}
