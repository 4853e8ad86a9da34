/** Puts trained weights together into a pack: `pack.json`, one graph a method, and who the sounds are by. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HOP, WINDOW } from "../dsp/index.ts";
import { lmacGraph } from "./export-method.ts";
import type { WeightValues } from "./frozen-layers.ts";
import { ownClassifier } from "./methods/explained-classifier.ts";
import { type ChosenMethod, DEFAULT_METHODS, packGraphs } from "./methods/pack-graphs.ts";
import { type Pack, parsePack } from "./pack.ts";
import type { Attribution, ClassifierMeta, DecoderMeta } from "./training/weights-file.ts";

export interface PackParts {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** A class is believed from this probability on. */
  readonly threshold: number;
  readonly classifier: { readonly meta: ClassifierMeta; readonly values: WeightValues };
  /** Of L-MAC; not needed where the methods do without. */
  readonly decoder?: { readonly meta: DecoderMeta; readonly values: WeightValues };
  /** L-MAC and the mask of ones where left out; the first is the pack's default. */
  readonly methods?: readonly ChosenMethod[];
  /** Also the methods in the form that masks the classifier's own input, for evaluation. */
  readonly features?: boolean;
}

export interface BuiltPack {
  readonly pack: Pack;
  /** Millions of multiply-adds a window, classifier and decoder together; absent without a decoder. */
  readonly mmac?: number;
  /** All graphs together. */
  readonly bytes: number;
}

export async function buildPack(folder: string, parts: PackParts): Promise<BuiltPack> {
  const { classifier, decoder } = parts;
  const { shape, labels, other } = classifier.meta;
  const lmac = decoder && lmacGraph(classifier.values, shape, decoder.values, decoder.meta.shape);
  const { files, ...described } = packGraphs(
    ownClassifier(classifier.values, shape),
    parts.methods ?? DEFAULT_METHODS,
    { trained: new Map(lmac && [["lmac", lmac.bytes]]), features: parts.features },
  );
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
    masking: "linear",
    ...described,
    training: { classifier: classifier.meta.settings, decoder: decoder?.meta.settings },
  };
  const pack = parsePack(manifest, join(folder, "pack.json"));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "pack.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [file, bytes] of files) await writeFile(join(folder, file), bytes);
  const clips = new Map(
    [...classifier.meta.attributions, ...(decoder?.meta.attributions ?? [])].map((clip) => [clip.file, clip]),
  );
  const credits = new Set([...classifier.meta.credits, ...(decoder?.meta.credits ?? [])]);
  await writeFile(join(folder, "ATTRIBUTION.md"), attributionMarkdown([...clips.values()], [...credits]));
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return { pack, mmac: lmac?.mmac, bytes };
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
