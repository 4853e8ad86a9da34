import { BINS, HOP } from "../dsp/index.ts";

/**
 * The newest `capacity` frames as spectra and as the hops of samples that completed them. Frames before 0 and
 * frames that were never written read as silence.
 * Allocates at construction only.
 */
export class FrameHistory {
  readonly #spectra: Float32Array;
  readonly #hops: Float32Array;

  /** `capacity`: a power of two. */
  constructor(readonly capacity: number) {
    this.#spectra = new Float32Array(capacity * 2 * BINS);
    this.#hops = new Float32Array(capacity * HOP);
  }

  writeSpectrum(frame: number, spectrum: Float32Array): void {
    const start = this.#slot(frame) * 2 * BINS;
    for (let n = 0; n < 2 * BINS; n++) this.#spectra[start + n] = spectrum[n];
  }

  readSpectrum(frame: number, spectrum: Float32Array): void {
    const start = this.#slot(frame) * 2 * BINS;
    for (let n = 0; n < 2 * BINS; n++) spectrum[n] = frame < 0 ? 0 : this.#spectra[start + n];
  }

  writeHop(frame: number, hop: Float32Array): void {
    const start = this.#slot(frame) * HOP;
    for (let n = 0; n < HOP; n++) this.#hops[start + n] = hop[n];
  }

  readHop(frame: number, hop: Float32Array): void {
    const start = this.#slot(frame) * HOP;
    for (let n = 0; n < HOP; n++) hop[n] = frame < 0 ? 0 : this.#hops[start + n];
  }

  #slot(frame: number): number {
    // Also right for negative frames, as the capacity is a power of two.
    return frame & (this.capacity - 1);
  }
}
