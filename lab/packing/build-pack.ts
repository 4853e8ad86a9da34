/** Puts trained weights together into a pack: `pack.json`, one graph a method, and who the sounds are by. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HOP, type Masking, WINDOW } from "../../dsp/index.ts";
import { type Pack, parsePack } from "../../models/pack/pack.ts";
import { ownClassifier } from "../methods/explained-classifier.ts";
import { l2iGraph } from "../methods/l2i-graph.ts";
import { findMethod, methodSettings } from "../methods/methods.ts";
import { type ChosenMethod, DEFAULT_METHODS, packGraphs } from "../methods/pack-graphs.ts";
import type {
  Attribution,
  ClassifierMeta,
  DecoderMeta,
  DecoderMethod,
  L2iMeta,
  Weights,
} from "../training/weights-file.ts";
import { lmacGraph } from "./export-method.ts";

export interface PackParts {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** A class is believed from this probability on. */
  readonly threshold: number;
  readonly classifier: Weights<ClassifierMeta>;
  /** Of L-MAC in its forms, the default first, on the spectrogram or the features; not needed where the methods do without. */
  readonly decoders?: readonly Weights<DecoderMeta>[];
  readonly l2i?: Weights<L2iMeta> | undefined;
  /** L-MAC and the mask of ones where left out; the first is the pack's default. */
  readonly methods?: readonly ChosenMethod[];
  /** Sentences on sounds that were learnt from, beside those that the weights bring. */
  readonly credits?: readonly string[];
  /** Also the methods in the form that masks the classifier's own input, for evaluation. */
  readonly features?: boolean;
}

export interface BuiltPack {
  readonly pack: Pack;
  /** Millions of multiply-adds a window, classifier and first decoder together; absent without a decoder. */
  readonly mmac?: number;
  /** All graphs together. */
  readonly bytes: number;
}

/** @throws Error when two decoders are of the same method or mask in different domains. */
export async function buildPack(folder: string, parts: PackParts): Promise<BuiltPack> {
  const { classifier, decoders = [], l2i } = parts;
  const { shape, labels, other } = classifier.meta;
  const learnt = [...decoders, ...(l2i ? [l2i] : [])];
  const own = ownClassifier(classifier.values, shape);
  const methods = parts.methods ?? DEFAULT_METHODS;
  const listenable = decoders.filter(({ meta }) => !meta.shape.features);
  const masking = commonMasking(listenable);
  const compiled = (wanted: readonly Weights<DecoderMeta>[]) =>
    wanted.map(({ meta, values }) => ({
      name: decoderMethod(meta),
      ...lmacGraph(classifier.values, shape, values, meta.shape),
    }));
  const lmac = compiled(listenable);
  const trained = byMethod(lmac);
  const trainedFeatures = byMethod(compiled(decoders.filter(({ meta }) => meta.shape.features)));
  if (trainedFeatures.size > 0 && !parts.features) {
    throw new Error("a decoder masks the classifier's own input; such a pack is built with --features");
  }
  if (l2i) {
    const chosen = methods.find(({ method }) => method.name === "l2i");
    const { threshold } = methodSettings(findMethod("l2i"), chosen?.settings);
    trained.set("l2i", l2iGraph(own, l2i.values, l2i.meta.shape, { threshold, masking }).bytes);
  }
  const { files, ...described } = packGraphs(own, methods, {
    trained,
    trainedFeatures,
    features: parts.features,
  });
  const manifest = {
    format: 1,
    name: parts.name,
    version: parts.version,
    title: parts.title,
    licence: "Apache-2.0",
    labels,
    other,
    threshold: parts.threshold,
    heardCategories: classifier.meta.categories,
    sampleRate: shape.sampleRate,
    stft: { window: WINDOW, hop: HOP, bins: shape.bins },
    windowFrames: shape.frames,
    masking,
    ...described,
    training: { classifier: classifier.meta.settings, decoder: decoders[0]?.meta.settings },
  };
  const pack = parsePack(manifest, join(folder, "pack.json"));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "pack.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [file, bytes] of files) await writeFile(join(folder, file), bytes);
  const clips = new Map(
    [classifier, ...learnt].flatMap(({ meta }) => meta.attributions.map((clip) => [clip.file, clip])),
  );
  const credits = new Set([
    ...[classifier, ...learnt].flatMap(({ meta }) => meta.credits),
    ...(parts.credits ?? []),
  ]);
  await writeFile(join(folder, "ATTRIBUTION.md"), attributionMarkdown([...clips.values()], [...credits]));
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return { pack, mmac: lmac[0]?.mmac, bytes };
}

/** @throws Error when two are of the same method. */
function byMethod(graphs: readonly { readonly name: string; readonly bytes: Uint8Array }[]) {
  const found = new Map(graphs.map(({ name, bytes }) => [name, bytes]));
  if (found.size === graphs.length) return found;
  throw new Error(`two decoders are of the same method: ${graphs.map(({ name }) => name).join(", ")}`);
}

/** The method that a decoder is. */
export function decoderMethod({ method = "lmac" }: DecoderMeta): DecoderMethod {
  return method;
}

function commonMasking(decoders: readonly Weights<DecoderMeta>[]): Masking {
  const domains = new Set(decoders.map(({ meta }) => meta.masking ?? "linear"));
  if (domains.size > 1)
    throw new Error("a pack masks in one domain; these decoders were trained in linear and log1p");
  return [...domains][0] ?? "linear";
}

function attributionMarkdown(clips: readonly Attribution[], credits: readonly string[]): string {
  const sorted = clips.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  const named = sorted.filter(({ licence }) => licence !== "CC0");
  const cell = (text: string) => text.replaceAll("|", "\\|");
  return [
    "# The recordings this model learnt from",
    "",
    `${sorted.length} clips of ESC-50 (K. J. Piczak, https://github.com/karoldvl/ESC-50), each cut from a recording on Freesound:`,
    `${sorted.length - named.length} under CC0 1.0, ${named.length} under CC BY 3.0. No clip is part of this package.`,
    "",
    ...credits.flatMap((credit) => [credit, ""]),
    "| clip | recording | by | licence |",
    "| --- | --- | --- | --- |",
    ...named.map(
      ({ file, title, author, url, licence }) =>
        `| ${file} | [${cell(title)}](${url}) | ${cell(author)} | ${licence === "CC-BY" ? "CC BY 3.0" : licence} |`,
    ),
    "",
    `Under CC0: ${sorted
      .filter(({ licence }) => licence === "CC0")
      .map(({ file }) => file)
      .join(", ")}.`,
    "",
  ].join("\n");
}
