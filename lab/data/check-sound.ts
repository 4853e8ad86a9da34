/** Whether a sound file can be measured on, and what is in it, before hours are spent on it. */
import { createHash } from "node:crypto";
import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import { readMono } from "../../models/sound/read-audio.ts";
import { MODEL_RATE } from "../networks/own-shape.ts";
import { soundHash } from "./sound-hash.ts";
import { audibleStarts } from "./waves.ts";
import { WINDOW_SAMPLES } from "./windows.ts";

/** Longer sounds are measured on their beginning, so that one of an hour costs no more than thirty of a minute. */
export const MOST_SECONDS = 30;
/** Shorter ones are too little for a window of a second that would be zeros otherwise. */
export const LEAST_SECONDS = 0.1;

export type SoundCheck =
  | {
      readonly usable: true;
      readonly hash: string;
      /** `soundHash` of what a training hears of it: the mean of its channels, whichever is measured. */
      readonly heardAs: string;
      readonly seconds: number;
      /** Which of its channels are heard, where it is not the mean of all. */
      readonly notes: readonly string[];
    }
  | { readonly usable: false; readonly reason: string };

interface SoundOptions {
  /** Which of its channels is read. Default "mix". */
  readonly channel?: ChannelChoice | undefined;
  /** What people should know of its channels goes here. */
  readonly notes?: string[];
}

/** Mono samples, at most `MOST_SECONDS` of them. */
export async function readSound(
  path: string,
  sampleRate: number,
  { channel, notes }: SoundOptions = {},
): Promise<Float32Array> {
  const { samples, channelNotes } = await readMono(path, sampleRate, { maxSeconds: MOST_SECONDS, channel });
  notes?.push(...channelNotes);
  return samples;
}

/** Never rejects: what is wrong with a file is its result. */
export async function checkSound(
  path: string,
  sampleRate = MODEL_RATE,
  channel?: ChannelChoice,
): Promise<SoundCheck> {
  try {
    const notes: string[] = [];
    const samples = await readSound(path, sampleRate, { channel, notes });
    const seconds = samples.length / sampleRate;
    if (seconds < LEAST_SECONDS) {
      return unusable(`${path}: too short: ${Math.round(1000 * seconds)} ms, at least 100 ms are needed`);
    }
    if (audibleStarts(samples, WINDOW_SAMPLES, WINDOW_SAMPLES / 4, 30).length === 0) {
      return unusable(`${path}: silent: nothing in it is louder than -100 dB of full scale`);
    }
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    return {
      usable: true,
      hash: createHash("sha256").update(bytes).digest("hex").slice(0, 16),
      heardAs: soundHash(
        channel === undefined || channel === "mix" ? samples : await readSound(path, sampleRate),
      ),
      seconds,
      notes,
    };
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error));
  }
}

function unusable(reason: string): SoundCheck {
  return { usable: false, reason };
}
