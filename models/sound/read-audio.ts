/** Whole sounds in memory, as mono samples at any rate, from files of any kind. */
import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import { StreamingResampler } from "../../dsp/index.ts";
import { AudioFileError, messageOf } from "./audio-file-error.ts";
import { monoOf } from "./mono.ts";
import { noSound, type ReadOptions, readPieces } from "./read-pieces-node.ts";

export { AudioFileError } from "./audio-file-error.ts";
export { type Piece, type ReadOptions, readPieces } from "./read-pieces-node.ts";

export interface MonoOptions extends ReadOptions {
  /** Which channel is heard. Default "mix": the mean of all, or of those that can be mixed, which a note tells. */
  readonly channel?: ChannelChoice | undefined;
}

interface MonoAudio {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  /** What was wrong with the file and put up with, in sentences for people. */
  readonly notes: string[];
  /** Those of them that tell which channels were heard, where it is not all. */
  readonly channelNotes: readonly string[];
}

/**
 * One channel at the wanted rate, aligned with the file's start. Holds the result alone in memory:
 * an hour at 16 kHz is 230 MB whatever the file.
 * Rejects with an AudioFileError that names the file, what was found and what to do.
 */
export async function readMono(
  path: string,
  sampleRate: number,
  options: MonoOptions = {},
): Promise<MonoAudio> {
  const notes: string[] = [];
  const channelNotes: string[] = [];
  let collected = new Collector();
  let resampler: StreamingResampler | undefined;
  let out = new Float32Array(0);
  let taken = 0;
  let late = 0;
  const push = (stream: StreamingResampler, samples: Float32Array) => {
    const needed = stream.maxOutput(samples.length);
    if (out.length < needed) out = new Float32Array(needed);
    const written = stream.push(samples, out);
    const skipped = Math.min(late, written);
    late -= skipped;
    collected.add(out.slice(skipped, written));
  };
  async function* pieces() {
    for await (const piece of readPieces(path, notes, options)) {
      if (resampler === undefined) {
        resampler = resamplerFor(path, piece.sampleRate, sampleRate);
        late = resampler.delay;
        if (piece.expected !== undefined) collected = new Collector(resampler.maxOutput(piece.expected));
      }
      taken += piece.channels[0].length;
      yield piece;
    }
  }
  for await (const samples of monoOf(pieces(), path, channelNotes, options.channel)) {
    push(resampler!, samples);
  }
  if (resampler === undefined) throw noSound(path);
  const wanted = resampler.maxOutput(taken);
  const silence = new Float32Array(4096);
  while (collected.length < wanted) push(resampler, silence);
  notes.push(...channelNotes);
  return { samples: collected.finish(wanted), sampleRate, notes, channelNotes };
}

function resamplerFor(path: string, from: number, to: number): StreamingResampler {
  try {
    return new StreamingResampler(from, to);
  } catch (error) {
    throw new AudioFileError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Gathers pieces into one array: in place where the length is known before, and what exceeds it is left out; else
 * joined at the end.
 */
class Collector {
  length = 0;
  #pieces: Float32Array[] = [];
  readonly #whole?: Float32Array;

  constructor(expected?: number) {
    if (expected !== undefined) this.#whole = new Float32Array(expected);
  }

  add(piece: Float32Array): void {
    if (this.#whole) {
      const room = Math.max(0, this.#whole.length - this.length);
      this.#whole.set(piece.subarray(0, room), this.length);
    } else {
      this.#pieces.push(piece);
    }
    this.length += piece.length;
  }

  /** The first `length` samples; this collector is empty afterwards. */
  finish(length = this.length): Float32Array {
    if (this.#whole) return this.#whole;
    const joined = new Float32Array(length);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece.subarray(0, length - at), at);
      at += piece.length;
    }
    this.#pieces = [];
    return joined;
  }
}
