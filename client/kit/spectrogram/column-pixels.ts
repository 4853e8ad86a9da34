import type { Listening } from "../../live/live-explainer.ts";
import { type FrequencyAxis, fullScale } from "./axis.ts";
import { colourTable, levels, pixel, veilTable } from "./colours.ts";
import type { LevelRange } from "./level-range.ts";

/** Line drawn where the mask crosses one half. */
const contour = pixel(127, 244, 224, 205);
/** Stripes over columns without a mask: of so many columns so many, a row further down each a column further left. */
const stripe = pixel(168, 162, 182);
const stripeEvery = 16;
const stripeWidth = 3;
/** Greatest opacity of the veil, so that what was taken away can still be made out. */
const veilOpacity = 236;

/**
 * Turns frames into pixel columns of two layers: the spectrogram in colour, and a veil that covers with dimmed
 * grey what is not in the view and outlines what the mask keeps. What has no mask is grey and hatched, in any view.
 *
 * Thread: the one that made it. `write` and `paint` allocate nothing.
 */
export class ColumnPixels {
  /** Row-major [rows, width], for ImageData. */
  readonly colour: Uint32Array<ArrayBuffer>;
  readonly veil: Uint32Array<ArrayBuffer>;
  readonly #colours = colourTable();
  readonly #veils = veilTable();
  /** Whether each row of the column before was kept, for the outline's vertical parts. */
  readonly #kept: Uint8Array;
  readonly #fullScale: number;
  /** What stays in colour; columns written from then on show it. */
  view: Listening = "explanation";
  #first = true;

  constructor(
    readonly axis: FrequencyAxis,
    readonly range: LevelRange,
    readonly width: number,
  ) {
    this.colour = new Uint32Array(axis.rows * width);
    this.veil = new Uint32Array(axis.rows * width);
    this.#kept = new Uint8Array(axis.rows);
    this.#fullScale = fullScale(axis.bins);
  }

  /** The next column begins a new picture: it has no neighbour to draw an outline against. */
  restart(): void {
    this.#first = true;
  }

  /** Writes the frame at `offset` of magnitudes and mask (row-major [frames, bins]) as column `x`; `hatch` as in `paint`. */
  write(magnitudes: Float32Array, mask: Float32Array, offset: number, x: number, hatch = -1): void {
    this.paint(magnitudes, mask, offset, x, this.follow(magnitudes, offset), hatch);
  }

  /** Lets the range follow the frame at `offset`; returns its top, in decibels. */
  follow(magnitudes: Float32Array, offset: number): number {
    const { axis, range } = this;
    let loudest = 0;
    for (let k = offset; k < offset + axis.bins; k++) if (magnitudes[k] > loudest) loudest = magnitudes[k];
    range.follow(decibels(loudest / this.#fullScale));
    return range.top;
  }

  /**
   * As `write`, with the range where it was when the frame came: for frames that are painted once more.
   *
   * @param hatch -1, or for a frame without a mask the column in which its picture's stripes begin.
   */
  paint(
    magnitudes: Float32Array,
    mask: Float32Array,
    offset: number,
    x: number,
    top: number,
    hatch = -1,
  ): void {
    const { axis, range, width, view } = this;
    let above = false;
    for (let row = 0; row < axis.rows; row++) {
      const at = row * width + x;
      const peak = axis.peak(magnitudes, offset, row) / this.#fullScale;
      const level = Math.round(range.fraction(decibels(peak), top) * (levels - 1));
      if (hatch >= 0) {
        const striped = (hatch + row) % stripeEvery < stripeWidth;
        this.colour[at] = striped ? stripe : (this.#veils[level] | (255 << 24)) >>> 0;
        this.veil[at] = 0;
        continue;
      }
      const share = clamp(axis.mean(mask, offset, row));
      const kept = share >= 0.5;
      const edge = (row > 0 && kept !== above) || (!this.#first && kept !== (this.#kept[row] === 1));
      const covered = view === "explanation" ? 1 - share : view === "rest" ? share : 0;
      this.colour[at] = this.#colours[level];
      this.veil[at] = edge ? contour : (this.#veils[level] | (Math.round(covered * veilOpacity) << 24)) >>> 0;
      this.#kept[row] = kept ? 1 : 0;
      above = kept;
    }
    // Nothing is outlined against what has no mask.
    this.#first = hatch >= 0;
  }
}

/** Of a full-scale sine. */
function decibels(share: number): number {
  return 20 * Math.log10(share + 1e-9);
}

function clamp(share: number): number {
  return share > 0 ? Math.min(share, 1) : 0;
}
