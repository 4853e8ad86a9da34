/** `listenable/live`: from a microphone, a stream, a node or a file to what made the classifier decide, as it sounds. */

export {
  type ClassDecision,
  type DecisionClasses,
  decide,
  type RankedClass,
} from "../../models/explain/class-decision.ts";
export { isExplained, MaskState } from "../../protocol/mask-state.ts";
export { type LiveAssets, ownAssets } from "./assets.ts";
export { createLiveExplainer, type LiveExplainerOptions } from "./create-live-explainer.ts";
export * from "./live-explainer.ts";
export { ProblemError } from "./problems.ts";
