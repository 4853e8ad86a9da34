/** Opens a sound file of any kind and length as a stream of mono samples, so that memory stays bounded. */
import { type ChannelChoice, chosenChannel } from "../../dsp/channel-choice.ts";
import { monoOf } from "./mono.ts";
import { AudioFileError, readPieces } from "./read-audio.ts";

export interface Recording {
  readonly sampleRate: number;
  /** Samples, or null when only reading to the end tells. */
  readonly length: number | null;
  /** One channel, as `channel` asks for, in pieces of a second or so; every sample is finite. Can be read once. */
  readonly blocks: AsyncIterable<Float32Array>;
  /** What was wrong with the file and put up with, in sentences for people; complete when all was read. */
  readonly notes: readonly string[];
}

/** Rates that can be explained, in Hz. */
const LOWEST_RATE = 8_000;
const HIGHEST_RATE = 192_000;
/** Longer recordings are cut, which a note tells: their 32-bit WAV files would pass 4 GB at high rates. */
const MOST_SECONDS = 5 * 3600;
const BLOCK = 32_768;
/** Full scale is 1; a sample this far beyond it comes from a damaged file and would drown everything else. */
const ABSURD = 1e6;

export interface RecordingOptions {
  /** Which channel is heard. Default "mix": the mean of all, or of those that can be mixed, which a note tells. */
  readonly channel?: ChannelChoice | undefined;
}

/** Rejects with an AudioFileError that names the file, what was found and what to do. */
export async function openRecording(path: string, { channel }: RecordingOptions = {}): Promise<Recording> {
  const notes: string[] = [];
  const pieces = readPieces(path, notes, { maxSeconds: MOST_SECONDS });
  const first = await pieces.next();
  if (first.done) throw new AudioFileError(`${path} holds no sound; record or export it again`);
  const { sampleRate, expected } = first.value;
  if (!(sampleRate >= LOWEST_RATE && sampleRate <= HIGHEST_RATE)) {
    await pieces.return(undefined);
    throw new AudioFileError(
      `${path} has a sampling rate of ${sampleRate} Hz; ${LOWEST_RATE} to ${HIGHEST_RATE} Hz can be explained: ` +
        "ffmpeg -i INPUT -ar 16000 OUTPUT.wav",
    );
  }

  try {
    // Before anything is written anywhere.
    chosenChannel(channel ?? "mix", first.value.channels.length);
  } catch (error) {
    await pieces.return(undefined);
    throw new AudioFileError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  let replaced = 0;
  async function* sound() {
    try {
      for (let piece = first; !piece.done; piece = await pieces.next()) {
        for (const samples of piece.value.channels) replaced += silenceAbsurd(samples);
        yield piece.value;
      }
    } finally {
      await pieces.return(undefined);
    }
  }
  async function* blocks(): AsyncGenerator<Float32Array> {
    for await (const samples of monoOf(sound(), path, notes, channel)) {
      for (let at = 0; at < samples.length; at += BLOCK) yield samples.subarray(at, at + BLOCK);
    }
    if (replaced > 0) notes.push(`${path} held ${replaced} samples beyond ${ABSURD}; they were set to 0`);
  }
  return { sampleRate, length: expected ?? null, blocks: blocks(), notes };
}

function silenceAbsurd(samples: Float32Array): number {
  let replaced = 0;
  for (let n = 0; n < samples.length; n++) {
    if (Math.abs(samples[n]) <= ABSURD) continue;
    samples[n] = 0;
    replaced++;
  }
  return replaced;
}
