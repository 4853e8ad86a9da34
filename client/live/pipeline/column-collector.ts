import { MaskState } from "../../../protocol/mask-state.ts";
import type { SpectrogramColumns } from "../live-explainer.ts";

/** At most 30 messages a second. */
const INTERVAL_MS = 1000 / 30;
/** Messages that the page may not yet have answered. */
const MOST_UNANSWERED = 2;

/**
 * Collects what the page draws into few messages. A page that doesn't answer gets no more of them: columns then
 * gather here, and beyond `mostColumns` the oldest are dropped.
 */
export class ColumnCollector {
  #columns: { readonly frame: number; readonly values: Float32Array; readonly state: number }[] = [];
  #sentAt = Number.NEGATIVE_INFINITY;
  #unanswered = 0;

  /** `mostColumns`: kept for a page that stands still. */
  constructor(
    readonly bins: number,
    readonly mostColumns: number,
  ) {}

  /** `values`: magnitudes [bins], then the mask [bins]; kept, not copied. `state`: the mask's. Frames come in order. */
  add(frame: number, values: Float32Array, state: number = MaskState.own): void {
    this.#columns.push({ frame, values, state });
    if (this.#columns.length > this.mostColumns) this.#columns.shift();
  }

  /** What is to be sent at `now`, if it is time. */
  take(now: number): SpectrogramColumns | null {
    const { bins } = this;
    const columns = this.#columns;
    if (columns.length === 0 || this.#unanswered >= MOST_UNANSWERED || now - this.#sentAt < INTERVAL_MS)
      return null;
    const frames = columns.length;
    const magnitudes = new Float32Array(frames * bins);
    const mask = new Float32Array(frames * bins);
    columns.forEach(({ values }, n) => {
      magnitudes.set(values.subarray(0, bins), n * bins);
      mask.set(values.subarray(bins), n * bins);
    });
    const states = columns.some(({ state }) => state !== MaskState.own)
      ? Uint8Array.from(columns, ({ state }) => state)
      : undefined;
    this.#columns = [];
    this.#sentAt = now;
    this.#unanswered++;
    return { firstFrame: columns[0].frame, frames, bins, magnitudes, mask, ...(states && { states }) };
  }

  /** The page has received a message. */
  answered(): void {
    this.#unanswered = Math.max(0, this.#unanswered - 1);
  }
}
