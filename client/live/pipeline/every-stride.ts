import { filter, type MonoTypeOperatorFunction } from "rxjs";

/**
 * Lets through every `stride`-th frame: those with indices stride - 1, 2 * stride - 1 and so on, or, where frames
 * were lost, the first one after each. A stride that changes counts from the next frame on.
 */
export function everyStride<T extends { readonly frame: number }>(
  stride: () => number,
): MonoTypeOperatorFunction<T> {
  /** Newest frame so far. */
  let before = -1;
  return filter(({ frame }) => {
    const passes = Math.floor((frame + 1) / stride()) > Math.floor((before + 1) / stride());
    before = frame;
    return passes;
  });
}
