/** What the monitor and the threads that run its models have to say to each other. */
import type { EventClass, Faithfulness } from "../protocol.ts";

/** Given to a thread at its start. */
export interface AnalysisSettings {
  readonly packFolder: string;
  /** The pack's default method when absent. */
  readonly method?: string | undefined;
  readonly build: "auto" | "native" | "wasm";
}

/** One window, or a stride of blocks, as the detector wants it. Times are seconds since the channel was opened. */
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

/** What such a thread is asked. */
export interface AnalysisContract {
  readonly settings: AnalysisSettings;
  readonly ready: { readonly description: string; readonly notices: readonly string[] };
  readonly calls: {
    /** `stride`: frames from one window, or one decision, to the next. */
    readonly open: {
      readonly request: { readonly channel: number; readonly sampleRate: number; readonly stride: number };
      readonly reply: undefined;
    };
    /** Undefined when the channel was opened in another thread, whose place this one took. */
    readonly push: {
      readonly request: { readonly channel: number; readonly samples: Float32Array };
      readonly reply: AnalysedBlock | undefined;
    };
    /** The end of the channel's sound; the channel is forgotten. Undefined as above. */
    readonly finish: {
      readonly request: { readonly channel: number };
      readonly reply: AnalysedBlock | undefined;
    };
    readonly explain: { readonly request: ClipToExplain; readonly reply: ExplainedClip };
  };
}
