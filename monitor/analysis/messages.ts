/** What passes between the monitor and the threads that run its models. */
import type { PackErrorCode } from "../../models/pack/pack.ts";
import type { EventClass, Faithfulness } from "../protocol.ts";

/** Given to a thread at its start. */
export interface AnalysisSettings {
  readonly packFolder: string;
  /** The pack's default method when absent. */
  readonly method?: string | undefined;
  readonly build: "auto" | "native" | "wasm";
}

/** One window as the detector wants it. Times are seconds since the channel was opened. */
export interface AnalysedWindow {
  readonly centre: number;
  readonly probabilities: Float32Array;
  readonly silent: boolean;
  /** Decibels of full scale: how loud the window is. */
  readonly level: number;
}

/** Sound that is analysed: original = explanation + rest, all of one length and at the channel's own rate. */
export interface AnalysedBlock {
  readonly original: Float32Array;
  readonly explanation: Float32Array;
  readonly windows: readonly AnalysedWindow[];
}

/** A clip of an event, to be explained. */
export interface ClipToExplain {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  /** The class to explain, and when it was heard, in seconds of the clip. */
  readonly heard: Pick<EventClass, "label" | "start" | "end">;
  /** Written over the picture. */
  readonly title: string;
  readonly subtitle: string;
}

export interface ExplainedClip {
  readonly explanation: Float32Array;
  readonly rest: Float32Array;
  /** PNG. */
  readonly picture: Uint8Array;
  readonly faithfulness: Faithfulness;
}

/** Every task and what it is answered with. */
export interface Tasks {
  /** `stride`: frames from one window to the next. */
  open: { task: { channel: number; sampleRate: number; stride: number }; result: true };
  push: { task: { channel: number; samples: Float32Array }; result: AnalysedBlock };
  /** The end of the channel's sound; the channel is forgotten. */
  finish: { task: { channel: number }; result: AnalysedBlock };
  drop: { task: { channel: number }; result: true };
  explain: { task: ClipToExplain; result: ExplainedClip };
}
export type TaskName = keyof Tasks;

export type ToAnalysis =
  | {
      [Name in TaskName]: { readonly id: number; readonly name: Name; readonly task: Tasks[Name]["task"] };
    }[TaskName]
  | { readonly name: "close" };

export type FromAnalysis =
  | { readonly type: "ready"; readonly description: string; readonly notices: readonly string[] }
  | { readonly type: "unusable"; readonly message: string; readonly code: PackErrorCode | undefined }
  | { readonly type: "result"; readonly id: number; readonly result: Tasks[TaskName]["result"] }
  | { readonly type: "failed"; readonly id: number; readonly message: string };
