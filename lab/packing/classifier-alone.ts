/** A trained streaming classifier that can be listened with before there is a decoder: its stream with masks of zeros, in no pack's folder. */
import { encodeModel } from "../../models/graph/index.ts";
import { type Pack, PackError, type PackGraph, type PackMethod, parsePack } from "../../models/pack/pack.ts";
import { type LoadedMethod, loadMethod } from "../../models/runtime/load-method.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import { probabilitiesOf } from "../networks/answers.ts";
import { FrozenLayers } from "../networks/frozen-layers.ts";
import { OWN_STFT } from "../networks/own-shape.ts";
import { follow, framePowers, heardAgainst } from "../networks/streaming/front.ts";
import { buildOverState } from "../networks/streaming/past.ts";
import { classifyStream } from "../networks/streaming/stream-classifier.ts";
import type { StreamClassifierMeta, Weights } from "../training/weights-file.ts";
import { BLOCK_FRAMES, byBlocks } from "./stream-graph.ts";

/** Half a second at once: whole sounds are heard. */
const AT_ONCE = 16 * BLOCK_FRAMES;

/** As `loadMethod` gives it; its pack has no thresholds of its own. */
export async function loadClassifierAlone(
  runtime: Runtime,
  weights: Weights<StreamClassifierMeta>,
): Promise<LoadedMethod> {
  const { labels, other, answers, shape } = weights.meta;
  const graphs = new Map(
    [BLOCK_FRAMES, AT_ONCE].map((frames) => [graphName(frames), graphOf(weights, frames)]),
  );
  const alone: PackMethod = {
    name: "classifier",
    title: "The classifier alone",
    graph: graphName(BLOCK_FRAMES),
    target: false,
    blocks: [{ frames: AT_ONCE, graph: graphName(AT_ONCE) }],
  };
  const pack: Pack = parsePack(
    {
      format: 3,
      name: "classifier",
      version: "0",
      title: "A trained classifier",
      licence: "not stated",
      ...{ labels, other, answers },
      threshold: 0.5,
      sampleRate: shape.sampleRate,
      stft: { ...OWN_STFT, bins: shape.bins },
      windowFrames: BLOCK_FRAMES,
      streaming: { state: graphs.get(alone.graph)!.state },
      masking: "linear",
      methods: [alone],
    },
    "a trained classifier",
  );
  const read = async ({ graph }: PackGraph) => {
    const built = graphs.get(graph);
    if (!built) throw new PackError(`the classifier alone has no graph ${graph}`);
    return { bytes: built.bytes, weights: new Map<string, Uint8Array>() };
  };
  return loadMethod(runtime, await read(alone), pack, undefined, read);
}

function graphName(frames: number): string {
  return `classifier.frames-${frames}.onnx`;
}

/** The signature that `models/pack/pack.ts` describes, without `target`. */
function graphOf({ meta, values }: Weights<StreamClassifierMeta>, frames: number) {
  const shape = { ...meta.shape, frames };
  const { classes, bins } = shape;
  const { g, state } = buildOverState((g, past) => {
    const magnitudes = g.input("magnitudes", "float32", ["B", frames, bins]);
    const powers = framePowers(g, magnitudes, shape);
    const features = heardAgainst(g, powers, follow(g, past, powers));
    const { logits } = classifyStream(new FrozenLayers(g, values), past, features, shape);
    const probabilities = probabilitiesOf(g, meta, g.reshape(logits, [-1, classes]));
    g.output("probabilities", byBlocks(g, probabilities, shape));
    g.output("mask", g.mul(magnitudes, g.constant(0)));
  });
  return { bytes: encodeModel(g), state };
}
