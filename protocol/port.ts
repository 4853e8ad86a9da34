/**
 * What crosses the ports between the page, the audio thread and the pipeline worker, all in one browser.
 *
 * Page → audio thread: `PageToProcessor`, once `connect` and then what the listener chooses.
 * Audio thread ⇄ pipeline worker, on a port of their own, so that a busy page delays nothing:
 *   one frame record a hop one way, masks and the delay the other. With shared memory the records and masks lie in
 *   a ring and a board and only the delay is a message; without it both travel as transferred buffers, which go back
 *   to the side that owns them.
 */
import type { AudioShape } from "./audio-shape.ts";
import { VERSION } from "./version.ts";

/** The name under which the processor is registered; a page finds none of another version. */
export const PROCESSOR = `listenable-explainer ${VERSION}`;

/** What became of the channels of a sound, as dsp/channel-choice.ts has it. */
export interface HeardChannels {
  readonly of: number;
  readonly heard: readonly number[];
  readonly silent: readonly number[];
  readonly noisy: readonly number[];
  readonly cancelling: boolean;
}

/** Channels of a sound that are looked at; further ones are left out. */
export const MOST_INPUT_CHANNELS = 8;

/** What the listener hears; all three are aligned to the sample. */
export type OutputChoice = "original" | "explanation" | "rest";

/** Options of the AudioWorkletNode; plain values, as they are cloned. */
export interface ProcessorOptions {
  /** Of the audio context: a polyfilled processor can't know it in its constructor. */
  readonly sampleRate: number;
  /** Of the sound that the model hears. */
  readonly shape: AudioShape;
  /** The domain in which the mask multiplies. */
  readonly masking: "linear" | "log1p";
  /** D at the start: frames that pass between a frame's arrival and its way out. */
  readonly delayFrames: number;
  /** The most that D may become; memory is set aside for it. */
  readonly maxDelayFrames: number;
  readonly listening: OutputChoice;
  /** Whether explanation and rest are made as loud as the original; see worklets/loudness-match.ts. */
  readonly matchLoudness: boolean;
  /** Null where the page is not cross-origin isolated. */
  readonly memory: SharedMemory | null;
  /** A worklets/recent.ts that page and audio thread share; null where the page is not cross-origin isolated. */
  readonly recent: SharedArrayBuffer | null;
  /** Which of several channels is heard; "mix" when left out. */
  readonly channel?: "mix" | "best" | "left" | "right" | number | undefined;
  /** Whether the output is turned down when it feeds back into the input; see worklets/feedback-guard.ts. */
  readonly guardFeedback: boolean;
}

/** Memory that audio thread and worker share; only where the page is cross-origin isolated. */
export interface SharedMemory {
  /** A dsp/ring-buffer.ts of frame records. */
  readonly records: SharedArrayBuffer;
  /** A worklets/mask-board.ts. */
  readonly masks: SharedArrayBuffer;
  /** One 32-bit integer that changes with every record, to wait on. */
  readonly bell: SharedArrayBuffer;
}

export type PageToProcessor =
  /** Gives the processor its port to the worker (transferred with the message). */
  | { readonly type: "connect"; readonly port: MessagePort }
  | { readonly type: "listening"; readonly listening: OutputChoice }
  | { readonly type: "match-loudness"; readonly on: boolean }
  /** Without shared memory: answered by "recent" in pieces, each of which tells `freeze` again. */
  | { readonly type: "freeze"; readonly freeze: number }
  /** The processor ends for good. */
  | { readonly type: "stop" };

export type ProcessorToPage =
  /** Sent once, if processing ever throws: silence follows, and the page should start afresh. */
  | { readonly type: "failed"; readonly detail: string }
  /** The answer to `stop`, from the last block: from then on the browser may free the node. */
  | { readonly type: "stopped" }
  /** The output fed back and was turned down. */
  | { readonly type: "howled" }
  /** Which channels are heard from now on. */
  | { readonly type: "channels"; readonly verdict: HeardChannels }
  /** The next `hops` of what went out before a freeze, the oldest first; `left` are still to come. */
  | {
      readonly type: "recent";
      readonly freeze: number;
      readonly hops: number;
      readonly left: number;
      /** With room for more hops than are told. */
      readonly piece: RecentHops;
    };

/** Hops that went out one after the other: sound as it was heard, and the masks that were heard. */
export interface RecentHops {
  /** The frame [hops] whose mask each hop was the first to hear. */
  readonly frames: Float64Array;
  /** Row-major [hops, hop], at the model's rate; both at the same time, so that rest = original - explanation. */
  readonly original: Float32Array;
  readonly explanation: Float32Array;
  /** Masks of those frames, row-major [hops, bins]. */
  readonly mask: Float32Array;
  /** [hops]: how those frames came by their masks (`MaskState`). */
  readonly states: Uint8Array;
}

export type WorkerToProcessor =
  | { readonly type: "delay"; readonly frames: number }
  /** Without shared memory: masks to be used (transferred). */
  | { readonly type: "masks"; readonly packet: Float32Array }
  /** Without shared memory: a record that was read, returned to its pool (transferred). */
  | { readonly type: "record"; readonly record: Float32Array };

export type ProcessorToWorker =
  /** Without shared memory: one frame record (transferred). */
  | { readonly type: "record"; readonly record: Float32Array }
  /** Without shared memory: a mask packet that was used, returned to its owner (transferred). */
  | { readonly type: "masks"; readonly packet: Float32Array };

/**
 * A frame record, one a hop, all float32: a header of whole numbers, then the magnitudes [bins] of the frame that has
 * just arrived and the mask [bins] of the frame that has just gone out; where the model wants phases, then those [bins]
 * of the frame that has just arrived.
 */
export const RecordField = {
  /** Index of the frame whose magnitudes follow. */
  frame: 0,
  /** Index of the frame whose mask follows; -1 while the delay line fills. */
  appliedFrame: 1,
  /** Frames since the start that went out without a mask of their own, but for late ones. */
  missed: 2,
  /** D as it is heard now. */
  delayFrames: 3,
  /** Records that could not be sent since the start, as the worker did not keep up. */
  dropped: 4,
  /** Frames since the start that went out under a mask held for no longer than `LATE_MS` of worklets/explainer.ts. */
  late: 5,
  /** How the frame whose mask follows came by it: a `MaskState`. */
  maskState: 6,
} as const;

const WORDS_PER_NUMBER = 2;

export const RECORD_HEADER = WORDS_PER_NUMBER * Object.keys(RecordField).length;

export function recordWords({ bins, phases }: Pick<AudioShape, "bins" | "phases">): number {
  return RECORD_HEADER + (phases ? 3 : 2) * bins;
}

/** A mask packet, all float32: first frame, number of frames, then the rows [frames, bins]. */
export const PacketField = { firstFrame: 0, frames: 1 } as const;

export const PACKET_HEADER = WORDS_PER_NUMBER * Object.keys(PacketField).length;

export function packetWords(frames: number, bins: number): number {
  return PACKET_HEADER + frames * bins;
}

// A float32 counts exactly to 2^24: 37 hours of frames. Two of them count for as long as anybody listens.
const HALF = 2 ** 20;

/** Writes a whole number into a header field of a record or packet. */
export function writeNumber(words: Float32Array, field: number, value: number): void {
  const high = Math.floor(value / HALF);
  words[WORDS_PER_NUMBER * field] = high;
  words[WORDS_PER_NUMBER * field + 1] = value - high * HALF;
}

export function readNumber(words: Float32Array, field: number): number {
  return words[WORDS_PER_NUMBER * field] * HALF + words[WORDS_PER_NUMBER * field + 1];
}
