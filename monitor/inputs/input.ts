/** What can be listened to. */
import type { InputState } from "../protocol.ts";

/** Sound without a gap: a file, or a connection for as long as it holds. */
export interface Stretch {
  /** The file's name, where it is one. */
  readonly file?: string;
  readonly sampleRate: number;
  /** When its first sample was heard; for a file, when it was begun with. */
  readonly startedAt: Date;
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
}

export interface Input {
  readonly name: string;
  /** For people: a path, or an address as `shownAddress` has it. */
  readonly source: string;
  /** Goes on whether anybody listens or not. */
  readonly live: boolean;
  /** One stretch after the other, each read to its end before the next is asked for; ends when the input has. */
  stretches(report: InputReport, signal: AbortSignal): AsyncGenerator<Stretch>;
}
