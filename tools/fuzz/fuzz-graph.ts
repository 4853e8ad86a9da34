/** Gives the graph reader what it should refuse, and what only looks as if: see hostile-graphs.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomFrom } from "../../client/kit/sounds/synthetic/synth.ts";
import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { FallibleReader } from "./fallible-reader.ts";
import type { GraphRequest } from "./graph-reader.ts";
import { hostileGraphs } from "./hostile-graphs.ts";
import { mutate, randomNumbers } from "./mutate.ts";

export interface GraphFuzzReport {
  readonly seed: number;
  readonly graphs: number;
  /** Reader to outcome to how often. */
  readonly outcomes: Record<string, Record<string, number>>;
  /** Of the hostile graphs: reader and name to outcome. */
  readonly hostile: Record<string, string>;
  readonly maxRssMiB: number;
  readonly failures: readonly string[];
}

const READER = fileURLToPath(new URL("./graph-reader.ts", import.meta.url));
/** Of a graph of some megabytes at most; half of it is what the reader's own code takes. */
const MOST_MIB = 700;

/** @param damaged how many graphs with damaged bytes there are besides, for each of the readers. */
export async function fuzzGraph(damaged: number, seed: number): Promise<GraphFuzzReport> {
  const random = randomNumbers(randomFrom(seed));
  const outcomes: GraphFuzzReport["outcomes"] = {};
  const hostile: Record<string, string> = {};
  const failures: string[] = [];
  let reader: FallibleReader<GraphRequest> | undefined;
  let maxRssMiB = 0;
  let graphs = 0;
  const read = async (as: GraphRequest["as"], name: string, bytes: Uint8Array) => {
    if (!reader || reader.ended) reader = new FallibleReader(READER);
    const answer = await reader.read({ as, bytes });
    graphs++;
    maxRssMiB = Math.max(maxRssMiB, answer.maxRssMiB);
    const large = answer.maxRssMiB > MOST_MIB ? `took ${answer.maxRssMiB.toFixed(0)} MiB` : undefined;
    const right = ["read", "refused"].includes(answer.outcome) && !large;
    if (!right) failures.push(`${as}, ${name}: ${large ?? answer.outcome}`);
    if (large) reader.end();
    const short = right ? answer.outcome : "failed";
    outcomes[as] ??= {};
    outcomes[as][short] = (outcomes[as][short] ?? 0) + 1;
    return short;
  };
  try {
    for (const [as, valid] of [
      ["classifier", smallClassifier()],
      ["method", tinyMethod()],
    ] as const) {
      for (const [name, bytes] of hostileGraphs(valid))
        hostile[`${as}: ${name}`] = await read(as, name, bytes);
      for (let n = 0; n < damaged; n++) await read(as, `damaged ${n}`, mutate(valid, random, valid.length));
    }
  } finally {
    reader?.end();
  }
  return { seed, graphs, outcomes, hostile, maxRssMiB, failures };
}

/** Three classes of eight numbers, as somebody may bring it. */
function smallClassifier(): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 8]);
  const weights = Float32Array.from({ length: 24 }, (_, n) => Math.sin(n));
  g.output("y", g.op("Softmax", [g.matmul(x, g.constant(weights, "float32", [8, 3]))]));
  return encodeModel(g);
}

function tinyMethod(): Uint8Array {
  return readFileSync(join(packageFolder(), "test", "fixtures", "tiny-pack", "bands.onnx"));
}
