/** Live sound for whoever listens over HTTP: 16-bit WAV without an end, original or explanation. */
import type { Writable } from "node:stream";
import { writeWav } from "../../dsp/wav.ts";

export const LIVE_SOUNDS = ["original", "explanation"] as const;
type LiveSound = (typeof LIVE_SOUNDS)[number];

/** To one input; who of them may is said where they come in. */
export const MOST_LISTENERS = 32;
/** Seconds that may wait for a slow listener; what comes then is left out and counted. */
const WAITING_SECONDS = 5;
const BYTES_PER_SAMPLE = 2;

interface Listener {
  readonly sound: LiveSound;
  readonly out: Writable;
  /** Of the sound that its header promised; 0 before the first block. */
  sampleRate: number;
}

export class LiveAudio {
  readonly #listeners = new Set<Listener>();
  #dropped = 0;

  /** @param mostListeners further ones are refused. */
  constructor(private readonly mostListeners = MOST_LISTENERS) {}

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Seconds that slow listeners did not get. */
  get droppedSeconds(): number {
    return this.#dropped;
  }

  /** @returns false when there are too many listeners. The listener goes when its stream closes. */
  add(sound: LiveSound, out: Writable): boolean {
    if (this.#listeners.size >= this.mostListeners) return false;
    const listener: Listener = { sound, out, sampleRate: 0 };
    this.#listeners.add(listener);
    const remove = () => this.#listeners.delete(listener);
    out.on("close", remove).on("error", remove);
    return true;
  }

  publish(sampleRate: number, sounds: Readonly<Record<LiveSound, Float32Array>>): void {
    if (this.#listeners.size === 0) return;
    const encoded = new Map<LiveSound, Uint8Array>();
    for (const listener of this.#listeners) {
      const samples = sounds[listener.sound];
      if (samples.length === 0) continue;
      if (listener.sampleRate === 0) {
        listener.sampleRate = sampleRate;
        listener.out.write(endlessHeader(sampleRate));
      } else if (listener.sampleRate !== sampleRate) {
        // The header cannot be taken back: a new file of another rate is for those who come again.
        listener.out.end();
        continue;
      }
      if (listener.out.writableLength > WAITING_SECONDS * sampleRate * BYTES_PER_SAMPLE) {
        this.#dropped += samples.length / sampleRate;
        continue;
      }
      const bytes = encoded.get(listener.sound) ?? writeWav([samples], sampleRate).subarray(44);
      encoded.set(listener.sound, bytes);
      listener.out.write(bytes);
    }
  }

  close(): void {
    for (const { out } of this.#listeners) out.end();
  }
}

/** A WAV header whose sizes say that nobody knows the end. */
function endlessHeader(sampleRate: number): Uint8Array {
  const header = writeWav([new Float32Array(0)], sampleRate);
  const view = new DataView(header.buffer);
  view.setUint32(4, 0xffff_ffff, true);
  view.setUint32(40, 0xffff_ffff, true);
  return header;
}
