/**
 * Prepares a pack for those who use it: what the live page asks for is cut beforehand, and weights lie once. A streaming
 * pack's graphs give the newest frames and no others, so of those only the classifier is cut out.
 */
import { shareWeights } from "../graph/onnx/share-weights.ts";
import { liveFrames } from "../pack/live-frames.ts";
import type { Pack, PackGraph, PackMethod } from "../pack/pack.ts";
import { classifierAlone } from "./classifier-alone.ts";
import { newestRows } from "./newest-rows.ts";

/** What `pack.json` says of graphs, under its own names. */
export type GraphEntries = Pick<Pack, "methods" | "classifier" | "featureMethods" | "featureJudge">;

interface PreparedPack {
  /** As given, with what was cut and where weights lie. */
  readonly entries: GraphEntries;
  /** 1 where the methods' graphs hold all of their weights themselves and any reader of packs understands them. */
  readonly format: Pack["format"];
  /** Bytes of all files by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface PrepareOptions {
  /** Graphs that stay as they are, to the byte, for readers of before; the others take weights from them. */
  readonly whole?: ReadonlySet<string>;
  /** How a graph's weights are stored, before those that several have are put in one file; as they are without. */
  readonly store?: (graph: Uint8Array) => Uint8Array;
}

type PackShape = Pick<Pack, "sampleRate" | "stft" | "windowFrames"> &
  Partial<Pick<Pack, "streaming" | "answers">>;

/** All graphs of the methods by their files' names: those that `preparePack` is given. */
export function methodGraphs({ methods }: Pick<Pack, "methods">): string[] {
  return methods.flatMap(({ graph, blocks = [] }) => [graph, ...blocks.map((longer) => longer.graph)]);
}

/**
 * @param shape of the pack's windows or blocks.
 * @param graphs bytes of `.onnx` files by the names that `entries` gives them; each with all of its weights.
 * @throws Error when a graph can't be read.
 */
export function preparePack(
  shape: PackShape,
  entries: GraphEntries,
  graphs: ReadonlyMap<string, Uint8Array>,
  { whole = new Set(), store = (graph) => graph }: PrepareOptions = {},
): PreparedPack {
  const all = new Map(graphs);
  const add = (graph: string, bytes: Uint8Array) => {
    all.set(graph, bytes);
    return { graph };
  };
  const methods = entries.methods.map((method): PackMethod => {
    if (shape.streaming) return method;
    const newest = liveFrames(shape).flatMap((frames) => {
      const bytes = newestRows(all.get(method.graph)!, frames);
      return bytes ? [{ frames, ...add(`${method.name}.newest-${frames}.onnx`, bytes) }] : [];
    });
    return { ...method, newest };
  });
  const [first] = methods;
  const alone = (graph: string) => classifierAlone(all.get(graph)!, { withoutTarget: true });
  const longer = first.blocks?.map(({ frames, graph }) => ({
    frames,
    ...add(`classifier.frames-${frames}.onnx`, alone(graph)),
  }));
  const classifier = { ...add("classifier.onnx", alone(first.graph)), ...(longer && { blocks: longer }) };
  const { files, weights } = shareWeights(new Map([...all].map(([file, bytes]) => [file, store(bytes)])), {
    whole,
  });
  const placed = <T extends PackGraph>(entry: T): T => {
    const lie = weights.get(entry.graph);
    return lie ? { ...entry, weights: [...lie] } : entry;
  };
  const placedAll = <T extends PackGraph & Pick<PackMethod, "newest" | "blocks">>({
    newest,
    blocks,
    ...entry
  }: T) => ({
    ...placed(entry),
    ...(newest && { newest: newest.map(placed) }),
    ...(blocks && { blocks: blocks.map(placed) }),
  });
  const shared = methods.some(({ graph }) => weights.has(graph));
  return {
    entries: {
      methods: methods.map(placedAll),
      classifier: placedAll(classifier),
      ...(entries.featureMethods && { featureMethods: entries.featureMethods.map(placed) }),
      ...(entries.featureJudge && { featureJudge: placed(entries.featureJudge) }),
    },
    format: shape.streaming || shape.answers === "independent" ? 3 : shared ? 2 : 1,
    files,
  };
}
