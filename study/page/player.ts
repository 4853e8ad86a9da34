/** Plays one sound at a time and tells when it was heard to its end. */

import type { Tone } from "../protocol.ts";
import { headphoneTones } from "./tones.ts";

/** Of a stop, so that it does not click. */
const FADE_SECONDS = 0.01;
const MOST_KEPT = 40;
/** Waits before a sound is asked for again: a server that restarts is back by then. */
const RETRY_MS = [500, 1_500, 3_000];

interface Playing {
  readonly source: AudioBufferSourceNode;
  readonly gain: GainNode;
}

export class Player {
  #context: AudioContext | undefined;
  #playing: Playing | undefined;
  /** By name, the ones used longest ago first. */
  readonly #sounds = new Map<string, Promise<AudioBuffer>>();

  /** Fetches and decodes; a sound that failed is tried again when it is asked for again. */
  load(sound: string): Promise<AudioBuffer> {
    const known = this.#sounds.get(sound);
    if (known) return known;
    const loading = this.#fetch(sound);
    this.#sounds.set(sound, loading);
    loading.catch(() => this.#sounds.delete(sound));
    const [oldest] = this.#sounds.keys();
    if (this.#sounds.size > MOST_KEPT) this.#sounds.delete(oldest);
    return loading;
  }

  /** Resolves with the sound's length in seconds when it has begun; `ended` is called when it was heard to its end. */
  async play(sound: string, ended: () => void): Promise<number> {
    return this.#start(await this.load(sound), ended);
  }

  async playTones(tones: readonly Tone[], ended: () => void): Promise<number> {
    return this.#start(headphoneTones(this.#audio(), tones), ended);
  }

  stop(): void {
    const playing = this.#playing;
    if (!playing) return;
    this.#playing = undefined;
    const { source, gain } = playing;
    source.onended = null;
    const now = source.context.currentTime;
    gain.gain.setValueAtTime(1, now);
    gain.gain.linearRampToValueAtTime(0, now + FADE_SECONDS);
    source.stop(now + FADE_SECONDS);
  }

  async #start(buffer: AudioBuffer, ended: () => void): Promise<number> {
    const context = this.#audio();
    await context.resume();
    this.stop();
    const source = new AudioBufferSourceNode(context, { buffer });
    const gain = new GainNode(context);
    source.connect(gain).connect(context.destination);
    const playing = { source, gain };
    source.onended = () => {
      if (this.#playing === playing) this.#playing = undefined;
      ended();
    };
    this.#playing = playing;
    source.start();
    return buffer.duration;
  }

  async #fetch(sound: string): Promise<AudioBuffer> {
    for (const wait of [...RETRY_MS, undefined]) {
      try {
        const response = await fetch(`study/sounds/${sound}.wav`);
        if (!response.ok) throw new Error(`the sound can't be had (status ${response.status})`);
        return await this.#audio().decodeAudioData(await response.arrayBuffer());
      } catch (error) {
        if (wait === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
    throw new Error("unreachable: the last try returns or throws");
  }

  /** Made at the first use; browsers let it sound from the first press on. */
  #audio(): AudioContext {
    this.#context ??= new AudioContext();
    return this.#context;
  }
}
