/** Writes the pack of a user's classifier: `pack.json` and one graph a method. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import { type Pack, parsePack } from "../../models/pack/pack.ts";
import type { ForeignClassifier } from "../import/foreign-classifier.ts";
import { costOf } from "../import/latents.ts";
import { windowInputs } from "../methods/explained-classifier.ts";
import type { MethodGraph } from "../methods/method-graph.ts";
import { type ChosenMethod, packGraphs } from "../methods/pack-graphs.ts";
import { decodeForeignMask, type ForeignDecoderShape } from "../networks/foreign-decoder.ts";
import { FrozenLayers, type WeightValues } from "../networks/frozen-layers.ts";

export interface ForeignPackParts {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly licence: string;
  readonly labels: readonly string[];
  /** The label that means "none of the known classes", if there is one. */
  readonly other?: string | undefined;
  readonly threshold: number;
  readonly classifier: ForeignClassifier;
  /** The first is the default. */
  readonly methods: readonly ChosenMethod[];
  /** Also the methods in the form that masks the classifier's own input, for evaluation. */
  readonly features?: boolean | undefined;
  /** Where "lmac" is among the methods. */
  readonly decoder?: { readonly values: WeightValues; readonly shape: ForeignDecoderShape } | undefined;
  /** Kept in `pack.json` for people: how it came about. */
  readonly origin: Readonly<Record<string, unknown>>;
}

export interface BuiltForeignPack {
  readonly pack: Pack;
  /** All graphs together. */
  readonly bytes: number;
  /** Millions of multiply-adds a window, classifier and decoder together; absent without a decoder. */
  readonly mmac?: number | undefined;
}

/** The classifier with its decoder. */
export function foreignLmacGraph(
  classifier: ForeignClassifier,
  { values, shape }: { readonly values: WeightValues; readonly shape: ForeignDecoderShape },
): MethodGraph {
  const g = new GraphBuilder();
  const { magnitudes, phases } = windowInputs(g, classifier, "B");
  const answer = classifier.classify(g, classifier.features(g, magnitudes, phases));
  g.output("probabilities", g.op("Softmax", [answer.logits], { axis: 1 }));
  g.output("mask", decodeForeignMask(new FrozenLayers(g, values), answer, shape));
  return { bytes: encodeModel(g), mmac: g.nodes.reduce((sum, node) => sum + costOf(node), 0) / 1e6 };
}

export async function buildForeignPack(folder: string, parts: ForeignPackParts): Promise<BuiltForeignPack> {
  const { classifier, decoder } = parts;
  const lmac = decoder && foreignLmacGraph(classifier, decoder);
  const { files, ...described } = packGraphs(classifier, parts.methods, {
    trained: new Map(lmac && [["lmac", lmac.bytes]]),
    features: parts.features,
  });
  const { window, hop } = classifier.stft;
  const manifest = {
    format: 1,
    name: parts.name,
    version: parts.version,
    title: parts.title,
    licence: parts.licence,
    labels: parts.labels,
    other: parts.other,
    threshold: parts.threshold,
    sampleRate: classifier.sampleRate,
    stft: { window, hop, bins: classifier.bins },
    windowFrames: classifier.frames,
    phases: classifier.needsPhases || undefined,
    masking: "linear",
    ...described,
    origin: parts.origin,
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const pack = parsePack(JSON.parse(text), join(folder, "pack.json"));
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of files) await writeFile(join(folder, file), bytes);
  await writeFile(join(folder, "pack.json"), text);
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return { pack, bytes, mmac: lmac?.mmac };
}
