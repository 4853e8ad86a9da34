/** Writes a streaming pack: a graph a method for one block, and for several at once. */
import type { PackMethod } from "../../models/pack/pack.ts";
import type { ExplanationMethod } from "../methods/method.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import { OWN_STFT } from "../networks/own-shape.ts";
import type { StreamDecoderShape } from "../networks/streaming/stream-decoder.ts";
import { type BuiltPack, type PackParts, writeBeside } from "./build-pack.ts";
import { halfWeights } from "./half-weights.ts";
import { BLOCK_FRAMES, type StreamParts, streamGraph } from "./stream-graph.ts";
import { writePack } from "./write-pack.ts";

/**
 * Of 64 ms, for those who would rather save work than time, and of a second, for whole sounds: an eighth less time than half a
 * second at once, and as much as two seconds.
 */
const LONGER_FRAMES = [2 * BLOCK_FRAMES, 32 * BLOCK_FRAMES];

type StreamWords = Omit<PackParts, "classifier" | "methods" | "learnt" | "features">;

export interface StreamPackParts extends StreamWords, Omit<StreamParts, "decoder"> {
  /** The first is the pack's default. */
  readonly decoders: readonly {
    readonly method: ExplanationMethod;
    readonly shape: StreamDecoderShape;
    readonly values: WeightValues;
  }[];
}

/** @throws PackError for parts that make no pack. */
export async function buildStreamPack(
  folder: string,
  { shape, form, classifier, decoders, sources, heard, about, ...words }: StreamPackParts,
): Promise<BuiltPack> {
  const asked = { ...form, thresholds: words.thresholds };
  const files = new Map<string, Uint8Array>();
  let state = 0;
  let mmac = 0;
  const methods = decoders.map(({ method, ...decoder }): PackMethod => {
    const graphOf = (frames: number) => {
      const graph = `${method.name}${frames === BLOCK_FRAMES ? "" : `.frames-${frames}`}.onnx`;
      const built = streamGraph({ shape, form: asked, classifier, decoder }, frames);
      files.set(graph, built.bytes);
      return { graph, built };
    };
    const { graph, built } = graphOf(BLOCK_FRAMES);
    state = Math.max(state, built.state);
    mmac ||= built.mmac;
    const blocks = LONGER_FRAMES.map((frames) => ({ frames, graph: graphOf(frames).graph }));
    return { name: method.name, title: method.title, graph, target: true, blocks };
  });
  const trained = new Set(
    [classifier, ...decoders.map(({ values }) => values)].flatMap((set) => [...set.keys()]),
  );
  const description = {
    ...words,
    answers: form.answers,
    sampleRate: shape.sampleRate,
    stft: { ...OWN_STFT, bins: shape.bins },
    windowFrames: BLOCK_FRAMES,
    streaming: { state },
    masking: "linear",
    ...about,
  };
  const { pack, bytes } = await writePack(folder, description, { methods }, files, {
    store: (graph) => halfWeights(graph, (name) => trained.has(name)),
  });
  await writeBeside(folder, { sources, heard });
  return { pack, mmac, bytes };
}
