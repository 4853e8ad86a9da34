import { filter, type MonoTypeOperatorFunction } from "rxjs";

/**
 * Lets through every `stride`-th frame: those with indices stride - 1, 2 * stride - 1 and so on, or, where frames
 * were lost, the first one after each.
 */
export function everyStride<T extends { readonly frame: number }>(
  stride: number,
): MonoTypeOperatorFunction<T> {
  let strides = 0;
  return filter(({ frame }) => {
    const passed = Math.floor((frame + 1) / stride);
    if (passed === strides) return false;
    strides = passed;
    return true;
  });
}
