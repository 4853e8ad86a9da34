/** What the public entries of both worlds share: `index.ts` in the browser, `index-node.ts` in Node. */
export { type IfUnaskable, type MethodQuestion, targetIndex } from "./explain/ask-method.ts";
export {
  type ClassDecision,
  type DecisionClasses,
  decide,
  type RankedClass,
  rankedClasses,
} from "./explain/class-decision.ts";
export {
  audible,
  type BelievedClass,
  type ClipDecision,
  clipDecision,
  type WindowDecision,
} from "./explain/clip-decision.ts";
export {
  type ExplainedSound,
  type Explaining,
  type ExplainSoundOptions,
  type ExplainStreamOptions,
  explainSound,
  explainStream,
  type Sound,
} from "./explain/explain-sound.ts";
export { type Figures, type FiguresOptions, type FrameSpan, figuresOf } from "./explain/figures.ts";
export {
  hearSound,
  type JudgedWindow,
  type JudgeOptions,
  type Judging,
  judgeParts,
  type SoundToJudge,
} from "./explain/judge-parts.ts";
export {
  DEFAULT_STRIDE,
  type ExplainedBlock,
  type ExplainWindow,
  SignalExplainer,
  type SignalExplainerOptions,
  windowCount,
} from "./explain/signal-explainer.ts";
export { frameAt, framesAnswered, windowCentre, windowStart } from "./explain/window-times.ts";
export type { GraphFiles, OpenPack } from "./pack/open-pack.ts";
export { type Pack, PackError, type PackErrorCode, type PackMethod } from "./pack/pack.ts";
export {
  type LoadedMethod,
  loadMethod,
  MethodInputError,
  type MethodResult,
  type ReadGraph,
} from "./runtime/load-method.ts";
export type { Graph } from "./runtime/open-session.ts";
export type { RunnablePack } from "./runtime/runnable-pack.ts";
export type { Runtime } from "./runtime/runtime.ts";
export {
  type HeardBlocks,
  StateError,
  type StateErrorCode,
  type Streaming,
  type StreamState,
} from "./runtime/streaming.ts";
