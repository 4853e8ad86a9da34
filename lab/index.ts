/** `listenable/lab`: methods, training, evaluation and packing. Node only. */
export { defaultThreads, evaluate } from "./evaluation/evaluate.ts";
export type { Evaluation, EvaluationOptions } from "./evaluation/evaluation.ts";
export {
  type ExplanationMethod,
  findMethod,
  METHODS,
  type MethodSettings,
  methodSettings,
} from "./methods/methods.ts";
export { type BuiltPack, buildPack, type PackParts } from "./packing/build-pack.ts";
