/** Linear interpolation as a matrix. */

/**
 * [to, from], for steps of equal width whose values lie at their centres; beyond the outermost centres the outermost value is held, as
 * PyTorch's `interpolate` does.
 */
export function linearInterpolation(from: number, to: number): Float32Array {
  const weights = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const position = Math.min(from - 1, Math.max(0, ((row + 0.5) * from) / to - 0.5));
    const left = Math.min(Math.max(0, from - 2), Math.floor(position));
    weights[row * from + left] += 1 - (position - left);
    if (left + 1 < from) weights[row * from + left + 1] += position - left;
  }
  return weights;
}

/** [places, length]: values at rising places, linearly interpolated to 0, 1, ... length − 1, held at the ends. */
export function interpolationFrom(places: readonly number[], length: number): Float32Array {
  const weights = new Float32Array(places.length * length);
  let left = 0;
  for (let at = 0; at < length; at++) {
    while (left < places.length - 2 && places[left + 1] <= at) left++;
    const width = (places[left + 1] ?? places[left]) - places[left];
    const part = width > 0 ? Math.min(1, Math.max(0, (at - places[left]) / width)) : 0;
    weights[left * length + at] += 1 - part;
    if (part > 0) weights[(left + 1) * length + at] += part;
  }
  return weights;
}

/** [rows, columns] to [columns, rows]. */
export function transposed(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  return Float32Array.from(matrix, (_, index) => matrix[(index % rows) * columns + Math.floor(index / rows)]);
}

/** [rows, inner] times [inner, columns]. */
export function matrixProduct(a: Float32Array, b: Float32Array, inner: number): Float32Array {
  const [rows, columns] = [a.length / inner, b.length / inner];
  const product = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < inner; k++) {
      const weight = a[row * inner + k];
      if (weight === 0) continue;
      for (let column = 0; column < columns; column++) {
        product[row * columns + column] += weight * b[k * columns + column];
      }
    }
  }
  return product;
}
