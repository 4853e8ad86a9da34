/** A sound file as a stretch of sound. */
import { openRecording } from "../../models/sound/open-recording-node.ts";
import { type Sleep, sleep } from "../sleep.ts";
import type { Stretch } from "./input.ts";

export interface FileOptions {
  /** Give the sound as slowly as it was recorded, so that it can be watched and listened to. */
  readonly realTime?: boolean | undefined;
  readonly sleep?: Sleep;
  readonly now?: () => number;
}

export interface RecordedStretch extends Stretch {
  readonly file: string;
}

/** @param file its name for people; @param from seconds that are left out. */
export async function openStretch(
  path: string,
  file: string,
  options: FileOptions,
  signal: AbortSignal,
  from = 0,
): Promise<RecordedStretch> {
  const { sampleRate, blocks } = await openRecording(path);
  const skipped = Math.round(from * sampleRate);
  const rest = skipped > 0 ? without(skipped, blocks) : blocks;
  return {
    file,
    sampleRate,
    startedAt: new Date((options.now ?? Date.now)()),
    from: skipped / sampleRate,
    blocks: options.realTime ? paced(rest, sampleRate, options, signal) : rest,
  };
}

/** All but the first samples. */
async function* without(samples: number, blocks: AsyncIterable<Float32Array>): AsyncGenerator<Float32Array> {
  let left = samples;
  for await (const block of blocks) {
    if (block.length > left) yield block.subarray(left);
    left = Math.max(0, left - block.length);
  }
}

/** Pieces of a tenth of a second, each not before its time. */
async function* paced(
  blocks: AsyncIterable<Float32Array>,
  sampleRate: number,
  options: FileOptions,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  const now = options.now ?? Date.now;
  const started = now();
  const size = Math.round(sampleRate / 10);
  let given = 0;
  for await (const block of blocks) {
    for (let at = 0; at < block.length && !signal.aborted; at += size) {
      const piece = block.subarray(at, at + size);
      given += piece.length;
      const early = started + (1000 * given) / sampleRate - now();
      if (early > 0) await (options.sleep ?? sleep)(early, signal);
      yield piece;
    }
  }
}
