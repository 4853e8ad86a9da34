/** Plays a span of a moment: the three sounds run together, and one of them is let through. */

import { outputLatency } from "../../live/audio/output-latency.ts";
import { type Listening, listenings } from "../../live/live-explainer.ts";

export type Sounds = Readonly<Record<Listening, Float32Array>>;

export interface Playing {
  readonly sounds: Sounds;
  readonly sampleRate: number;
  /** Samples, the end not included. */
  readonly from: number;
  readonly to: number;
  readonly loop: boolean;
  /** Sample to begin at; `from` when left out. */
  readonly at?: number | undefined;
}

/** Between two sounds, and at begin and end: no click. */
const FADE_SECONDS = 0.012;

interface Voices {
  readonly playing: Playing;
  readonly startedAt: number;
  readonly sources: readonly AudioBufferSourceNode[];
  readonly gains: Readonly<Record<Listening, GainNode>>;
}

/** Main thread only. The audio context opens with the first sound, which a person's press must lead to. */
export class MomentPlayer {
  readonly #onEnded: () => void;
  readonly #buffers = new WeakMap<Float32Array, AudioBuffer>();
  #context: AudioContext | null = null;
  #volume: GainNode | null = null;
  #voices: Voices | null = null;
  #listening: Listening = "explanation";
  #levels: Readonly<Record<Listening, number>> = { original: 1, explanation: 1, rest: 1 };
  #loudness = 1;

  /** @param onEnded told when a span was played to its end; not when it was stopped. */
  constructor(onEnded: () => void) {
    this.#onEnded = onEnded;
  }

  get playing(): boolean {
    return this.#voices !== null;
  }

  /** What plays; null while nothing does. */
  get sounds(): Sounds | null {
    return this.#voices?.playing.sounds ?? null;
  }

  /** The sample that is heard now; null while nothing plays. */
  get position(): number | null {
    const voices = this.#voices;
    if (!voices || !this.#context) return null;
    const { from, to, at = from, sampleRate, loop } = voices.playing;
    const late = outputLatency(this.#context) || this.#context.baseLatency || 0;
    const heard = Math.max(0, this.#context.currentTime - late - voices.startedAt) * sampleRate;
    const sample = at + heard;
    return loop ? from + ((sample - from) % (to - from)) : Math.min(sample, to);
  }

  /** 0 to 1, of everything. */
  setVolume(volume: number): void {
    this.#loudness = volume;
    if (this.#context) this.#volume?.gain.setTargetAtTime(volume, this.#context.currentTime, 0.01);
  }

  /** Which of the three is heard, and how much louder or softer than it is. */
  choose(listening: Listening, levels: Readonly<Record<Listening, number>>): void {
    this.#listening = listening;
    this.#levels = levels;
    const { gains } = this.#voices ?? {};
    const now = this.#context?.currentTime ?? 0;
    for (const each of listenings)
      gains?.[each].gain.setTargetAtTime(this.#level(each), now, FADE_SECONDS / 3);
  }

  /** Plays from now on, instead of what plays now. Rejects when the browser gives no sound. */
  async play(playing: Playing): Promise<void> {
    const context = this.#open(playing.sampleRate);
    if (context.state !== "running") await context.resume();
    this.stop();
    const { sounds, sampleRate, from, to, at = from, loop } = playing;
    const startedAt = context.currentTime + 0.01;
    const sources: AudioBufferSourceNode[] = [];
    const voice = (listening: Listening) => {
      const source = new AudioBufferSourceNode(context, {
        buffer: this.#buffer(context, sounds[listening], sampleRate),
        loop,
        loopStart: from / sampleRate,
        loopEnd: to / sampleRate,
      });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setTargetAtTime(this.#level(listening), startedAt, FADE_SECONDS / 3);
      source.connect(gain).connect(this.#volume as GainNode);
      source.start(startedAt, at / sampleRate, loop ? undefined : (to - at) / sampleRate);
      sources.push(source);
      return gain;
    };
    const gains = { original: voice("original"), explanation: voice("explanation"), rest: voice("rest") };
    const voices: Voices = { playing, startedAt, sources, gains };
    sources[0].onended = () => {
      if (this.#voices !== voices) return;
      this.#release(voices);
      this.#onEnded();
    };
    this.#voices = voices;
  }

  stop(): void {
    const voices = this.#voices;
    if (!voices || !this.#context) return;
    this.#voices = null;
    const now = this.#context.currentTime;
    for (const each of listenings) voices.gains[each].gain.setTargetAtTime(0, now, FADE_SECONDS / 3);
    for (const source of voices.sources) source.stop(now + 2 * FADE_SECONDS);
    voices.sources[0].onended = () => this.#release(voices);
  }

  /** Gives the audio device back; it opens again when something is played. */
  async close(): Promise<void> {
    const context = this.#context;
    this.#voices = null;
    this.#context = null;
    this.#volume = null;
    await context?.close();
  }

  #release(voices: Voices): void {
    if (this.#voices === voices) this.#voices = null;
    for (const each of listenings) voices.gains[each].disconnect();
    for (const source of voices.sources) source.disconnect();
  }

  #level(listening: Listening): number {
    return listening === this.#listening ? this.#levels[listening] : 0;
  }

  #open(sampleRate: number): AudioContext {
    if (this.#context) return this.#context;
    const context = contextOf(sampleRate);
    this.#context = context;
    this.#volume = new GainNode(context, { gain: this.#loudness });
    this.#volume.connect(context.destination);
    return context;
  }

  #buffer(context: AudioContext, samples: Float32Array, sampleRate: number): AudioBuffer {
    const known = this.#buffers.get(samples);
    if (known) return known;
    const buffer = context.createBuffer(1, samples.length, sampleRate);
    buffer.copyToChannel(samples as Float32Array<ArrayBuffer>, 0);
    this.#buffers.set(samples, buffer);
    return buffer;
  }
}

/**
 * At the sound's own rate, so that it is the system that resamples: a buffer of another rate than its context's is
 * interpolated along straight lines by Chromium, which takes 4 dB from 5.6 kHz at 16 kHz and adds images above 8 kHz.
 */
function contextOf(sampleRate: number): AudioContext {
  try {
    return new AudioContext({ latencyHint: "interactive", sampleRate });
  } catch {
    // A rate that this system does not take.
    return new AudioContext({ latencyHint: "interactive" });
  }
}
