// The small pieces of arithmetic that the methods are made of.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { NOISE_MARGIN, noiseTile, stratified } from "../../../lab/methods/parts/noise.ts";
import { gaussLegendre } from "../../../lab/methods/parts/quadrature.ts";
import { linearInterpolation, matrixProduct } from "../../../lab/networks/interpolation.ts";

test("Gauss and Legendre: n nodes integrate polynomials up to degree 2n - 1", () => {
  for (const count of [1, 2, 5, 16, 64]) {
    const nodes = gaussLegendre(count);
    assert.ok(nodes.every(({ at, weight }, i) => at > (nodes[i - 1]?.at ?? 0) && at < 1 && weight > 0));
    for (const degree of [0, 1, count, 2 * count - 1]) {
      const integral = nodes.reduce((sum, { at, weight }) => sum + weight * at ** degree, 0);
      assert.ok(
        Math.abs(integral - 1 / (degree + 1)) < 1e-12,
        `${count} nodes, degree ${degree}: ${integral}`,
      );
    }
  }
});

test("linear interpolation: rows sum to one, equal sizes change nothing, edges are held", () => {
  for (const [from, to] of [
    [1, 5],
    [4, 16],
    [8, 13],
    [13, 8],
    [6, 6],
  ]) {
    const matrix = linearInterpolation(from, to);
    for (let row = 0; row < to; row++) {
      const weights = matrix.subarray(row * from, (row + 1) * from);
      assert.ok(Math.abs(weights.reduce((a, b) => a + b) - 1) < 1e-6);
      if (from === to) assert.is(weights[row], 1);
    }
    assert.is(matrix[0] > 0, true);
  }
  // 0, 1 doubled, as PyTorch's interpolate(align_corners=False) gives it.
  const doubled = matrixProduct(linearInterpolation(2, 4), Float32Array.of(0, 1), 2);
  assert.equal([...doubled], [0, 0.25, 0.75, 1]);
});

test("the noise tile is standard normal, and no two samples are cut at the same place", () => {
  const { tile, places } = noiseTile(20, 30, 256, 7);
  assert.is(tile.length, (20 + NOISE_MARGIN) * (30 + NOISE_MARGIN));
  const mean = tile.reduce((a, b) => a + b) / tile.length;
  const variance = tile.reduce((sum, value) => sum + (value - mean) ** 2, 0) / tile.length;
  assert.ok(Math.abs(mean) < 0.05 && Math.abs(variance - 1) < 0.05);
  assert.is(new Set(places.map(String)).size, 256);
  assert.ok(places.every(([row, column]) => row < NOISE_MARGIN && column < NOISE_MARGIN));
});

test("stratified draws lie one in each part", () => {
  assert.ok(stratified(10, 3).every((at, index) => at >= index / 10 && at < (index + 1) / 10));
  assert.equal(stratified(10, 3), stratified(10, 3));
});

test.run();
