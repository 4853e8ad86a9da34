/** A frozen moment as pixels: one column a hop, drawn in slices so that the live picture goes on beside it. */

import { magnitudes } from "../../../../dsp/spectrum.ts";
import { StreamingStft } from "../../../../dsp/stft.ts";
import { FrequencyAxis, fullScale } from "../../../kit/spectrogram/axis.ts";
import { ColumnPixels } from "../../../kit/spectrogram/column-pixels.ts";
import { LevelRange } from "../../../kit/spectrogram/level-range.ts";
import type { Listening, Moment } from "../../../live/live-explainer.ts";
import { isFrameExplained } from "../explained.ts";
import type { MomentVersion } from "../version.ts";

/** Which spectrogram, or the original's under the mask. */
export type MomentView = Listening | "overlay";
export const momentViews: readonly MomentView[] = ["overlay", "original", "explanation", "rest"];

export const momentRows = 320;
/** Decibels of a full-scale sine: silence must look dark. */
const QUIETEST_TOP = -50;
/** Columns computed at a time: a few milliseconds. */
const SLICE = 64;

/** Draws the versions of one moment, in one range of levels, so that pictures can be compared. */
export class MomentDrawing {
  readonly axis: FrequencyAxis;
  readonly columns: number;
  readonly #moment: Moment;
  readonly #magnitudes = new WeakMap<Float32Array, Promise<Float32Array>>();

  constructor(moment: Moment) {
    this.#moment = moment;
    this.axis = new FrequencyAxis(momentRows, moment.bins, moment.sampleRate);
    this.columns = moment.original.length / moment.hop;
  }

  /** A canvas of [columns] by [momentRows]; rejects with the signal's reason when it is overtaken. */
  async draw(
    version: Pick<MomentVersion, "sounds" | "mask" | "states">,
    view: MomentView,
    signal: AbortSignal,
  ): Promise<HTMLCanvasElement> {
    const { bins, window, hop } = this.#moment;
    const sound = version.sounds[view === "overlay" ? "original" : view];
    const range = rangeOf(await this.#of(this.#moment.original), bins);
    const frames = await this.#of(sound);
    signal.throwIfAborted();
    const pixels = new ColumnPixels(this.axis, range, this.columns);
    // Frame k has its middle at sample (k + 1) * hop - window / 2.
    const first = window / 2 / hop - 1;
    for (let column = 0; column < this.columns; column++) {
      // The sound itself needs no explanation.
      const hatched = view !== "original" && !isFrameExplained(version, first + column);
      pixels.write(frames, version.mask, (first + column) * bins, column, hatched ? column : -1);
      if (column % SLICE !== SLICE - 1) continue;
      await pause();
      signal.throwIfAborted();
    }
    const picture = canvasOf(pixels.colour, this.columns);
    if (view === "overlay") picture.getContext("2d")!.drawImage(canvasOf(pixels.veil, this.columns), 0, 0);
    return picture;
  }

  /** Row-major [frames, bins], computed once for every sound. */
  #of(samples: Float32Array): Promise<Float32Array> {
    const known = this.#magnitudes.get(samples);
    if (known) return known;
    const computed = magnitudesOf(samples, this.#moment);
    this.#magnitudes.set(samples, computed);
    return computed;
  }
}

async function magnitudesOf(samples: Float32Array, moment: Moment): Promise<Float32Array> {
  const { frames, bins, hop } = moment;
  const stft = new StreamingStft(moment);
  const out = new Float32Array(frames * bins);
  const keep = (spectrum: Float32Array, frame: number) => magnitudes(spectrum, out, frame * bins);
  for (let at = 0; at < samples.length; at += SLICE * hop) {
    stft.push(samples.subarray(at, at + SLICE * hop), keep);
    await pause();
  }
  stft.push(new Float32Array(frames * hop - samples.length), keep);
  return out;
}

/** Stands still, with the moment's loudest at its top. */
function rangeOf(frames: Float32Array, bins: number): LevelRange {
  const loudest = frames.reduce((most, value) => Math.max(most, value), 0);
  const top = Math.max(QUIETEST_TOP, 20 * Math.log10(loudest / fullScale(bins) + 1e-9));
  return new LevelRange(undefined, top - 20, undefined, 0);
}

function canvasOf(words: Uint32Array<ArrayBuffer>, width: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = momentRows;
  const image = new ImageData(new Uint8ClampedArray(words.buffer), width, momentRows);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
