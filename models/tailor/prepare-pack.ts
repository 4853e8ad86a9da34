/** Prepares a pack for those who use it: what the live page asks for is cut beforehand, and weights lie once. */
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
  /** 1 where the methods' graphs hold all of their weights themselves. */
  readonly format: Pack["format"];
  /** Bytes of all files by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface PrepareOptions {
  /** Graphs that stay as they are, to the byte, for readers of before; the others take weights from them. */
  readonly whole?: ReadonlySet<string>;
}

const CLASSIFIER = "classifier.onnx";

/**
 * @param shape of the pack's windows.
 * @param graphs bytes of `.onnx` files by the names that `entries` gives them; each with all of its weights.
 * @throws Error when a graph can't be read.
 */
export function preparePack(
  shape: Pick<Pack, "sampleRate" | "stft" | "windowFrames">,
  entries: GraphEntries,
  graphs: ReadonlyMap<string, Uint8Array>,
  { whole = new Set() }: PrepareOptions = {},
): PreparedPack {
  const all = new Map(graphs);
  const methods = entries.methods.map((method): PackMethod => {
    const newest = liveFrames(shape).flatMap((frames) => {
      const bytes = newestRows(all.get(method.graph)!, frames);
      if (!bytes) return [];
      const graph = `${method.name}.newest-${frames}.onnx`;
      all.set(graph, bytes);
      return [{ frames, graph }];
    });
    return { ...method, newest };
  });
  all.set(CLASSIFIER, classifierAlone(all.get(methods[0].graph)!, { withoutTarget: true }));
  const { files, weights } = shareWeights(all, { whole });
  const placed = <T extends PackGraph>(entry: T): T => {
    const lie = weights.get(entry.graph);
    return lie ? { ...entry, weights: [...lie] } : entry;
  };
  return {
    entries: {
      methods: methods.map((method) => ({ ...placed(method), newest: method.newest!.map(placed) })),
      classifier: placed({ graph: CLASSIFIER }),
      ...(entries.featureMethods && { featureMethods: entries.featureMethods.map(placed) }),
      ...(entries.featureJudge && { featureJudge: placed(entries.featureJudge) }),
    },
    format: methods.some(({ graph }) => weights.has(graph)) ? 2 : 1,
    files,
  };
}
