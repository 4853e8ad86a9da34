import { hopMs } from "../../../protocol/audio-shape.ts";
import { FrequencyAxis } from "./axis.ts";
import { FramePace } from "./frame-pace.ts";
import { type Context2D, type Look, SpectrogramPainter } from "./painter.ts";
import type { PictureAxis, ToPicture } from "./picture-messages.ts";
import { ScrollClock } from "./scroll-clock.ts";

interface AnimationFrames {
  request(draw: (now: number) => void): number;
  cancel(request: number): void;
}

/** As much as is known before anybody tells: the released pack's. */
const firstAxis: PictureAxis = { bins: 257, sampleRate: 16_000, hop: 128, scale: "mel", rows: 320 };

/**
 * The moving picture on one canvas, in the page or in a worker: takes messages, draws at most once an animation
 * frame, and only while something moves. When frames come late, pictures are left out, never columns: all that came
 * meanwhile is in the next one, up to what the painter keeps.
 */
export class LivePicture {
  readonly #context: Context2D;
  readonly #frames: AnimationFrames;
  #axis = firstAxis;
  #painter: SpectrogramPainter;
  #clock: ScrollClock;
  readonly #pace = new FramePace();
  #look: Look = { view: "explanation", overlay: 1, still: false };
  /** Whether what is on the canvas is not what it should be, whatever came. */
  #stale = true;
  #shown = -1;
  #request: number | null = null;
  #pictures = 0;

  constructor(context: Context2D, frames: AnimationFrames) {
    this.#context = context;
    this.#frames = frames;
    this.#painter = makePainter(this.#axis);
    this.#clock = makeClock(this.#axis);
  }

  /** Drawn so far. */
  get pictures(): number {
    return this.#pictures;
  }

  receive(message: Exclude<ToPicture, { type: "count" }>): void {
    switch (message.type) {
      case "axis":
        this.#changeAxis(message.axis);
        break;
      case "width":
        this.#changeWidth(message.width);
        break;
      case "look":
        this.#look = message.look;
        break;
      case "columns":
        this.#painter.push(message.columns);
        this.#wake();
        return;
      case "repaint":
        this.#painter.repaint();
        break;
      default:
        message satisfies never;
    }
    this.#stale = true;
    this.#wake();
  }

  close(): void {
    if (this.#request !== null) this.#frames.cancel(this.#request);
    this.#request = null;
  }

  #changeAxis(axis: PictureAxis): void {
    const before = this.#axis;
    this.#axis = axis;
    const { canvas } = this.#context;
    if (canvas.height !== axis.rows) canvas.height = axis.rows;
    if (axis.bins !== before.bins || axis.sampleRate !== before.sampleRate || axis.hop !== before.hop) {
      this.#painter = makePainter(axis);
      this.#clock = makeClock(axis);
    } else if (axis.scale !== before.scale || axis.rows !== before.rows) {
      this.#painter.changeAxis(makeAxis(axis));
    }
    this.#drawNow();
  }

  #changeWidth(width: number): void {
    const { canvas } = this.#context;
    if (canvas.width === width) return;
    canvas.width = width;
    this.#drawNow();
  }

  /** A canvas whose size was set is empty: waiting for the next frame would show that. */
  #drawNow(): void {
    if (this.#shown >= 0) this.#painter.draw(this.#context, this.#shown, this.#look);
  }

  #wake(): void {
    this.#request ??= this.#frames.request((now) => this.#draw(now));
  }

  #draw(now: number): void {
    this.#request = null;
    if (!this.#pace.due(now)) {
      this.#wake();
      return;
    }
    const { newest } = this.#painter;
    const shown = this.#look.still ? newest : this.#clock.advance(newest, now);
    if (shown !== this.#shown || this.#stale) {
      this.#shown = shown;
      this.#stale = false;
      this.#painter.draw(this.#context, shown, this.#look);
      this.#pictures++;
    }
    if (shown < newest) this.#wake();
    else {
      this.#clock.pause();
      this.#pace.pause();
    }
  }
}

function makeAxis({ rows, bins, sampleRate, scale }: PictureAxis): FrequencyAxis {
  return new FrequencyAxis(rows, bins, sampleRate, scale);
}

function makePainter(axis: PictureAxis): SpectrogramPainter {
  return new SpectrogramPainter(makeAxis(axis));
}

function makeClock(axis: PictureAxis): ScrollClock {
  return new ScrollClock(hopMs(axis));
}
