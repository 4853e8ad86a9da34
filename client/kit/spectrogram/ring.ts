/** Where a run of frames lies in a ring of columns. */
interface Span {
  /** Column in the ring. */
  readonly at: number;
  readonly count: number;
}

/** Frames [first, first + count) in a ring of `size` columns: one span, or two where it wraps. */
export function spans(first: number, count: number, size: number): Span[] {
  if (count <= 0) return [];
  const at = first % size;
  const head = Math.min(count, size - at);
  const parts = [{ at, count: head }];
  if (head < count) parts.push({ at: 0, count: count - head });
  return parts;
}

/** A run of frames and the column of the picture where it starts. */
export interface Placed {
  readonly first: number;
  readonly count: number;
  readonly x: number;
}

/** Scrolling picture: the newest frame at the right edge. */
export function scrolled(oldest: number, newest: number, width: number): Placed[] {
  const first = Math.max(oldest, newest - width);
  return first < newest ? [{ first, count: newest - first, x: width - (newest - first) }] : [];
}

/** Columns left blank after the newest one in the sweeping picture, so that the seam is seen. */
const sweepGap = 12;

/** Picture that stands still and is overwritten from left to right, as an oscilloscope does. */
export function swept(oldest: number, newest: number, width: number): Placed[] {
  const page = newest - (newest % width);
  const placed: Placed[] = [];
  const before = Math.max(oldest, newest - width + sweepGap);
  if (before < page) placed.push({ first: before, count: page - before, x: before - (page - width) });
  const current = Math.max(oldest, page);
  if (current < newest) placed.push({ first: current, count: newest - current, x: current - page });
  return placed;
}
