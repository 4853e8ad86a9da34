/** What can be listened to. */
import type { DetectorState } from "../detector.ts";
import type { InputState } from "../protocol.ts";

/** A moment of a recording before which all is decided and kept, and from which it can be heard on. */
export interface Checkpoint {
  /** Since the recording's beginning. */
  readonly seconds: number;
  readonly detector: DetectorState;
}

/** Sound without a gap: a file, or a connection for as long as it holds. */
export interface Stretch {
  /** The file's name, where it is one. */
  readonly file?: string;
  readonly sampleRate: number;
  /** When its first sample was heard; for a file, when it was begun with. */
  readonly startedAt: Date;
  /** Seconds of the recording before the first of `blocks`. Default 0. */
  readonly from?: number;
  /** Where it is gone on from, if it was begun before: windows before are heard for what comes after alone. */
  readonly after?: Checkpoint | undefined;
  /** Told of moments up to which all events are kept; `end`: it was heard to its end. */
  readonly onKept?: (checkpoint: Checkpoint, end: boolean) => void;
  /**
   * When a moment of it was heard, by the clock as it is set now, in seconds from its beginning; without it, so much later
   * than it started. Asked as late as it can be: what comes later tells more of what came before.
   */
  readonly timeOf?: (seconds: number) => Date;
  /** Mono, finite. Ends when the stretch does; rejects when a file cannot be read on. */
  readonly blocks: AsyncIterable<Float32Array>;
}

/** Told by an input about itself. */
export interface InputReport {
  /** `detail` says why, for people: without secrets. */
  state(state: InputState, detail?: string): void;
  /** Live sound that was thrown away because the analysis was behind. */
  dropped(seconds: number): void;
  /** A file that could not be read; the input goes on with the next one. */
  failed(message: string): void;
  /** How many files could not be read to their end and are tried again. */
  unread?(count: number): void;
  /** What people should know, once, though all is heard. */
  noted?(message: string): void;
}

export interface Input {
  readonly name: string;
  /** What it was called when names were still taken from the paths of addresses, where that was another. */
  readonly formerly?: string | undefined;
  /** For people: a path, or an address as `shownAddress` has it. */
  readonly source: string;
  /** Goes on whether anybody listens or not. */
  readonly live: boolean;
  /** One stretch after the other, each read to its end before the next is asked for; ends when the input has. */
  stretches(report: InputReport, signal: AbortSignal): AsyncGenerator<Stretch>;
}
