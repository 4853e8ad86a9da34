import type { SpectrogramColumns } from "../../live/live-explainer.ts";
import type { FrequencyAxis } from "./axis.ts";
import { ColumnPixels } from "./column-pixels.ts";
import { LevelRange } from "./level-range.ts";
import { type Placed, scrolled, spans, swept } from "./ring.ts";

/** Columns kept, one a frame: more than eight seconds at 8 ms a frame. */
export const ringColumns = 1024;
/** Columns turned into pixels at a time. */
const batch = 32;
const background = "#08060d";
const cursor = "#7ff4e0";

/**
 * Keeps the newest columns in two ring canvases and copies them to the picture: each new column is computed once,
 * and a redraw only moves pixels. One column is one pixel; the browser's compositor scales.
 *
 * Thread: main only.
 */
export class SpectrogramPainter {
  readonly #pixels: ColumnPixels;
  readonly #colour: CanvasRenderingContext2D;
  readonly #veil: CanvasRenderingContext2D;
  readonly #colourImage: ImageData;
  readonly #veilImage: ImageData;
  #oldest = 0;
  #newest = 0;

  constructor(readonly axis: FrequencyAxis) {
    this.#pixels = new ColumnPixels(axis, new LevelRange(), batch);
    this.#colour = layer(axis.rows);
    this.#veil = layer(axis.rows);
    this.#colourImage = image(this.#pixels.colour, axis.rows);
    this.#veilImage = image(this.#pixels.veil, axis.rows);
  }

  /** Takes in new columns; frames that don't continue the last ones start a new picture. */
  push({ firstFrame, frames, bins, magnitudes, mask }: SpectrogramColumns): void {
    if (firstFrame !== this.#newest) {
      this.#oldest = firstFrame;
      this.#newest = firstFrame;
      this.#pixels.restart();
    }
    for (let done = 0; done < frames; ) {
      const at = this.#newest % ringColumns;
      const count = Math.min(batch, frames - done, ringColumns - at);
      for (let k = 0; k < count; k++) this.#pixels.write(magnitudes, mask, (done + k) * bins, k);
      this.#colour.putImageData(this.#colourImage, at, 0, 0, 0, count, this.axis.rows);
      this.#veil.putImageData(this.#veilImage, at, 0, 0, 0, count, this.axis.rows);
      this.#newest += count;
      done += count;
    }
    this.#oldest = Math.max(this.#oldest, this.#newest - ringColumns);
  }

  /** Draws the newest columns that fit; `overlay` 0 shows the plain spectrogram, 1 the mask at its clearest. */
  draw(picture: CanvasRenderingContext2D, overlay: number, still: boolean): void {
    const { width } = picture.canvas;
    picture.globalAlpha = 1;
    picture.fillStyle = background;
    picture.fillRect(0, 0, width, this.axis.rows);
    const placed = (still ? swept : scrolled)(this.#oldest, this.#newest, width);
    this.#copy(this.#colour, placed, picture);
    if (overlay > 0) {
      picture.globalAlpha = overlay;
      this.#copy(this.#veil, placed, picture);
      picture.globalAlpha = 1;
    }
    if (still && this.#newest > 0) {
      picture.fillStyle = cursor;
      picture.fillRect(this.#newest % width, 0, 1, this.axis.rows);
    }
  }

  #copy(from: CanvasRenderingContext2D, placed: readonly Placed[], to: CanvasRenderingContext2D): void {
    for (const { first, count, x } of placed) {
      let at = x;
      for (const span of spans(first, count, ringColumns)) {
        to.drawImage(from.canvas, span.at, 0, span.count, this.axis.rows, at, 0, span.count, this.axis.rows);
        at += span.count;
      }
    }
  }
}

function layer(rows: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = ringColumns;
  canvas.height = rows;
  return canvas.getContext("2d")!;
}

function image(words: Uint32Array<ArrayBuffer>, rows: number): ImageData {
  return new ImageData(new Uint8ClampedArray(words.buffer), words.length / rows, rows);
}
