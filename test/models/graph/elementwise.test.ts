import { test } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder, gradients, type Tensor } from "../../../models/graph/index.ts";
import { awayFromZero, type Case, checkGradients, positive } from "./check.ts";
import { compileGraph } from "./run.ts";

function unary(op: string, attributes = {}, values?: Case["values"]) {
  test(`${op} ${JSON.stringify(attributes)}`, () =>
    checkGradients({ inputs: [[3, 4]], values, build: (g, [x]) => g.op(op, [x], attributes) }));
}

unary("Relu", {}, awayFromZero);
unary("LeakyRelu", { alpha: 0.3 }, awayFromZero);
unary("LeakyRelu", {}, awayFromZero);
unary("Sigmoid");
unary("Tanh");
unary("HardSigmoid", { alpha: 0.7 }, (v) => v * 1.3 + 0.011);
unary("HardSwish", {}, (v) => v * 5 + 0.017);
unary("Elu", { alpha: 1.5 }, awayFromZero);
unary("Softplus");
unary("Selu", {}, awayFromZero);
unary("Softsign", {}, awayFromZero);
unary("Exp");
unary("Log", {}, positive);
unary("Sqrt", {}, positive);
unary("Reciprocal", {}, positive);
unary("Sin");
unary("Cos");
unary("Erf");
unary("Abs", {}, awayFromZero);
unary("Neg");
unary("Identity");
unary("Dropout");

for (const approximate of ["none", "tanh"]) {
  test(`Gelu, approximate ${approximate}`, () =>
    checkGradients({
      inputs: [[9]],
      values: (v) => 2 * v,
      build: (g, [x]) => {
        g.opset = 20;
        return g.op("Gelu", [x], { approximate });
      },
    }));
}

test("Cast between floats", () =>
  checkGradients({
    inputs: [[3]],
    build: (g, [x]) => g.cast(g.mul(g.cast(x, "float64"), g.constant(2.5, "float64")), "float32"),
  }));

const clipped = (v: number, i: number) => v * 2 + (i % 2) * 0.013;
test("Clip, both bounds", () =>
  checkGradients({
    inputs: [[12]],
    values: clipped,
    build: (g, [x]) => g.op("Clip", [x, g.constant(-0.5), g.constant(0.7)]),
  }));
test("Clip, one bound", () =>
  checkGradients({
    inputs: [[12]],
    values: clipped,
    build: (g, [x]) => g.op("Clip", [x, undefined, g.constant(0.7)]),
  }));

/** Operand shapes that broadcast in every way: leading, inner, both, scalars. */
const PAIRS: [number[], number[]][] = [
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
  [[2, 3, 4], [4]],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [[], [2, 3]],
  [[1], [2, 3]],
];
for (const op of ["Add", "Sub", "Mul", "Div", "Pow"]) {
  for (const inputs of PAIRS) {
    test(`${op} ${JSON.stringify(inputs)}`, () =>
      checkGradients({ inputs, values: positive, tolerance: 4e-3, build: (g, [a, b]) => g.op(op, [a, b]) }));
  }
}
for (const op of ["Max", "Min"]) {
  test(`${op} of three, broadcast`, () =>
    checkGradients({
      inputs: [[2, 3], [3], [2, 1]],
      step: 1e-3,
      tolerance: 1e-2,
      build: (g, inputs) => g.op(op, inputs),
    }));
}
for (const op of ["Sum", "Mean"]) {
  test(`${op} of three, broadcast`, () =>
    checkGradients({ inputs: [[2, 3], [3], [2, 1]], build: (g, inputs) => g.op(op, inputs) }));
}
for (const exponent of [0.5, 1, 2, 3, -1.5]) {
  test(`Pow with the constant ${exponent}`, () =>
    checkGradients({
      inputs: [[5]],
      values: positive,
      build: (g, [x]) => g.op("Pow", [x, g.constant(exponent)]),
    }));
}
test("PRelu", () =>
  checkGradients({
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
    values: awayFromZero,
    build: (g, [x, slope]) => g.op("PRelu", [x, slope]),
  }));
test("Where, broadcast", () =>
  checkGradients({
    inputs: [[2, 3, 4], [4], [3, 1]],
    values: awayFromZero,
    build: (g, [x, a, b]) => g.where(g.op("Greater", [x, g.constant(0)]), a, b),
  }));

test("a tensor used several times collects all its gradients", () =>
  checkGradients({
    inputs: [[2, 3]],
    build: (g, [x]) => [g.mul(x, g.exp(x)), g.reduceMean(g.mul(x, x)), g.sub(x, g.sigmoid(x))],
  }));

async function derivative(
  build: (g: GraphBuilder, x: Tensor) => Tensor,
  values: number[],
): Promise<number[]> {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [values.length]);
  g.output("d", gradients(g, build(g, x), [x])[0]);
  return [...(await (await compileGraph(g))({ x: Float32Array.from(values) }))["d"]];
}

test("kinks: zero for Relu at 0, sign(0) for Abs, bounds inside for Clip, ties shared by Max", async () => {
  assert.equal(await derivative((g, x) => g.relu(x), [-1, 0, 1e-30, 2]), [0, 0, 1, 1]);
  assert.equal(await derivative((g, x) => g.op("Abs", [x]), [-3, 0, 1e-20]), [-1, 0, 1]);
  const clip = (g: GraphBuilder, x: Tensor) => g.op("Clip", [x, g.constant(0), g.constant(1)]);
  assert.equal(await derivative(clip, [-0.5, 0, 0.5, 1, 1.5]), [0, 1, 1, 1, 0]);
  assert.equal(await derivative((g, x) => g.op("Max", [x, g.constant(1)]), [0, 1, 2]), [0, 0.5, 1]);
});

test("operators without a derivative stop the gradient", async () => {
  for (const op of ["Floor", "Ceil", "Round", "Sign"]) {
    assert.equal(await derivative((g, x) => g.add(g.op(op, [x]), x), [0.3, 1.7]), [1, 1]);
  }
  const hit = (g: GraphBuilder, x: Tensor) =>
    g.mul(g.cast(g.op("Greater", [x, g.constant(0)]), "float32"), x);
  assert.equal(await derivative(hit, [-2, 3]), [0, 1]);
  assert.equal(await derivative((g, x) => g.mul(g.stopGradient(x), x), [-2, 3]), [-2, 3]);
  assert.equal(await derivative((g, x) => g.reduceSum(g.stopGradient(x)), [-2, 3]), [0, 0]);
});

test.run();
