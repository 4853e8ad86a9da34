/** A classifier in a file as methods without gradients want it: its answers, by a graph in no pack's folder. */
import { basename, extname } from "node:path";
import { type Pack, type PackMethod, parsePack } from "../../models/pack/pack.ts";
import { type LoadedMethod, loadGraph } from "../../models/runtime/load-method.ts";
import { nodeRuntime, type RuntimeBuild } from "../../models/runtime/runtime-node.ts";
import {
  checkLabelCount,
  type ImportOptions,
  importClassifier,
  UNCALIBRATED,
} from "../import/import-classifier.ts";
import { ALL_ONES } from "../methods/all-ones.ts";
import { explanationGraph } from "../packing/method-graph.ts";
import type { Follow } from "../progress.ts";

export type ClassifierFile = Omit<ImportOptions, "latents">;

/** @throws as `importClassifier` does; UsageError for labels that are not as many as its classes. */
export async function openClassifier(
  options: ClassifierFile,
  { build = "auto", onNotice = () => {} }: Follow & { readonly build?: RuntimeBuild | undefined } = {},
): Promise<LoadedMethod> {
  const imported = await importClassifier(options, onNotice);
  const { classifier } = imported;
  checkLabelCount(options, imported);
  const labels = imported.labels ?? numbered(imported.classes, onNotice);
  const alone: PackMethod = {
    name: "classifier",
    title: "The classifier",
    graph: "classifier.onnx",
    target: false,
  };
  const pack: Pack = parsePack(
    {
      format: 3,
      name: "classifier",
      version: "0",
      title: basename(options.file, extname(options.file)),
      licence: "not stated",
      ...{ labels, answers: classifier.answers, threshold: UNCALIBRATED },
      sampleRate: classifier.sampleRate,
      stft: { ...classifier.stft, bins: classifier.bins },
      windowFrames: classifier.frames,
      phases: classifier.needsPhases || undefined,
      masking: "linear",
      methods: [alone],
    },
    options.file,
  );
  const runtime = build === "auto" ? imported.runtime : await nodeRuntime({ build, log: onNotice });
  const { bytes } = explanationGraph(classifier, ALL_ONES);
  return loadGraph(runtime, bytes, pack, alone, [classifier.frames, classifier.bins]);
}

function numbered(classes: number, onNotice: (sentence: string) => void): readonly string[] {
  onNotice("Its classes are called by their numbers, from 0 on; --labels FILE names them.");
  return Array.from({ length: classes }, (_, k) => `class ${k}`);
}
