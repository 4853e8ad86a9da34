/** What the teacher, YAMNet, hears: 96 frames of 64 logarithmic mel bands, from 15,600 samples at 16 kHz. */
import { hann, magnitudes, melFilterbank } from "../../dsp/index.ts";
import { RealFft } from "../../dsp/real-fft.ts";
import { MODEL_RATE } from "../networks/own-shape.ts";

const FRAME = 400;
const HOP = 160;
const FFT = 512;
const FLOOR = 0.001;

export const PATCH_FRAMES = 96;
export const PATCH_BANDS = 64;
/** Samples under one patch: 0.975 s. */
export const PATCH_SAMPLES = (PATCH_FRAMES - 1) * HOP + FRAME;

export class TeacherFront {
  readonly #fft = new RealFft(FFT);
  readonly #hann = hann(FRAME);
  /** Zeros behind the frame: they are never written. */
  readonly #windowed = new Float64Array(FFT);
  readonly #spectrum = new Float32Array(2 * this.#fft.bins);
  readonly #magnitudes = new Float32Array(this.#fft.bins);
  readonly #bands = bands(this.#fft.bins);

  /** ln(mel magnitudes + 0.001) of samples [end - PATCH_SAMPLES, end) into `out` [PATCH_FRAMES, PATCH_BANDS] from `offset` on. */
  patch(samples: Float32Array, end: number, out: Float32Array, offset = 0): void {
    const windowed = this.#windowed;
    const spectrum = this.#spectrum;
    const heard = this.#magnitudes;
    for (let frame = 0; frame < PATCH_FRAMES; frame++) {
      const start = end - PATCH_SAMPLES + frame * HOP;
      for (let n = 0; n < FRAME; n++) windowed[n] = samples[start + n] * this.#hann[n];
      this.#fft.forward(windowed, spectrum);
      magnitudes(spectrum, heard);
      const row = offset + frame * PATCH_BANDS;
      for (let band = 0; band < PATCH_BANDS; band++) {
        const { first, weights } = this.#bands[band];
        let sum = FLOOR;
        for (let n = 0; n < weights.length; n++) sum += weights[n] * heard[first + n];
        out[row + band] = Math.log(sum);
      }
    }
  }
}

/** Each band's weights, from its first bin that counts: 7 of 257 on average, so the zeros are not worth multiplying. */
function bands(bins: number): { first: number; weights: Float32Array }[] {
  const filters = melFilterbank({
    sampleRate: MODEL_RATE,
    bins,
    mels: PATCH_BANDS,
    low: 125,
    high: 7500,
    scale: "htk",
    norm: "none",
    straightIn: "mel",
  });
  return Array.from({ length: PATCH_BANDS }, (_, band) => {
    const column = Float32Array.from({ length: bins }, (_, bin) => filters[bin * PATCH_BANDS + band]);
    const first = column.findIndex((weight) => weight > 0);
    const last = column.findLastIndex((weight) => weight > 0);
    return { first, weights: column.slice(first, last + 1) };
  });
}
