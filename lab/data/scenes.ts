/**
 * Scenes with exact truth: ten seconds in which one to three events sound, one after the other, over a background. What each
 * contributes is known to the sample, so that an explanation can be held against where and when its class really was.
 */
import { colouredNoise, meanPower } from "../training/augment.ts";
import { loudestStretch, type Span } from "./active-regions.ts";
import type { Random } from "./random.ts";

export const SCENE_SECONDS = 10;
/** RMS of the background. */
const BACKGROUND_LEVEL = 0.02;
/** An event over the background, RMS against RMS while it sounds. */
export const SCENE_SNR_DB = [0, 5, 10, 15, 20] as const;
const MOST_EVENT_SECONDS = 2.5;
const FADE_SECONDS = 0.005;
/** Before the first event and after the last, at least, and between two. */
const LEAST_GAP_SECONDS = 0.3;
/** Half of the scenes have one event, a quarter two, a quarter three. */
const EVENT_COUNTS = [1, 1, 2, 3] as const;

export interface SceneSound {
  readonly label: string;
  readonly samples: Float32Array;
}

export interface SceneEvent {
  readonly label: string;
  /** Where it sounds in the scene. */
  readonly span: Span;
  /** Where that was in the sound that it is of. */
  readonly source: Span;
  readonly snrDb: number;
  /** What the event alone contributes, as long as the scene. */
  readonly stem: Float32Array;
}

export interface Scene {
  /** Background and stems added up; within full scale. */
  readonly samples: Float32Array;
  readonly background: Float32Array;
  /** In the order of the sounds that were given. */
  readonly events: readonly SceneEvent[];
}

export function drawEventCount(random: Random): number {
  return random.pick(EVENT_COUNTS);
}

/**
 * A scene in which each of the sounds is heard once, in an order of chance: its loudest active stretch of at most 2.5 s, faded
 * in and out over 5 ms, 0 to 20 dB above the background.
 *
 * @param background is repeated to the length of the scene; noise of a random colour without.
 * @throws RangeError for a sound in which nothing is to be heard, or more sounds than have room.
 */
export function makeScene(
  sounds: readonly SceneSound[],
  background: Float32Array | undefined,
  sampleRate: number,
  random: Random,
): Scene {
  const length = SCENE_SECONDS * sampleRate;
  const behind = toLevel(repeated(background ?? colouredNoise(random, length), length), BACKGROUND_LEVEL);
  const sources = sounds.map(({ label, samples }) => {
    const source = loudestStretch(samples, sampleRate, MOST_EVENT_SECONDS);
    if (!source) throw new RangeError(`nothing is to be heard in the sound of "${label}"`);
    return source;
  });
  const onsets = drawOnsets(
    sources.map(({ from, to }) => to - from),
    length,
    Math.round(LEAST_GAP_SECONDS * sampleRate),
    random,
  );
  const events = sounds.map(({ label, samples }, k): SceneEvent => {
    const snrDb = random.pick(SCENE_SNR_DB);
    const event = faded(samples.slice(sources[k].from, sources[k].to), Math.round(FADE_SECONDS * sampleRate));
    const stem = new Float32Array(length);
    stem.set(toLevel(event, BACKGROUND_LEVEL * 10 ** (snrDb / 20)), onsets[k]);
    return {
      label,
      span: { from: onsets[k], to: onsets[k] + event.length },
      source: sources[k],
      snrDb,
      stem,
    };
  });
  return withinFullScale(behind, events);
}

/** The sum of all parts; all of them quieter where it would be beyond full scale. */
function withinFullScale(background: Float32Array, events: readonly SceneEvent[]): Scene {
  const sum = background.map((sample, n) => events.reduce((total, { stem }) => total + stem[n], sample));
  const peak = sum.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  if (peak <= 1) return { samples: sum, background, events };
  const quieter = (part: Float32Array) => part.map((sample) => sample / peak);
  return {
    samples: quieter(sum),
    background: quieter(background),
    events: events.map((event) => ({ ...event, stem: quieter(event.stem) })),
  };
}

/** Where events of these lengths begin: in an order of chance, what is left of the scene parted by chance among the gaps. */
function drawOnsets(lengths: readonly number[], total: number, gap: number, random: Random): number[] {
  const free = total - lengths.reduce((sum, length) => sum + length, 0) - gap * (lengths.length + 1);
  if (free < 0)
    throw new RangeError(`${lengths.length} events have no room in ${total} samples; give fewer sounds`);
  const order = random.shuffle(lengths.map((_, k) => k));
  const shares = lengths.map(() => random.uniform(0, free)).sort((one, other) => one - other);
  const onsets = lengths.map(() => 0);
  let sounding = 0;
  for (const [place, k] of order.entries()) {
    onsets[k] = gap * (place + 1) + Math.floor(shares[place]) + sounding;
    sounding += lengths[k];
  }
  return onsets;
}

function repeated(samples: Float32Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, n) => samples[n % samples.length]);
}

function toLevel(samples: Float32Array, rms: number): Float32Array {
  const gain = rms / Math.sqrt(Math.max(meanPower(samples), 1e-18));
  return samples.map((sample) => gain * sample);
}

/** In place. */
function faded(samples: Float32Array, fade: number): Float32Array {
  const count = Math.min(fade, Math.floor(samples.length / 2));
  for (let n = 0; n < count; n++) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / count);
    samples[n] *= gain;
    samples[samples.length - 1 - n] *= gain;
  }
  return samples;
}
