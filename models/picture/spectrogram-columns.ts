/**
 * A picture's worth of spectrogram from a signal of any length: when the columns are full, neighbours are
 * merged, so memory is bounded and the length need not be known beforehand.
 */
export class SpectrogramColumns {
  /** Frames merged into one column so far; a power of two. */
  framesPerColumn = 1;
  private columns = 0;
  private framesInLast = 0;
  private readonly power: Float32Array;
  private readonly maskSum: Float32Array;

  /** @param limit the most columns kept, an even number. */
  constructor(
    readonly bins: number,
    private readonly limit = 4096,
  ) {
    this.power = new Float32Array(limit * bins);
    this.maskSum = new Float32Array(limit * bins);
  }

  /** Columns with at least one frame. */
  get count(): number {
    return this.columns;
  }

  /** Adds frames, row-major [frames, bins]: linear magnitudes and the mask that was applied to them. */
  add(magnitudes: Float32Array, mask: Float32Array): void {
    for (let start = 0; start < magnitudes.length; start += this.bins) {
      if (this.columns === 0 || this.framesInLast === this.framesPerColumn) this.openColumn();
      const at = (this.columns - 1) * this.bins;
      for (let bin = 0; bin < this.bins; bin++) {
        this.power[at + bin] += magnitudes[start + bin] ** 2;
        this.maskSum[at + bin] += mask[start + bin];
      }
      this.framesInLast++;
    }
  }

  /** Mean power and mean mask of one column, each [bins]. */
  column(index: number): { readonly power: Float32Array; readonly mask: Float32Array } {
    const frames = index === this.columns - 1 ? this.framesInLast : this.framesPerColumn;
    const mean = (sums: Float32Array) =>
      sums.slice(index * this.bins, (index + 1) * this.bins).map((sum) => sum / frames);
    return { power: mean(this.power), mask: mean(this.maskSum) };
  }

  private openColumn(): void {
    if (this.columns === this.limit) this.mergePairs();
    this.columns++;
    this.framesInLast = 0;
  }

  private mergePairs(): void {
    for (const sums of [this.power, this.maskSum]) {
      for (let column = 0; column < this.limit / 2; column++) {
        for (let bin = 0; bin < this.bins; bin++) {
          sums[column * this.bins + bin] =
            sums[2 * column * this.bins + bin] + sums[(2 * column + 1) * this.bins + bin];
        }
      }
      sums.fill(0, (this.limit / 2) * this.bins);
    }
    this.columns = this.limit / 2;
    this.framesPerColumn *= 2;
  }
}
