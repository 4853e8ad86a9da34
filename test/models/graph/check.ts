// Compares the gradients that the differentiator writes with central differences of the graph itself.
import * as assert from "uvu/assert";
import { GraphBuilder, gradients, type Tensor } from "../../../models/graph/index.ts";
import { compileGraph, count, random, type Values } from "./run.ts";

export interface Case {
  /** Shapes of the inputs, all of which are differentiated. */
  inputs: readonly (readonly number[])[];
  build(g: GraphBuilder, inputs: readonly Tensor[]): Tensor | readonly Tensor[];
  /** Maps the random numbers in [-1, 1), for operators with a smaller domain or with kinks. */
  values?: ((value: number, index: number) => number) | undefined;
  step?: number;
  tolerance?: number;
  seed?: number;
}

/** Numbers at least 0.1 away from each other, so that no maximum changes hands under a small step. */
export function distinct(value: number, index: number): number {
  return ((index * 37) % 101) * 0.1 - 5 + value * 0.02;
}

/** Away from zero, for kinks there. */
export function awayFromZero(value: number): number {
  return value < 0 ? value - 0.1 : value + 0.1;
}

export function positive(value: number): number {
  return value * 0.5 + 1;
}

/** Fails unless d (weighted sum of the outputs) / d inputs agrees with central differences. */
export async function checkGradients({
  inputs,
  build,
  values,
  step = 1e-2,
  tolerance = 2e-3,
  seed = 1,
}: Case) {
  const next = random(seed);
  const forward = new GraphBuilder();
  const full = new GraphBuilder();
  const feeds: Values = {};
  const make = (g: GraphBuilder) => {
    const tensors = inputs.map((shape, index) => g.input(`x${index}`, "float32", shape));
    const built = build(g, tensors);
    return { tensors, results: Array.isArray(built) ? (built as readonly Tensor[]) : [built as Tensor] };
  };

  const plain = make(forward);
  for (const [index, result] of plain.results.entries()) forward.output(`y${index}`, result);
  for (const tensor of plain.tensors) {
    feeds[tensor.name] = Float32Array.from({ length: count(tensor) }, (_, i) =>
      values ? values(next(), i) : next(),
    );
  }
  const weights = plain.results.map((result) => Float32Array.from({ length: count(result) }, () => next()));

  const { tensors, results } = make(full);
  const total = results
    .map((result, i) =>
      full.reduceSum(full.mul(result, full.constant(weights[i], "float32", result.shape as number[]))),
    )
    .reduce((a, b) => full.add(a, b));
  for (const [index, gradient] of gradients(full, total, tensors).entries()) {
    assert.equal(gradient.shape, inputs[index], `shape of the gradient of input ${index}`);
    full.output(`d${index}`, gradient);
  }
  const run = await compileGraph(forward);
  const found = await (await compileGraph(full))(feeds);

  const value = async () => {
    const outputs = await run(feeds);
    let sum = 0;
    for (const [i, list] of weights.entries())
      for (const [k, weight] of list.entries()) sum += weight * outputs[`y${i}`][k];
    return sum;
  };
  for (const [index, { name }] of tensors.entries()) {
    const data = feeds[name];
    const gradient = found[`d${index}`];
    const expected = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const before = data[i];
      data[i] = before + step;
      const [above, high] = [data[i], await value()];
      data[i] = before - step;
      const [below, low] = [data[i], await value()];
      data[i] = before;
      expected[i] = (high - low) / (above - below);
    }
    const scale = Math.max(1e-3, ...expected.map(Math.abs));
    for (let i = 0; i < data.length; i++) {
      const error = Math.abs(expected[i] - gradient[i]) / scale;
      assert.ok(
        error <= tolerance,
        `input ${index}, element ${i}: gradient ${gradient[i]}, central difference ${expected[i]} (largest ${scale})`,
      );
    }
  }
}
