/**
 * The time grid that every part shares. Frame k is complete when hop k has arrived: it covers the samples
 * [(k + 1) * hop - window, (k + 1) * hop), with zeros before sample 0.
 */

export interface FrameShape {
  /** Samples in one frame, a power of two from 4. */
  readonly window: number;
  /** Samples from one frame to the next, a whole fraction of the window. */
  readonly hop: number;
}

/** The shape alone; throws a RangeError that names the value that can't be used. */
export function checkedShape({ window, hop }: FrameShape): FrameShape {
  if (!Number.isInteger(window) || window < 4 || (window & (window - 1)) !== 0) {
    throw new RangeError(`window is ${window}; it must be a power of two from 4`);
  }
  if (!Number.isInteger(hop) || hop < 1 || window % hop !== 0) {
    throw new RangeError(`hop is ${hop}; it must divide the window of ${window} samples`);
  }
  return { window, hop };
}

/** Periodic Hann window, as in torch.hann_window and scipy.signal.get_window. */
export function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}
