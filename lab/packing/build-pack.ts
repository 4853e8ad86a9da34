/** Writes a pack: `pack.json`, one graph a method, and who the sounds are by that it learnt from, and which they are. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Masking } from "../../dsp/index.ts";
import type { Parents } from "../../models/pack/class-tree.ts";
import { classThresholds, type Pack } from "../../models/pack/pack.ts";
import { type TrainingHeard, writeHeard } from "../data/heard-sounds.ts";
import type { ExplainedClassifier } from "../networks/explained-classifier.ts";
import { attributionMarkdown, type Sources } from "./attribution.ts";
import { type ChosenMethod, type LearntWeights, packGraphs } from "./pack-graphs.ts";
import { type PackDescription, writePack } from "./write-pack.ts";

export interface PackParts {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly licence: string;
  /** Names of the classes, in the order of the classifier's answer. */
  readonly labels: readonly string[];
  /** The label that means "none of the known classes", if there is one. */
  readonly other?: string | undefined;
  /** A class is believed from this probability on. */
  readonly threshold: number;
  /** The same, class by class, in the order of the labels; what wins unasked is measured by them. */
  readonly thresholds?: readonly number[] | undefined;
  /** The tree of classes that answer independently; what wins unasked has no believed class below it. */
  readonly parents?: Parents | undefined;
  /** Categories of sounds heard in training, known and other. */
  readonly heardCategories?: readonly string[] | undefined;
  /** Ours or anybody's. */
  readonly classifier: ExplainedClassifier;
  /** The first is the pack's default. */
  readonly methods: readonly ChosenMethod[];
  /** Trained weights of those among the methods that have some, on the spectrogram or the features. */
  readonly learnt?: readonly LearntWeights[] | undefined;
  /** Also the methods in the form that masks the classifier's own input, for evaluation. */
  readonly features?: boolean | undefined;
  /** For ATTRIBUTION.md; none is written without. */
  readonly sources?: Sources | undefined;
  /** What each training of the weights says of the sounds that it heard: kept beside `pack.json` for whoever evaluates the pack. */
  readonly heard?: readonly TrainingHeard[] | undefined;
  /** Kept in `pack.json` for people, under these names: how it came about. */
  readonly about?: Readonly<Record<string, unknown>>;
}

export interface BuiltPack {
  readonly pack: Pack;
  /** Millions of multiply-adds a window of the first method with weights of its own; absent without one. */
  readonly mmac?: number | undefined;
  /** All graphs and their weights together. */
  readonly bytes: number;
}

/** @throws as `packGraphs` does; PackError for parts that make no pack. */
export async function buildPack(folder: string, parts: PackParts): Promise<BuiltPack> {
  const { learnt, features, parents } = parts;
  // A tree is about who reaches its threshold, though all have the same.
  const thresholds = parents ? classThresholds(parts) : parts.thresholds;
  const classifier = thresholds ? { ...parts.classifier, thresholds, parents } : parts.classifier;
  const { masking, mmac, files, ...entries } = packGraphs(classifier, parts.methods, { learnt, features });
  const { pack, bytes } = await writePack(folder, describe(parts, masking), entries, files);
  await writeBeside(folder, parts);
  return { pack, mmac, bytes };
}

/** What isn't needed to run the pack: whose the sounds are that it learnt from, and by which it can be told that it heard them. */
export async function writeBeside(
  folder: string,
  { sources, heard = [] }: Pick<PackParts, "sources" | "heard">,
): Promise<void> {
  if (sources) await writeFile(join(folder, "ATTRIBUTION.md"), attributionMarkdown(sources));
  await writeHeard(folder, heard);
}

function describe(parts: PackParts, masking: Masking): PackDescription {
  const { classifier, about } = parts;
  return {
    name: parts.name,
    version: parts.version,
    title: parts.title,
    licence: parts.licence,
    labels: parts.labels,
    other: parts.other,
    answers: classifier.answers,
    threshold: parts.threshold,
    thresholds: parts.thresholds,
    parents: parts.parents,
    heardCategories: parts.heardCategories,
    sampleRate: classifier.sampleRate,
    stft: { window: classifier.stft.window, hop: classifier.stft.hop, bins: classifier.bins },
    windowFrames: classifier.frames,
    phases: classifier.needsPhases || undefined,
    masking,
    ...about,
  };
}
