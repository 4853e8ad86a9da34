/** The first few of many, in order, without putting all of them in order. */

/**
 * Of 0 .. count − 1 the first `most` in this order, equal ones as they come. One look at each where `most` is small; all of them are
 * sorted where it is not.
 */
export function firstOf(count: number, most: number, order: (a: number, b: number) => number): number[] {
  if (most > FEW || most >= count) {
    return Array.from({ length: count }, (_, index) => index)
      .sort(order)
      .slice(0, most);
  }
  const first: number[] = [];
  for (let index = 0; index < count; index++) {
    if (first.length === most && !(order(index, first[most - 1]) < 0)) continue;
    let place = first.length;
    while (place > 0 && order(index, first[place - 1]) < 0) place--;
    first.splice(place, 0, index);
    if (first.length > most) first.pop();
  }
  return first;
}

/** From here on sorting is no slower than keeping the first in order. */
const FEW = 32;
