import type { AudioShape } from "../protocol/audio-shape.ts";

/**
 * The newest `capacity` frames as spectra and as the hops of samples that completed them. Frames before 0 and
 * frames that were never written read as silence.
 * Allocates at construction only.
 */
export class FrameHistory {
  readonly #spectra: Float32Array;
  readonly #hops: Float32Array;

  readonly #bins: number;
  readonly #hop: number;

  /** `capacity`: a power of two. */
  constructor(
    readonly capacity: number,
    { bins, hop }: AudioShape,
  ) {
    this.#bins = bins;
    this.#hop = hop;
    this.#spectra = new Float32Array(capacity * 2 * bins);
    this.#hops = new Float32Array(capacity * hop);
  }

  writeSpectrum(frame: number, spectrum: Float32Array): void {
    const start = this.#slot(frame) * 2 * this.#bins;
    for (let n = 0; n < 2 * this.#bins; n++) this.#spectra[start + n] = spectrum[n];
  }

  readSpectrum(frame: number, spectrum: Float32Array): void {
    const start = this.#slot(frame) * 2 * this.#bins;
    for (let n = 0; n < 2 * this.#bins; n++) spectrum[n] = frame < 0 ? 0 : this.#spectra[start + n];
  }

  writeHop(frame: number, hop: Float32Array): void {
    const start = this.#slot(frame) * this.#hop;
    for (let n = 0; n < this.#hop; n++) this.#hops[start + n] = hop[n];
  }

  readHop(frame: number, hop: Float32Array): void {
    const start = this.#slot(frame) * this.#hop;
    for (let n = 0; n < this.#hop; n++) hop[n] = frame < 0 ? 0 : this.#hops[start + n];
  }

  #slot(frame: number): number {
    // Also right for negative frames, as the capacity is a power of two.
    return frame & (this.capacity - 1);
  }
}
