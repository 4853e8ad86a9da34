/** `listenable/elements`: custom elements for any page; importing this defines them. */

export type { RankedClass as Ranked } from "../../models/explain/class-decision.ts";
export type { Hearing } from "../kit/hearing.ts";
export type { Stretch } from "../kit/minute.ts";
export type { Verdict } from "../kit/verdict.ts";
export { type Language, setLanguage } from "../kit/words/words.ts";
export { type ExplainerEvents, ListenableExplainer } from "./listenable-explainer.ts";
export { ListenableSpectrogram } from "./listenable-spectrogram.ts";
