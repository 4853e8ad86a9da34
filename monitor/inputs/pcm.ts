/** Raw samples as programs pipe them: channels interleaved. */
import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import { type MonoOptions, MonoStream } from "../../dsp/channel-mixer.ts";

export const PCM_FORMATS = ["s16le", "f32le"] as const;
export type PcmFormat = (typeof PCM_FORMATS)[number];

export interface PcmMono extends Omit<MonoOptions, "live"> {
  /** In Hz. */
  readonly sampleRate?: number;
  readonly choice?: ChannelChoice | undefined;
}

/** Turns bytes in pieces of any size into mono samples; a sample that is cut between two pieces is put together. */
export class PcmDecoder {
  #rest: Uint8Array = new Uint8Array(0);
  readonly #width: number;
  readonly #mono: MonoStream;

  /** @throws RangeError when the channel that is asked for is not among them. */
  constructor(
    private readonly format: PcmFormat | "f32be",
    private readonly channels: number,
    { sampleRate = 16_000, ...mono }: PcmMono = {},
  ) {
    this.#width = format === "s16le" ? 2 : 4;
    this.#mono = new MonoStream(sampleRate, channels, { ...mono, live: true });
  }

  /** As many samples as are whole by now; what is no number becomes 0. */
  push(bytes: Uint8Array): Float32Array {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frameBytes = this.#width * this.channels;
    const frames = Math.floor(all.length / frameBytes);
    this.#rest = all.slice(frames * frameBytes);
    if (frames === 0) return new Float32Array(0);
    return this.#mono.push(this.#deinterleaved(all, frames))[0];
  }

  #deinterleaved(bytes: Uint8Array, frames: number): Float32Array[] {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const littleEndian = this.format !== "f32be";
    return Array.from({ length: this.channels }, (_, c) => {
      const out = new Float32Array(frames);
      for (let n = 0; n < frames; n++) {
        const at = (n * this.channels + c) * this.#width;
        const value =
          this.format === "s16le" ? view.getInt16(at, true) / 0x8000 : view.getFloat32(at, littleEndian);
        out[n] = Number.isFinite(value) ? value : 0;
      }
      return out;
    });
  }
}

const AU_HEADER = 24;
const AU_FLOAT = 6;

/**
 * Sound as ffmpeg writes it with `-f au -c:a pcm_f32be`: the one of its formats that tells how many channels there are and
 * has no end.
 */
export class AuDecoder {
  #head: Uint8Array = new Uint8Array(0);
  #decoder: PcmDecoder | undefined;

  constructor(private readonly mono: PcmMono) {}

  /** @throws Error when it is no such sound; RangeError as `PcmDecoder` does. */
  push(bytes: Uint8Array): Float32Array {
    if (this.#decoder) return this.#decoder.push(bytes);
    this.#head = Buffer.concat([this.#head, bytes]);
    if (this.#head.length < AU_HEADER) return new Float32Array(0);
    const view = new DataView(this.#head.buffer, this.#head.byteOffset, this.#head.byteLength);
    const begin = view.getUint32(4);
    if (view.getUint32(0) !== 0x2e73_6e64 || view.getUint32(12) !== AU_FLOAT || begin > 65_536) {
      throw new Error("ffmpeg wrote something else than was asked of it");
    }
    if (this.#head.length < begin) return new Float32Array(0);
    this.#decoder = new PcmDecoder("f32be", view.getUint32(20), {
      ...this.mono,
      sampleRate: view.getUint32(16),
    });
    const rest = this.#head.subarray(begin);
    this.#head = new Uint8Array(0);
    return this.#decoder.push(rest);
  }
}
