/** Raw samples as programs pipe them: little-endian, channels interleaved. */

export const PCM_FORMATS = ["s16le", "f32le"] as const;
export type PcmFormat = (typeof PCM_FORMATS)[number];

/** Turns bytes in pieces of any size into mono samples; a sample that is cut between two pieces is put together. */
export class PcmDecoder {
  #rest: Uint8Array = new Uint8Array(0);
  readonly #width: number;

  constructor(
    private readonly format: PcmFormat,
    private readonly channels: number,
  ) {
    this.#width = format === "s16le" ? 2 : 4;
  }

  /** The mean of the channels; what is no number becomes 0. */
  push(bytes: Uint8Array): Float32Array {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frameBytes = this.#width * this.channels;
    const frames = Math.floor(all.length / frameBytes);
    this.#rest = all.slice(frames * frameBytes);
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const out = new Float32Array(frames);
    for (let n = 0; n < frames; n++) {
      let sum = 0;
      for (let c = 0; c < this.channels; c++) {
        const at = n * frameBytes + c * this.#width;
        sum += this.format === "s16le" ? view.getInt16(at, true) / 0x8000 : view.getFloat32(at, true);
      }
      const mean = sum / this.channels;
      out[n] = Number.isFinite(mean) ? mean : 0;
    }
    return out;
  }
}
