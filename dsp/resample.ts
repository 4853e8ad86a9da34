/**
 * Sampling-rate conversion by a Kaiser-windowed sinc, evaluated as a polyphase filter.
 *
 * The pass band ends at 0.875 of the lower rate's half (7 kHz at 16 kHz) and the stop band begins at that half, so
 * nothing aliases. The filter reaches HALF_WIDTH samples of the lower rate to each side: 2.6 ms at 16 kHz.
 */

/** Reach of the filter to either side, in samples of the lower of the two rates. */
const HALF_WIDTH = 42;
/** Width of the transition band as a share of the lower rate's half. */
const TRANSITION = 0.125;
/** Attenuation that this reach and this transition allow, from Kaiser's design formula. */
const ATTENUATION_DB = 2 * HALF_WIDTH * 14.36 * (TRANSITION / 2) + 7.95;
/** Above this many coefficients, phases are interpolated from PHASES computed ones. */
const MOST_COEFFICIENTS = 1 << 18;
/** Linear interpolation between this many phases errs by less than -100 dB. */
const PHASES = 512;
/** Samples taken in before the history is moved to the front of its buffer. */
const BLOCK = 4096;
/** Rates beyond these are taken for damaged headers. */
const LOWEST_RATE = 1_000;
const HIGHEST_RATE = 1_000_000;

/**
 * Converts a stream from one whole-number rate to another. Output n is the input at time n / to, `delay` output
 * samples late; the phase is kept in whole numbers, so the rate is exact however long the stream. Any chunking
 * gives the same output. After N inputs exactly ceil(N * to / from) outputs have been given.
 * Allocates at construction only. Equal rates pass through unchanged with no delay.
 */
export class StreamingResampler {
  /** Delay in output samples, a whole number. */
  readonly delay: number;
  /** from : to in lowest terms: `#down` inputs make `#up` outputs. */
  readonly #up: number;
  readonly #down: number;
  /** Coefficients on one side of the wanted instant. */
  readonly #reach: number;
  /** [phases, 2 * reach], each row for one position between two input samples. */
  readonly #filters: Float32Array;
  readonly #interpolated: boolean;
  readonly #history: Float32Array;
  /** The filter of an output begins this many samples before the newest input it waits for. */
  readonly #back: number;
  /** What the whole-sample delay leaves over between two inputs, in units of 1 / #up. */
  readonly #offset: number;
  /** Samples in `#history`. */
  #filled = 0;
  /** Output n waits for input floor(n * from / to): where that is in `#history`; may lie beyond `#filled`. */
  #next = 0;
  /** The rest of n * from / to, in units of 1 / #up. */
  #phase = 0;

  /** Rates in Hz, whole numbers from 1,000 to 1,000,000; throws a RangeError otherwise. */
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    for (const rate of [from, to]) {
      if (!Number.isInteger(rate) || rate < LOWEST_RATE || rate > HIGHEST_RATE) {
        throw new RangeError(
          `a sampling rate of ${rate} Hz can't be converted; whole numbers from ${LOWEST_RATE} to ${HIGHEST_RATE} can`,
        );
      }
    }
    const divisor = greatestCommonDivisor(from, to);
    this.#up = to / divisor;
    this.#down = from / divisor;
    const lower = Math.min(from, to);
    this.#reach = from === to ? 0 : Math.ceil((HALF_WIDTH * from) / lower);
    this.delay = Math.ceil((this.#reach * to) / from);
    this.#interpolated = this.#up * 2 * this.#reach > MOST_COEFFICIENTS;
    this.#filters = designFilters(
      this.#interpolated ? PHASES + 1 : this.#up,
      this.#interpolated ? PHASES : this.#up,
      this.#reach,
      lower / from,
    );
    // Output n lies `late` / up inputs before n * down / up.
    const late = this.delay * this.#down;
    const whole = Math.ceil(late / this.#up);
    this.#offset = whole * this.#up - late;
    this.#back = whole + this.#reach - 1;
    this.#history = new Float32Array(this.#back + BLOCK);
    this.reset();
  }

  /** The most outputs that one `push` of `inputs` samples can give. */
  maxOutput(inputs: number): number {
    return Math.ceil((inputs * this.#up) / this.#down);
  }

  /**
   * Takes input [start, end) and writes what it completes to `output` from 0 on; returns the number written.
   * Throws a RangeError, before anything is taken, when `output` is shorter than `maxOutput` of the input.
   */
  push(input: Float32Array, output: Float32Array, start = 0, end = input.length): number {
    if (output.length < this.maxOutput(end - start)) {
      throw new RangeError(
        `output holds ${output.length} samples; ${end - start} inputs can make ${this.maxOutput(end - start)}`,
      );
    }
    if (this.#reach === 0) {
      for (let n = start; n < end; n++) output[n - start] = input[n];
      return end - start;
    }
    const history = this.#history;
    let written = 0;
    let at = start;
    while (at < end) {
      if (this.#filled === history.length) this.#makeRoom();
      const count = Math.min(history.length - this.#filled, end - at);
      for (let n = 0; n < count; n++) history[this.#filled + n] = input[at + n];
      this.#filled += count;
      at += count;
      written = this.#convert(output, written);
    }
    return written;
  }

  /** Back to the state after construction: silence before the first sample. */
  reset(): void {
    this.#history.fill(0);
    this.#filled = this.#back;
    this.#next = this.#back;
    this.#phase = 0;
  }

  #convert(output: Float32Array, from: number): number {
    const up = this.#up;
    let written = from;
    let next = this.#next;
    let phase = this.#phase;
    while (next < this.#filled) {
      let start = next - this.#back;
      let row = phase + this.#offset;
      if (row >= up) {
        row -= up;
        start++;
      }
      if (this.#interpolated) this.#writeInterpolated(output, written, start, row);
      else this.#write(output, written, start, row);
      written++;
      phase += this.#down;
      const steps = Math.floor(phase / up);
      next += steps;
      phase -= steps * up;
    }
    this.#next = next;
    this.#phase = phase;
    return written;
  }

  /** Output `at`: the samples from `start` on under filter `row`. Writes it, as a returned fraction would be allocated. */
  #write(output: Float32Array, at: number, start: number, row: number): void {
    const history = this.#history;
    const filters = this.#filters;
    const taps = 2 * this.#reach;
    const first = row * taps;
    // Two sums side by side, as each addition waits for the one before; `taps` is even.
    let even = 0;
    let odd = 0;
    for (let k = 0; k < taps; k += 2) {
      even += history[start + k] * filters[first + k];
      odd += history[start + k + 1] * filters[first + k + 1];
    }
    output[at] = even + odd;
  }

  /** As `#write`, where `row` of `#up` rows lies between two of the `PHASES` that there are. */
  #writeInterpolated(output: Float32Array, at: number, start: number, row: number): void {
    const position = (row * PHASES) / this.#up;
    const below = Math.floor(position);
    this.#write(output, at, start, below);
    const before = output[at];
    this.#write(output, at, start, below + 1);
    output[at] = before + (position - below) * (output[at] - before);
  }

  #makeRoom(): void {
    const used = Math.min(this.#next, this.#filled) - this.#back;
    this.#history.copyWithin(0, used, this.#filled);
    this.#filled -= used;
    this.#next -= used;
  }
}

/** [rows, 2 * reach]; row r is for an instant r / phases after the input sample at index reach - 1. */
function designFilters(rows: number, phases: number, reach: number, cutoff: number): Float32Array {
  const taps = 2 * reach;
  const filters = new Float32Array(rows * taps);
  // The cutoff lies in the middle of the transition band.
  const middle = cutoff * (1 - TRANSITION / 2);
  const beta = 0.1102 * (ATTENUATION_DB - 8.7);
  const width = HALF_WIDTH / cutoff;
  const row = new Float64Array(taps);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const t = k - (reach - 1) - r / phases;
      const inside = 1 - (t / width) ** 2;
      row[k] = inside < 0 ? 0 : middle * sinc(middle * t) * bessel0(beta * Math.sqrt(inside));
      sum += row[k];
    }
    // Every phase passes a constant exactly, or it would be modulated at the phase rate.
    for (let k = 0; k < taps; k++) filters[r * taps + k] = row[k] / sum;
  }
  return filters;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
