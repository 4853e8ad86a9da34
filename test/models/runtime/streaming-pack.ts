/**
 * A streaming pack whose right answers are known by hand, the streaming sister of the tiny pack. Whatever is heard is by
 * linear recursions, so block by block, several blocks at once and a whole file at once are the same but for rounding:
 *
 * - classes "low" (energy in bins 1-63), "high" (bins 128-256) and "quiet" (neither), from the recency-weighted mean of the
 *   frames' energies since the sound's beginning (0.97 a frame: half of it is of the last 0.18 s), as of the block's end;
 * - mask of "bands": 0.95 in the band of the class that was asked about, or that wins the block, else 0.05, times a gate
 *   sigmoid(4 · (c − level)): c is a causal convolution of ln(1 + |X|) over this frame, the two before it (kept in the state)
 *   and three bins, level the recency-weighted mean of ln(1 + |X|). So early frames of a block know its end, and no frame
 *   knows what follows the block;
 * - mask of "gate": the gate alone; it can't be asked about a class. Mask of "all-ones": 1.
 *
 * State [B, 519]: two frames of ln(1 + |X|), sums of three energies, of weights and of levels.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeModel, GraphBuilder, type Tensor } from "../../../models/graph/index.ts";
import { parsePack } from "../../../models/pack/pack.ts";
import { preparePack } from "../../../models/tailor/prepare-pack.ts";

/** Frames of a block. */
export const BLOCK = 4;
/** Blocks that the methods' longer graph takes at once. */
export const BLOCKS = 16;
export const BINS = 257;
/** Numbers of the state. */
export const STATE = 2 * BINS + 5;

const DECAY = 0.97;
/** First bin and the one after the last, of "low", "high" and "quiet". */
const BANDS = [
  [1, 64],
  [128, 257],
  [0, 0],
] as const;
const inBand = (k: number, bin: number) => bin >= BANDS[k][0] && bin < BANDS[k][1];

type Mask = "bands" | "gate" | "all-ones";

/** The graph of a method for so many blocks at once. */
export function streamingGraph(method: Mask, blocks = 1): Uint8Array<ArrayBuffer> {
  const g = new GraphBuilder();
  const frames = blocks * BLOCK;
  const magnitudes = g.input("magnitudes", "float32", ["B", frames, BINS]);
  const state = g.input("state", "float32", ["B", STATE]);
  const target = method === "bands" ? g.input("target", "int64", ["B"]) : undefined;
  const before = g.reshape(g.slice(state, 1, 0, 2 * BINS), [-1, 2, BINS]);
  const sums = g.reshape(g.slice(state, 1, 2 * BINS, STATE), [-1, 1, 5]);

  const logs = g.log(g.add(magnitudes, 1));
  const heard = g.concat([before, logs], 1);
  const smoothed = recencySums(g, [energies(g, magnitudes), means(g, logs)], sums, frames);
  const weights = g.slice(smoothed, 2, 3, 4);
  const scores = g.log(g.add(g.div(g.slice(smoothed, 2, 0, 3), weights), g.constant([1e-3, 1e-3, 0.101])));
  const ends = g.slice(scores, 1, BLOCK - 1, frames, BLOCK);
  const answers = g.op("Softmax", [g.mul(ends, 2)], { axis: 2 });
  const gate = gated(g, heard, g.div(g.slice(smoothed, 2, 4, 5), weights), frames);

  g.output("probabilities", blocks === 1 ? g.reshape(answers, [-1, 3]) : answers);
  g.output("mask", masked(g, method, { gate, answers, target, blocks }));
  const context = g.reshape(g.slice(heard, 1, frames, frames + 2), [-1, 2 * BINS]);
  const last = g.reshape(g.slice(smoothed, 1, frames - 1, frames), [-1, 5]);
  g.output("next_state", g.concat([context, last], 1));
  return encodeModel(g);
}

/** [B, T, 3]: mean energies of the frames in the bands of the classes. */
function energies(g: GraphBuilder, magnitudes: Tensor): Tensor {
  const bands = Array.from({ length: BINS * 3 }, (_, i) => (inBand(i % 3, Math.floor(i / 3)) ? 1 : 0));
  return g.matmul(g.mul(magnitudes, magnitudes), g.constant(bands, "float32", [BINS, 3]));
}

/** [B, T, 1] of [B, T, F]. */
function means(g: GraphBuilder, logs: Tensor): Tensor {
  return g.reduceMean(logs, [2], true);
}

/** [B, T, 5]: sum over this frame and those before of decay^age · (energies, 1, level); [B, 1, 5] before the first. */
function recencySums(g: GraphBuilder, [energy, level]: Tensor[], before: Tensor, frames: number): Tensor {
  const ones = g.add(g.mul(level, 0), 1);
  const ages = Array.from({ length: frames ** 2 }, (_, i) => Math.floor(i / frames) - (i % frames));
  const matrix = ages.map((age) => (age < 0 ? 0 : DECAY ** age));
  const since = Array.from({ length: frames }, (_, t) => DECAY ** (t + 1));
  const fresh = g.matmul(g.constant(matrix, "float32", [frames, frames]), g.concat([energy, ones, level], 2));
  return g.add(fresh, g.matmul(g.constant(since, "float32", [frames, 1]), before));
}

/** [B, T, F] of the frames' [B, T + 2, F] with the two before them. */
function gated(g: GraphBuilder, heard: Tensor, level: Tensor, frames: number): Tensor {
  const kernel = [0.02, 0.06, 0.02, 0.05, 0.15, 0.05, 0.15, 0.35, 0.15];
  const weight = g.constant(kernel, "float32", [1, 1, 3, 3]);
  const picture = g.reshape(heard, [-1, 1, frames + 2, BINS]);
  const blurred = g.reshape(g.op("Conv", [picture, weight], { pads: [0, 1, 0, 1] }), [-1, frames, BINS]);
  return g.sigmoid(g.mul(g.sub(blurred, level), 4));
}

interface MaskParts {
  readonly gate: Tensor;
  readonly answers: Tensor;
  readonly target: Tensor | undefined;
  readonly blocks: number;
}

function masked(g: GraphBuilder, method: Mask, { gate, answers, target, blocks }: MaskParts): Tensor {
  if (method === "gate") return gate;
  if (!target) return g.add(g.mul(gate, 0), 1);
  const winner = g.op("ArgMax", [answers], { axis: 2, keepdims: 0 });
  const asked = g.reshape(target, [-1, 1]);
  const about = g.op("Where", [g.op("Less", [asked, g.int64([0])]), winner, asked]);
  const kept = Array.from({ length: 3 * BINS }, (_, i) =>
    inBand(Math.floor(i / BINS), i % BINS) ? 0.95 : 0.05,
  );
  const rows = g.op("Gather", [g.constant(kept, "float32", [3, BINS]), about], { axis: 0 });
  const byBlock = g.reshape(gate, [-1, blocks, BLOCK, BINS]);
  return g.reshape(g.mul(byBlock, g.reshape(rows, [-1, blocks, 1, BINS])), [-1, blocks * BLOCK, BINS]);
}

const METHODS = [
  { name: "bands", title: "Known bands", target: true },
  { name: "gate", title: "Gate", target: false },
  { name: "all-ones", title: "All ones", target: false },
] as const;

/** Writes the pack, prepared as a released one is, into a folder that is there; returns the folder. */
export function writeStreamingPack(folder: string, more: Readonly<Record<string, unknown>> = {}): string {
  const graphs = new Map<string, Uint8Array>();
  const methods = METHODS.map((method) => {
    const entry = { ...method, graph: `${method.name}.onnx` };
    const longer = { frames: BLOCKS * BLOCK, graph: `${method.name}.frames-${BLOCKS * BLOCK}.onnx` };
    graphs.set(entry.graph, streamingGraph(method.name));
    graphs.set(longer.graph, streamingGraph(method.name, BLOCKS));
    return { ...entry, blocks: [longer] };
  });
  const description = {
    ...{
      format: 3,
      name: "tiny-streaming",
      version: "1.0.0",
      title: "Tiny streaming pack",
      licence: "Apache-2.0",
    },
    ...{ labels: ["low", "high", "quiet"], other: "quiet", threshold: 0.5, sampleRate: 16_000 },
    ...{ stft: { window: 512, hop: 128, bins: BINS }, windowFrames: BLOCK, masking: "linear" },
    streaming: { state: STATE },
    ...more,
    methods,
  };
  const { entries, files } = preparePack(
    parsePack(description, "the tiny streaming pack"),
    { methods },
    graphs,
  );
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, "pack.json"), `${JSON.stringify({ ...description, ...entries }, null, 2)}\n`);
  return folder;
}
