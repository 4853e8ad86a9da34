import { isExplained } from "../../../protocol/mask-state.ts";
import type { Listening, SpectrogramColumns } from "../../live/live-explainer.ts";
import type { FrequencyAxis } from "./axis.ts";
import { ColumnPixels } from "./column-pixels.ts";
import { ColumnStore } from "./column-store.ts";
import { LevelRange } from "./level-range.ts";
import { type Placed, scrolled, spans, swept } from "./ring.ts";

/** Columns kept, one a frame: more than eight seconds at 8 ms a frame. */
export const ringColumns = 1024;
/** Columns turned into pixels at a time. */
const batch = 32;
const background = "#08060d";
const cursor = "#7ff4e0";

export type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export interface Look {
  /** What stays in colour. */
  readonly view: Listening;
  /** 0 shows the plain spectrogram, 1 the mask at its clearest. */
  readonly overlay: number;
  /** Overwritten from left to right instead of moving. */
  readonly still: boolean;
}

/**
 * Keeps the newest columns in two ring canvases and copies them to the picture: each new column is computed once,
 * and a redraw only moves pixels. One column is one pixel; the browser's compositor scales.
 *
 * Thread: any that has canvases; the same in the page and in a worker.
 */
export class SpectrogramPainter {
  readonly #store: ColumnStore;
  readonly #range = new LevelRange();
  #pixels: ColumnPixels;
  #colour: Context2D;
  #veil: Context2D;
  #colourImage: ImageData;
  #veilImage: ImageData;
  /** The frame after the last one that the layers hold. */
  #painted = 0;
  /** Of which stream; -1 when the layers hold nothing of use. */
  #stream = -1;
  readonly #follow = (magnitudes: Float32Array, offset: number) => this.#pixels.follow(magnitudes, offset);

  constructor(axis: FrequencyAxis) {
    this.#store = new ColumnStore(axis.bins, ringColumns);
    this.#pixels = new ColumnPixels(axis, this.#range, batch);
    this.#colour = layer(axis.rows);
    this.#veil = layer(axis.rows);
    this.#colourImage = image(this.#pixels.colour, axis.rows);
    this.#veilImage = image(this.#pixels.veil, axis.rows);
  }

  get axis(): FrequencyAxis {
    return this.#pixels.axis;
  }

  /** The frame after the last one taken in. */
  get newest(): number {
    return this.#store.newest;
  }

  /** Takes in new columns; frames that don't continue the last ones start a new picture. */
  push(columns: SpectrogramColumns): void {
    this.#store.push(columns, this.#follow);
  }

  /** The same columns on another axis of the same bins. */
  changeAxis(axis: FrequencyAxis): void {
    const { view } = this.#pixels;
    this.#pixels = new ColumnPixels(axis, this.#range, batch);
    this.#pixels.view = view;
    this.#colour = layer(axis.rows);
    this.#veil = layer(axis.rows);
    this.#colourImage = image(this.#pixels.colour, axis.rows);
    this.#veilImage = image(this.#pixels.veil, axis.rows);
    this.repaint();
  }

  /** What the layers hold is wrong or lost: they are made anew from the numbers when drawn next. */
  repaint(): void {
    this.#stream = -1;
  }

  /** Draws the columns before `until` that fit, the newest of them at the right edge or at the sweeping line. */
  draw(picture: Context2D, until: number, { view, overlay, still }: Look): void {
    if (view !== this.#pixels.view) {
      this.#pixels.view = view;
      this.repaint();
    }
    this.#paint();
    const { rows } = this.axis;
    const { width } = picture.canvas;
    const { oldest } = this.#store;
    picture.globalAlpha = 1;
    picture.fillStyle = background;
    picture.fillRect(0, 0, width, rows);
    const placed = (still ? swept : scrolled)(oldest, Math.max(oldest, until), width);
    this.#copy(this.#colour, placed, picture);
    if (overlay > 0) {
      picture.globalAlpha = overlay;
      this.#copy(this.#veil, placed, picture);
      picture.globalAlpha = 1;
    }
    if (still && until > 0) {
      picture.fillStyle = cursor;
      picture.fillRect(until % width, 0, 1, rows);
    }
  }

  /** Brings the layers up to date: what came since, however long ago, is at most what the store holds. */
  #paint(): void {
    const { oldest, newest, stream, magnitudes, mask, states, tops, bins } = this.#store;
    const { rows } = this.axis;
    // Another stream, or more came since than is kept.
    if (this.#stream !== stream || this.#painted < oldest) {
      this.#stream = stream;
      this.#painted = oldest;
      this.#pixels.restart();
    }
    while (this.#painted < newest) {
      const slot = this.#store.slot(this.#painted);
      const count = Math.min(batch, newest - this.#painted, ringColumns - slot);
      for (let k = 0; k < count; k++) {
        const at = slot + k;
        this.#pixels.paint(magnitudes, mask, at * bins, k, tops[at], isExplained(states[at]) ? -1 : at);
      }
      this.#colour.putImageData(this.#colourImage, slot, 0, 0, 0, count, rows);
      this.#veil.putImageData(this.#veilImage, slot, 0, 0, 0, count, rows);
      this.#painted += count;
    }
  }

  #copy(from: Context2D, placed: readonly Placed[], to: Context2D): void {
    const { rows } = this.axis;
    for (const { first, count, x } of placed) {
      let at = x;
      for (const span of spans(first, count, ringColumns)) {
        to.drawImage(from.canvas, span.at, 0, span.count, rows, at, 0, span.count, rows);
        at += span.count;
      }
    }
  }
}

function layer(rows: number): Context2D {
  const canvas = makeCanvas(ringColumns, rows);
  return canvas.getContext("2d") as Context2D;
}

function makeCanvas(width: number, height: number): OffscreenCanvas | HTMLCanvasElement {
  if (typeof OffscreenCanvas === "function") return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}

function image(words: Uint32Array<ArrayBuffer>, rows: number): ImageData {
  return new ImageData(new Uint8ClampedArray(words.buffer), words.length / rows, rows);
}
