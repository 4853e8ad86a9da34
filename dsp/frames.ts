/**
 * The time grid that every part shares. Frame k is complete when hop k has arrived: it covers the samples
 * [(k + 1) * hop - window, (k + 1) * hop), with zeros before sample 0.
 */

/** Samples a second of everything the models see. */
export const MODEL_RATE = 16_000;
/** Samples in one frame: 32 ms at the model rate. */
export const WINDOW = 512;
/** Samples from one frame to the next: 8 ms at the model rate. */
export const HOP = 128;
/** Frequencies of one frame, from 0 Hz to half the model rate. */
export const BINS = WINDOW / 2 + 1;
/** Samples by which analysis followed by overlap-add delays a sound: 24 ms at the model rate. */
export const OUTPUT_DELAY = WINDOW - HOP;

export interface FrameShape {
  /** Samples in one frame, a power of two from 4; 512 when left out. */
  readonly window?: number;
  /** Samples from one frame to the next, a whole fraction of the window; 128 when left out. */
  readonly hop?: number;
}

/** The shape with its defaults filled in; throws a RangeError that names the value that can't be used. */
export function checkedShape({ window = WINDOW, hop = HOP }: FrameShape = {}): Required<FrameShape> {
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
