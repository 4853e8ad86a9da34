/** `listenable/lab`: methods, training, evaluation and packing. Node only. */

import { L2I_TRAINING, type L2iOptions } from "./methods/l2i.ts";
import { LMAC_TRAINING, type LmacOptions } from "./methods/lmac.ts";
import { SELECTIVE_TRAINING, type SelectiveOptions } from "./methods/lmac-selective.ts";
import type { Follow } from "./progress.ts";
import { type MethodTraining, trainMethod } from "./training/train-method.ts";

export { InterruptedError, UsageError } from "./errors.ts";
export {
  type Evaluated,
  type EvaluateOptions,
  type EvaluationRecord,
  evaluate,
} from "./evaluation/evaluate.ts";
export { type ExplainFileOptions, explainFile } from "./explaining/explain-file.ts";
export {
  type AddedPack,
  type AddPackOptions,
  addPack,
  galleryEntry,
} from "./gallery/add-pack.ts";
export { type ListedPack, listedPacks, removePack, verifyPack } from "./gallery/added-packs.ts";
export { GALLERY, type GalleryEntry, type PublishedFile } from "./gallery/entries.ts";
export {
  type CheckedFront,
  type CheckFrontOptions,
  checkFront,
  type TriedFront,
} from "./import/check/check-front.ts";
export { type ImportedClassifier, type ImportOptions, importClassifier } from "./import/import-classifier.ts";
export { findMethod, METHODS } from "./methods/index.ts";
export { DECODED } from "./methods/lmac.ts";
export {
  type ExplanationMethod,
  fixedPasses,
  type LearntMethod,
  type MethodParameter,
  type MethodSettings,
  methodSettings,
  passesAtPoints,
} from "./methods/method.ts";
export { IMPROVED, lmacModel, lmacTask } from "./methods/parts/lmac-loss.ts";
export { attributionMask } from "./methods/parts/mask.ts";
export { classGradient, classScore, type MaskPlace, type Scene } from "./methods/parts/scene.ts";
export { findPerturbation, PERTURBATIONS } from "./methods/perturbation/index.ts";
export { perturb } from "./methods/perturbation/perturb.ts";
export { type PerturbationMethod, perturbationSettings } from "./methods/perturbation/perturbation.ts";
export type { ExplainedClassifier } from "./networks/explained-classifier.ts";
export { ownClassifier } from "./networks/own-classifier.ts";
export { type BuiltPack, buildPack, type PackParts } from "./packing/build-pack.ts";
export { explanationGraph } from "./packing/method-graph.ts";
export {
  type PackClassifierOptions,
  type PackedClassifier,
  packClassifier,
  type StoppedTraining,
} from "./packing/pack-classifier.ts";
export type { ChosenMethod, LearntWeights } from "./packing/pack-graphs.ts";
export { type PackRunsOptions, packRuns } from "./packing/pack-runs.ts";
export type { Follow, Progress } from "./progress.ts";
export { LmacBatches } from "./training/lmac-batches.ts";
export { playMusic } from "./training/play-music.ts";
export type { TrainingRecipe } from "./training/recipe.ts";
export { speakSentences } from "./training/speak-sentences.ts";
export { trainClassifier } from "./training/train-classifier.ts";
export {
  type MethodTraining,
  type RunOptions,
  type TrainedRun,
  trainMethod,
} from "./training/train-method.ts";

/** Trains L-MAC's decoder: improved, as published (`published`), or its second stage (`finetune`). See `trainMethod`. */
export const trainLmac = (options: MethodTraining<LmacOptions>, follow?: Follow) =>
  trainMethod(LMAC_TRAINING, options, follow);

/** Trains a decoder that is asked about a class. See `trainMethod`. */
export const trainSelective = (options: MethodTraining<SelectiveOptions>, follow?: Follow) =>
  trainMethod(SELECTIVE_TRAINING, options, follow);

/** Trains Listen to Interpret. See `trainMethod`. */
export const trainL2i = (options: MethodTraining<L2iOptions>, follow?: Follow) =>
  trainMethod(L2I_TRAINING, options, follow);
