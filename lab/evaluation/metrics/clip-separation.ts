/**
 * How a method parts a whole mixture whose parts are known, as `listenable explain` parts a recording: the mask of a frame
 * is the mean over the windows that cover it, every frame lies in two, and all are asked about the class of the clip.
 */
import { type Masking, magnitudes, stft } from "../../../dsp/index.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";
import { gainsOf, runWindows } from "../measure/explain-windows.ts";
import { type SoundWindow, type WindowShape, windowStarts, windowsAt } from "../plan/window-shape.ts";
import type { MetricRow } from "./metric-row.ts";
import { bothHeard, MaskedSound, musicalNoise, selectivity, smoothed } from "./separation.ts";

/** A mixture, and which of its parts is the target: the one that the classifier's answer to the clip belongs to. */
export class ClipSeparation {
  readonly starts: readonly number[];
  readonly windows: readonly SoundWindow[];
  readonly #heard: MaskedSound;
  readonly #mixture: Float32Array;
  readonly #target: Float32Array;
  readonly #interferer: Float32Array;

  /** @param asked index of the class of the clip. */
  constructor(
    mixture: Float32Array,
    target: Float32Array,
    interferer: Float32Array,
    readonly asked: number,
    private readonly shape: WindowShape,
  ) {
    this.starts = windowStarts(mixture, shape, Math.ceil(shape.frames / 2));
    this.windows = windowsAt(mixture, this.starts, shape);
    this.#heard = new MaskedSound(mixture, target, shape);
    this.#mixture = frameMagnitudes(mixture, shape);
    this.#target = frameMagnitudes(target, shape);
    this.#interferer = frameMagnitudes(interferer, shape);
  }

  /** Whether both parts are heard, so that there is something to part. */
  get bothHeard(): boolean {
    return bothHeard(this.#target, this.#interferer);
  }

  /**
   * The method's masks of the windows, asked about the class of the clip where the method can be.
   *
   * @param known masks of windows that begin at these samples, already explained for this class.
   */
  async masks(method: LoadedMethod, known: ReadonlyMap<number, Float32Array>): Promise<Float32Array[]> {
    const missing = this.starts.flatMap((start, k) => (known.has(start) ? [] : [k]));
    const answers = await runWindows(
      method,
      missing.map((k) => this.windows[k]),
      method.method.target ? missing.map(() => this.asked) : undefined,
    );
    const explained = new Map(missing.map((k, i) => [this.starts[k], answers[i].mask]));
    return this.starts.map((start) => known.get(start) ?? explained.get(start)!);
  }

  /** Separation columns for the windows' masks. */
  row(masks: readonly Float32Array[], masking: Masking): MetricRow {
    return this.rowOf(this.#averaged(masks), masking);
  }

  /** Separation columns for a mask [frames, bins] of the clip, from the frame on that begins with it. */
  rowOf(mask: Float32Array, masking: Masking): MetricRow {
    const { bins } = this.shape;
    const gains = gainsOf({ magnitudes: this.#mixture }, mask, masking);
    const smoothGains = gainsOf({ magnitudes: this.#mixture }, smoothed(mask, bins), masking);
    return this.#rowOf(gains, smoothGains);
  }

  /** Separation columns for the gains that are ideal by what target and interferer are. */
  idealRow(ideal: (target: Float32Array, interferer: Float32Array) => Float32Array): MetricRow {
    const gains = ideal(this.#target, this.#interferer);
    return this.#rowOf(gains, smoothed(gains, this.shape.bins));
  }

  #rowOf(gains: Float32Array, smoothGains: Float32Array): MetricRow {
    const { bins } = this.shape;
    return {
      selectivity: selectivity(gains, this.#target, this.#interferer),
      siSdr: this.#heard.siSdrImprovement(gains),
      musicalNoise: musicalNoise(gains, this.#interferer, bins),
      musicalNoiseSmoothed: musicalNoise(smoothGains, this.#interferer, bins),
    };
  }

  /** Of every frame of the clip the mean over the windows that cover it, 0 where none does. */
  #averaged(masks: readonly Float32Array[]): Float32Array {
    const { bins, hop } = this.shape;
    const mean = new Float32Array(this.#mixture.length);
    const covered = new Uint8Array(mean.length / bins);
    for (const [k, mask] of masks.entries()) {
      const first = this.starts[k] / hop;
      const frames = Math.min(mask.length / bins, covered.length - first);
      for (let t = 0; t < frames; t++) covered[first + t]++;
      for (let i = 0; i < frames * bins; i++) mean[first * bins + i] += mask[i];
    }
    for (let i = 0; i < mean.length; i++) mean[i] /= Math.max(1, covered[Math.floor(i / bins)]);
    return mean;
  }
}

/** |X| of the frames from the one on that begins with the sound, [frames, bins]. */
function frameMagnitudes(samples: Float32Array, shape: WindowShape): Float32Array {
  const { frames, bins, spectra } = stft(samples, shape);
  const leading = shape.window / shape.hop - 1;
  const out = new Float32Array((frames - leading) * bins);
  magnitudes(spectra.subarray(2 * leading * bins), out);
  return out;
}
