import { ringColumns } from "./painter.ts";

export interface Size {
  /** Width of the picture: one column a device pixel, as far as columns are kept. */
  readonly columns: number;
  /** Its height in pixels. */
  readonly rows: number;
}

/** Narrow screens show no less than this, somewhat squeezed: some four seconds. */
const LEAST_COLUMNS = 512;
/** Heights that pictures have; in between, the compositor scales. A few steps, as each step paints all columns anew. */
const ROWS = [256, 384, 512] as const;

/** The size that suits a place on the screen, in device pixels. */
export function sizeFor(width: number, height: number): Size {
  const rows = ROWS.find((each) => each >= 0.8 * height) ?? ROWS[ROWS.length - 1];
  return { columns: Math.min(ringColumns, Math.max(LEAST_COLUMNS, Math.round(width))), rows };
}

/** Follows a canvas's place on the screen and the pixels that it has there; tells when another size suits it. */
export class PictureSize {
  readonly #changed: (size: Size) => void;
  readonly #observer: ResizeObserver;
  #canvas: HTMLCanvasElement | null = null;
  #density: MediaQueryList | null = null;
  #last = "";

  constructor(changed: (size: Size) => void) {
    this.#changed = changed;
    this.#observer = new ResizeObserver(() => this.#measure());
  }

  follow(canvas: HTMLCanvasElement): void {
    this.stop();
    this.#canvas = canvas;
    try {
      this.#observer.observe(canvas, { box: "device-pixel-content-box" });
    } catch {
      // Safari: the place's size and the screen's density each on its own.
      this.#observer.observe(canvas);
      this.#watchDensity();
    }
  }

  stop(): void {
    this.#observer.disconnect();
    this.#density?.removeEventListener("change", this.#densityChanged);
    this.#density = null;
    this.#canvas = null;
  }

  /** Zooming, or another screen: the place stays as large and has other pixels. */
  readonly #densityChanged = () => {
    this.#watchDensity();
    this.#measure();
  };

  #watchDensity(): void {
    this.#density?.removeEventListener("change", this.#densityChanged);
    this.#density = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    this.#density.addEventListener("change", this.#densityChanged);
  }

  #measure(): void {
    const { clientWidth = 0, clientHeight = 0 } = this.#canvas ?? {};
    // Not on the page, or folded away: it keeps its size until it is seen again.
    if (clientWidth === 0 || clientHeight === 0) return;
    const size = sizeFor(clientWidth * window.devicePixelRatio, clientHeight * window.devicePixelRatio);
    const name = `${size.columns} ${size.rows}`;
    if (name === this.#last) return;
    this.#last = name;
    this.#changed(size);
  }
}
