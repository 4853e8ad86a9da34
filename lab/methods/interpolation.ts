/** Linear interpolation as a matrix, for steps of equal width whose values lie at their centres. */

/** [to, from]; beyond the outermost centres the outermost value is held, as PyTorch's `interpolate` does. */
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
