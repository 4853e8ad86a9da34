/** Numerical integration over [0, 1]. */

interface QuadratureNode {
  readonly at: number;
  readonly weight: number;
}

/** Gauss and Legendre's rule with `count` nodes on [0, 1], in ascending order; the weights sum to one. */
export function gaussLegendre(count: number): QuadratureNode[] {
  return Array.from({ length: count }, (_, index) => {
    // The roots of the Legendre polynomial by Newton's method, from the usual cosine guess.
    let x = -Math.cos((Math.PI * (index + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let round = 0; round < 50; round++) {
      const { value, derivative } = legendre(count, x);
      slope = derivative;
      const step = value / derivative;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    return { at: (x + 1) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}

function legendre(degree: number, x: number): { value: number; derivative: number } {
  let [before, value] = [1, x];
  for (let n = 2; n <= degree; n++)
    [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
  return { value, derivative: (degree * (before - x * value)) / (1 - x * x) };
}
