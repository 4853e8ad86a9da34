/** A sound file as a stretch of sound. */
import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import { openRecording, type Recording } from "../../models/sound/open-recording-node.ts";
import { type Sleep, sleep } from "../sleep.ts";
import { type Clock, clockFromNow, machineClock } from "./clock.ts";
import type { InputReport, Stretch } from "./input.ts";

export interface FileOptions {
  /** Give the sound as slowly as it was recorded, so that it can be watched and listened to. */
  readonly realTime?: boolean | undefined;
  /** A folder whose sounds are not heard where it lies in another: the monitor's own events would make events for ever. */
  readonly leftOut?: string | undefined;
  readonly sleep?: Sleep;
  readonly now?: () => number;
  /** Which channel is heard. Default "mix". */
  readonly channel?: ChannelChoice | undefined;
  readonly clock?: Clock;
}

export interface RecordedStretch extends Stretch {
  readonly file: string;
}

/** @param file its name for people; @param from seconds that are left out. */
export async function openStretch(
  path: string,
  file: string,
  options: FileOptions,
  report: Pick<InputReport, "noted">,
  signal: AbortSignal,
  from = 0,
): Promise<RecordedStretch> {
  const recording = await openRecording(path, { channel: options.channel });
  const { sampleRate } = recording;
  const blocks = withNotes(recording, report);
  const skipped = Math.round(from * sampleRate);
  const rest = skipped > 0 ? without(skipped, blocks) : blocks;
  const timeOf = clockFromNow(options.clock);
  return {
    file,
    sampleRate,
    startedAt: timeOf(0),
    timeOf,
    from: skipped / sampleRate,
    blocks: options.realTime ? paced(rest, sampleRate, options, signal) : rest,
  };
}

/** Tells of the file as soon as it is known. */
async function* withNotes(
  { blocks, notes }: Recording,
  report: Pick<InputReport, "noted">,
): AsyncGenerator<Float32Array> {
  let told = 0;
  const tell = () => {
    for (; told < notes.length; told++) report.noted?.(notes[told]!);
  };
  for await (const block of blocks) {
    tell();
    yield block;
  }
  tell();
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
  // Not by the wall clock, which may be set meanwhile.
  const { steady } = options.clock ?? machineClock;
  const started = steady();
  const size = Math.round(sampleRate / 10);
  let given = 0;
  for await (const block of blocks) {
    for (let at = 0; at < block.length && !signal.aborted; at += size) {
      const piece = block.subarray(at, at + size);
      given += piece.length;
      const early = started + (1000 * given) / sampleRate - steady();
      if (early > 0) await (options.sleep ?? sleep)(early, signal);
      yield piece;
    }
  }
}
