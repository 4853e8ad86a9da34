/** How the height grows with the frequency. */
export type FrequencyScale = "mel" | "log" | "linear";
export const frequencyScales: readonly FrequencyScale[] = ["mel", "log", "linear"];

interface Warp {
  /** Grows with the frequency; 0 at 0 Hz. */
  readonly to: (hertz: number) => number;
  readonly from: (height: number) => number;
}

const warps: Readonly<Record<FrequencyScale, Warp>> = {
  /** O'Shaughnessy's mel scale: linear below about 700 Hz, logarithmic above. */
  mel: softLog(700),
  /** Octaves of equal height from about 100 Hz on; a scale without a linear foot would have no place for 0 Hz. */
  log: softLog(60),
  linear: { to: (hertz) => hertz, from: (height) => height },
};

/** Linear below about `corner` Hz, logarithmic above. */
function softLog(corner: number): Warp {
  return {
    to: (hertz) => Math.log1p(hertz / corner),
    from: (height) => corner * Math.expm1(height),
  };
}

/**
 * The spectrogram's frequency axis: mel-like unless asked otherwise, so that low sounds get the room that ears give
 * them. Rows run from the top (highest frequency) down, as a canvas does.
 */
export class FrequencyAxis {
  readonly #low: Uint16Array;
  readonly #high: Uint16Array;
  /** Weight of `high` where a row is narrower than a bin; unused elsewhere. */
  readonly #blend: Float32Array;
  readonly #narrow: Uint8Array;

  /** `bins` cover 0 Hz to half the sample rate, both included. */
  constructor(
    readonly rows: number,
    readonly bins: number,
    readonly sampleRate: number,
    readonly scale: FrequencyScale = "mel",
  ) {
    this.#low = new Uint16Array(rows);
    this.#high = new Uint16Array(rows);
    this.#blend = new Float32Array(rows);
    this.#narrow = new Uint8Array(rows);
    const binsPerHz = (bins - 1) / (sampleRate / 2);
    for (let row = 0; row < rows; row++) {
      const top = this.hertz(row / rows) * binsPerHz;
      const bottom = this.hertz((row + 1) / rows) * binsPerHz;
      const first = Math.ceil(bottom);
      // The top edge is the last bin exactly; rounding must not lose it.
      const last = row === 0 ? bins - 1 : Math.floor(top);
      if (last - first >= 1) {
        this.#low[row] = first;
        this.#high[row] = last;
      } else {
        const centre = (top + bottom) / 2;
        const low = Math.min(bins - 2, Math.floor(centre));
        this.#low[row] = low;
        this.#high[row] = low + 1;
        this.#blend[row] = centre - low;
        this.#narrow[row] = 1;
      }
    }
  }

  /** Frequency at a height: 0 is the top edge, 1 the bottom. */
  hertz(fromTop: number): number {
    const { to, from } = warps[this.scale];
    return from((1 - fromTop) * to(this.sampleRate / 2));
  }

  /** Height of a frequency: 0 is the top edge, 1 the bottom. */
  fromTop(hertz: number): number {
    const { to } = warps[this.scale];
    return 1 - to(hertz) / to(this.sampleRate / 2);
  }

  /** The greatest of the row's bins, so that narrow lines stay visible where rows are wide. */
  peak(column: Float32Array, offset: number, row: number): number {
    const low = offset + this.#low[row];
    const high = offset + this.#high[row];
    if (this.#narrow[row]) return column[low] + (column[high] - column[low]) * this.#blend[row];
    let peak = column[low];
    for (let k = low + 1; k <= high; k++) if (column[k] > peak) peak = column[k];
    return peak;
  }

  /** The mean of the row's bins. */
  mean(column: Float32Array, offset: number, row: number): number {
    const low = offset + this.#low[row];
    const high = offset + this.#high[row];
    if (this.#narrow[row]) return column[low] + (column[high] - column[low]) * this.#blend[row];
    let sum = 0;
    for (let k = low; k <= high; k++) sum += column[k];
    return sum / (high - low + 1);
  }
}

/** |X| of a full-scale sine under the Hann window that gives so many bins: half the window's sum, a quarter of its length. */
export function fullScale(bins: number): number {
  return (bins - 1) / 2;
}

const octaves = [32_000, 16_000, 8_000, 4_000, 2_000, 1_000, 500, 250];
const candidates: Readonly<Record<FrequencyScale, readonly number[]>> = {
  mel: octaves,
  log: [...octaves, 125, 63],
  linear: [40_000, 30_000, 20_000, 15_000, 10_000, 8_000, 6_000, 4_000, 2_000],
};
/** Labels closer than this share of the height would run into each other. */
const LEAST_DISTANCE = 0.055;

/** Frequencies worth a label, in hertz, from the top down: the highest of octaves, where they have room. */
export function frequencyTicks(axis: Pick<FrequencyAxis, "sampleRate" | "scale" | "fromTop">): number[] {
  const ticks: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const hz of candidates[axis.scale]) {
    const at = axis.fromTop(hz);
    if (at < 0 || at - last < LEAST_DISTANCE || at > 1 - LEAST_DISTANCE / 2) continue;
    ticks.push(hz);
    last = at;
  }
  return ticks;
}

/** Seconds worth a label on a picture `span` seconds long: whole seconds, at most eight of them. */
export function timeTicks(span: number): number[] {
  const step = [1, 2, 5, 10].find((each) => span / each <= 8) ?? 20;
  const ticks: number[] = [];
  for (let t = step; t < span - 0.2 * step; t += step) ticks.push(t);
  return ticks;
}
