/**
 * What a short delay costs: the masks of a live stream against those of `listenable explain` on the same clips, for every
 * look-ahead and stride.
 */
import { spectrogramMagnitudes, stft } from "../../dsp/index.ts";
import { readSound } from "../../lab/data/check-sound.ts";
import type { FoundSound } from "../../lab/data/sound-folder.ts";
import { soundHash } from "../../lab/data/sound-hash.ts";
import { askClassifier, gainsOf, keptAndRest } from "../../lab/evaluation/measure/explain-windows.ts";
import { correlation } from "../../lab/evaluation/measure/randomisation.ts";
import { type Faithfulness, faithfulness, meanOf } from "../../lab/evaluation/metrics/metrics.ts";
import { audible } from "../../models/explain/clip-decision.ts";
import { explainSound } from "../../models/explain/explain-sound.ts";
import { framesAnswered } from "../../models/explain/window-times.ts";
import { audioShape } from "../../models/pack/pack.ts";
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import { hopMs } from "../../protocol/audio-shape.ts";
import { delayOf, type EndingWindows, type StreamTimes, streamMasks } from "./stream-masks.ts";

interface StudyOptions {
  readonly classifier: LoadedMethod;
  readonly method: LoadedMethod;
  readonly sounds: readonly FoundSound[];
  readonly lookAheads: readonly number[];
  /** Of a streaming pack whole blocks, and one look-ahead: what a mask hears after its frame is what is left of the block. */
  readonly strides: readonly number[];
  readonly lag: number;
  readonly onClip: (done: number) => void;
  readonly signal?: AbortSignal;
}

export interface MaskQuality extends Pick<Faithfulness, "ai" | "ad" | "ff" | "fidIn"> {
  /** Pearson's, to the offline mask, over all times and frequencies of a window. */
  readonly correlation: number;
  /** Mean of the mask's distance to the offline one. */
  readonly distance: number;
}

interface StreamQuality extends StreamTimes {
  /** D in frames. */
  readonly delay: number;
  /** Means over the windows. */
  readonly quality: MaskQuality;
}

export interface LatencyQuality {
  readonly clips: number;
  /** `soundHash` of each clip. */
  readonly hashes: readonly string[];
  /** Windows of one second in which masks are compared. */
  readonly windows: number;
  readonly offline: MaskQuality;
  readonly streams: readonly StreamQuality[];
}

/** Mean squared magnitude below which a window is silent. */
const LEAST_POWER = 1e-9;

type Rows = { [Key in keyof MaskQuality]: number[] };

export async function studyLatencyQuality(options: StudyOptions): Promise<LatencyQuality> {
  const { sounds, strides, lookAheads, lag, onClip, signal } = options;
  const streams = strides.flatMap((stride) =>
    lookAheads.map((lookAhead) => ({ times: { lookAhead, stride, lag }, rows: noRows() })),
  );
  const offline = noRows();
  const hashes: string[] = [];
  for (const [done, sound] of sounds.entries()) {
    signal?.throwIfAborted();
    const hash = await measureClip(options, sound, offline, streams);
    if (hash !== undefined) hashes.push(hash);
    onClip(done + 1);
  }
  if (hashes.length === 0)
    throw new Error("none of the clips is long enough: two windows and the longest delay are needed");
  return {
    clips: hashes.length,
    hashes,
    windows: offline.ai.length,
    offline: means(offline),
    streams: streams.map(({ times, rows }) => ({ ...times, delay: delayOf(times), quality: means(rows) })),
  };
}

/** @returns what the clip is told by; undefined for one that is too short. */
async function measureClip(
  { classifier, method, strides, lookAheads, lag }: StudyOptions,
  sound: FoundSound,
  offline: Rows,
  streams: readonly { readonly times: StreamTimes; readonly rows: Rows }[],
): Promise<string | undefined> {
  const { pack } = method;
  const { bins } = pack.stft;
  const frames = framesAnswered(pack);
  const samples = await readSound(sound.path, pack.sampleRate);
  const magnitudes = spectrogramMagnitudes(stft(samples, pack.stft));
  const cut = (start: number) => magnitudes.subarray(start * bins, (start + frames) * bins);
  const longest = delayOf({ lookAhead: Math.max(...lookAheads), stride: Math.max(...strides), lag });
  const starts = comparedWindows(magnitudes, frames, bins, longest);
  if (starts.length === 0) return undefined;

  const heardLive = new Map<number, Float32Array>();
  if (method.streaming) {
    for (const stride of strides) heardLive.set(stride, await blockMasks(method, magnitudes, stride));
  }
  const ending = new Map<number, Float32Array>();
  for (let newest = starts[0]; newest < starts[starts.length - 1] + frames + longest; newest++) {
    if (method.streaming || strides.every((stride) => (newest + 1) % stride !== 0)) continue;
    ending.set(newest, (await method.run(cut(newest - frames + 1).slice(), 1)).masks.slice());
  }
  const windows: EndingWindows = {
    frames,
    bins,
    hopMs: hopMs(audioShape(pack)),
    mask: (newest) => ending.get(newest),
  };
  const { mask: whole } = await explainSound(method, samples, { rate: pack.sampleRate });

  for (const start of starts) {
    const from = start * bins;
    const reference = whole.slice(from, from + frames * bins);
    const x = { magnitudes: cut(start).slice() };
    const [heard] = await askClassifier(classifier, [x]);
    const judge = async (mask: Float32Array, rows: Rows) => {
      const { kept, rest } = keptAndRest(x, gainsOf(x, mask, pack.masking));
      const [ofKept, ofRest] = await askClassifier(classifier, [kept, rest]);
      const { ai, ad, ff, fidIn } = faithfulness({ whole: heard, kept: ofKept, rest: ofRest }, pack);
      add(rows, {
        ...{ ai, ad, ff, fidIn },
        correlation: correlation(mask, reference) ?? 1,
        distance: meanOf(mask.map((value, k) => Math.abs(value - reference[k]))),
      });
    };
    await judge(reference, offline);
    for (const { times, rows } of streams) {
      const live = heardLive.get(times.stride)?.slice(from, from + frames * bins);
      await judge(live ?? streamMasks(windows, times, start, start + frames), rows);
    }
  }
  return soundHash(samples);
}

/** A streaming pack's masks as the live stream makes them: so many frames in each call, once and in order. */
async function blockMasks(
  { streaming, pack }: LoadedMethod,
  magnitudes: Float32Array,
  stride: number,
): Promise<Float32Array> {
  const step = stride * pack.stft.bins;
  const masks = new Float32Array(magnitudes.length);
  let state = streaming!.begin();
  for (let at = 0; at < magnitudes.length; at += step) {
    const block = new Float32Array(step);
    block.set(magnitudes.subarray(at, at + step));
    const heard = await streaming!.hear(block, [state]);
    [state] = heard.states;
    masks.set(heard.masks.subarray(0, magnitudes.length - at), at);
  }
  return masks;
}

/** First frames of the windows in which both kinds of mask have all they need; those within 30 dB of the loudest. */
function comparedWindows(magnitudes: Float32Array, frames: number, bins: number, longest: number): number[] {
  const last = magnitudes.length / bins - frames - longest;
  const starts: number[] = [];
  for (let start = frames; start <= last; start += frames) starts.push(start);
  const windows = starts.map((start) => {
    const heard = magnitudes.subarray(start * bins, (start + frames) * bins);
    const power = meanOf(heard.map((value) => value * value));
    return { start, power, silent: power < LEAST_POWER };
  });
  return audible(windows).map(({ start }) => start);
}

const noRows = (): Rows => ({ ai: [], ad: [], ff: [], fidIn: [], correlation: [], distance: [] });

function add(rows: Rows, quality: MaskQuality): void {
  for (const key of Object.keys(rows) as (keyof MaskQuality)[]) rows[key].push(quality[key]);
}

function means(rows: Rows): MaskQuality {
  const { ai, ad, ff, fidIn } = rows;
  return {
    ...{ ai: meanOf(ai), ad: meanOf(ad), ff: meanOf(ff), fidIn: meanOf(fidIn) },
    ...{ correlation: meanOf(rows.correlation), distance: meanOf(rows.distance) },
  };
}
