/** Weighted least squares with a ridge, for the linear surrogates. */

/** What one row of the design and its answer say, and how much they count. */
export interface Observation {
  readonly row: ArrayLike<number>;
  readonly answer: number;
  readonly weight: number;
}

/**
 * The x that makes Σ weight · (row · x − answer)² + ridge · Σ x² least.
 *
 * @param free columns that the ridge leaves alone: an intercept.
 */
export function ridgeRegression(
  observations: readonly Observation[],
  columns: number,
  ridge: number,
  free: readonly number[] = [],
): Float64Array {
  const a = new Float64Array(columns * columns);
  const b = new Float64Array(columns);
  for (const { row, answer, weight } of observations) {
    for (let i = 0; i < columns; i++) {
      const scaled = weight * row[i];
      if (scaled === 0) continue;
      b[i] += scaled * answer;
      for (let j = 0; j <= i; j++) a[i * columns + j] += scaled * row[j];
    }
  }
  for (let i = 0; i < columns; i++) if (!free.includes(i)) a[i * columns + i] += ridge;
  return solvePositive(a, b);
}

/** By Cholesky; directions that nothing was observed of count as 0. `a` holds the lower triangle, and is overwritten. */
function solvePositive(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const scale = Math.max(...Array.from({ length: n }, (_, i) => a[i * n + i]), Number.MIN_VALUE);
  for (let j = 0; j < n; j++) {
    let pivot = a[j * n + j];
    for (let k = 0; k < j; k++) pivot -= a[j * n + k] ** 2;
    const told = pivot > 1e-12 * scale;
    a[j * n + j] = told ? Math.sqrt(pivot) : 0;
    for (let i = j + 1; i < n; i++) {
      let value = a[i * n + j];
      for (let k = 0; k < j; k++) value -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = told ? value / a[j * n + j] : 0;
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= a[i * n + k] * x[k];
    x[i] = a[i * n + i] > 0 ? x[i] / a[i * n + i] : 0;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= a[k * n + i] * x[k];
    x[i] = a[i * n + i] > 0 ? x[i] / a[i * n + i] : 0;
  }
  return x;
}
