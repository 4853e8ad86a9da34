// Matrix products, convolutions, poolings, resizing.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder, gradients } from "../../../models/graph/index.ts";
import { checkGradients, distinct } from "./check.ts";
import { compileGraph, random } from "./run.ts";

const MATRICES: [number[], number[]][] = [
  [
    [3, 4],
    [4, 2],
  ],
  [
    [2, 3, 4],
    [4, 2],
  ],
  [
    [2, 3, 4],
    [2, 4, 2],
  ],
  [
    [2, 1, 3, 4],
    [3, 4, 2],
  ],
  [
    [3, 4],
    [2, 4, 2],
  ],
  [[4], [4, 2]],
  [[2, 3, 4], [4]],
  [[4], [4]],
  [[4], [2, 4, 3]],
];
for (const inputs of MATRICES) {
  test(`MatMul ${JSON.stringify(inputs)}`, () =>
    checkGradients({ inputs, build: (g, [a, b]) => g.matmul(a, b) }));
}
for (const transA of [0, 1]) {
  for (const transB of [0, 1]) {
    test(`Gemm transA ${transA} transB ${transB}`, () =>
      checkGradients({
        inputs: [
          transA ? [4, 3] : [3, 4],
          transB ? [2, 4] : [4, 2],
          [[2], [3, 1], [], [3, 2]][transA * 2 + transB],
        ],
        build: (g, [a, b, c]) => g.op("Gemm", [a, b, c], { transA, transB, alpha: 0.5, beta: 2 }),
      }));
  }
}

interface Convolution {
  x: number[];
  w: number[];
  strides?: number[];
  dilations?: number[];
  pads?: number[];
  group?: number;
  auto_pad?: string;
  output_padding?: number[];
}
const CONVOLUTIONS: Convolution[] = [
  { x: [2, 3, 5, 6], w: [4, 3, 3, 3], pads: [1, 1, 1, 1] },
  { x: [2, 3, 5, 6], w: [4, 3, 1, 1] },
  { x: [2, 3, 5, 6], w: [4, 3, 1, 1], strides: [2, 2] },
  { x: [2, 2, 7, 8], w: [3, 2, 3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { x: [2, 2, 8, 7], w: [3, 2, 3, 3], strides: [2, 1], pads: [1, 0, 0, 2] },
  { x: [1, 2, 9, 8], w: [2, 2, 3, 2], dilations: [2, 3], pads: [2, 1, 2, 1] },
  { x: [1, 2, 9, 8], w: [2, 2, 2, 3], dilations: [2, 1], strides: [3, 2] },
  { x: [2, 4, 5, 5], w: [4, 1, 3, 3], group: 4, pads: [1, 1, 1, 1] },
  { x: [2, 4, 6, 5], w: [8, 1, 3, 3], group: 4, pads: [1, 1, 1, 1], strides: [2, 2] },
  { x: [2, 4, 5, 5], w: [6, 2, 3, 3], group: 2, pads: [1, 1, 1, 1] },
  { x: [2, 3, 5, 6], w: [4, 3, 2, 4], auto_pad: "SAME_UPPER" },
  { x: [2, 3, 5, 6], w: [4, 3, 3, 2], auto_pad: "SAME_LOWER", strides: [2, 2] },
  { x: [2, 2, 3, 3], w: [3, 2, 2, 2], pads: [3, 3, 3, 3] },
  { x: [2, 3, 11], w: [4, 3, 5], strides: [2], pads: [2, 2] },
  { x: [2, 4, 9], w: [4, 1, 3], group: 4, pads: [1, 1] },
];
for (const { x, w, ...attributes } of CONVOLUTIONS) {
  test(`Conv ${JSON.stringify({ x, w, ...attributes })}`, () =>
    checkGradients({
      inputs: [x, w, [w[0]]],
      build: (g, [x, w, b]) => g.op("Conv", [x, w, b], attributes),
    }));
}
const TRANSPOSED: Convolution[] = [
  { x: [2, 3, 3, 4], w: [3, 2, 3, 3], strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
  { x: [2, 3, 3, 4], w: [3, 2, 2, 2], strides: [2, 2] },
  { x: [2, 4, 4, 3], w: [4, 1, 3, 3], strides: [2, 1], group: 2, dilations: [1, 2] },
  { x: [2, 3, 5], w: [3, 2, 4], strides: [3], pads: [1, 0] },
];
for (const { x, w, ...attributes } of TRANSPOSED) {
  test(`ConvTranspose ${JSON.stringify({ x, w, ...attributes })}`, () =>
    checkGradients({
      inputs: [x, w, [w[1] * (attributes.group ?? 1)]],
      build: (g, [x, w, b]) => g.op("ConvTranspose", [x, w, b], attributes),
    }));
}

const POOLINGS: { x: number[]; attributes: Record<string, number | string | number[]> }[] = [
  { x: [2, 2, 4, 6], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
  { x: [2, 2, 5, 7], attributes: { kernel_shape: [2, 3], strides: [2, 3] } },
  { x: [2, 2, 5, 7], attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 } },
  { x: [2, 2, 6, 7], attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
  { x: [2, 2, 6, 7], attributes: { kernel_shape: [3, 3], strides: [1, 2] } },
  { x: [1, 2, 6, 6], attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } },
  { x: [1, 2, 6, 7], attributes: { kernel_shape: [2, 2], strides: [1, 1], auto_pad: "SAME_UPPER" } },
  { x: [2, 3, 9], attributes: { kernel_shape: [4], strides: [4] } },
  { x: [2, 3, 9], attributes: { kernel_shape: [3], strides: [2], pads: [1, 1] } },
  { x: [1, 2, 4, 4], attributes: { kernel_shape: [1, 1], strides: [2, 2] } },
];
for (const { x, attributes } of POOLINGS) {
  for (const op of ["MaxPool", "AveragePool"]) {
    test(`${op} ${JSON.stringify({ x, ...attributes })}`, () =>
      checkGradients({
        inputs: [x],
        values: distinct,
        tolerance: 5e-3,
        build: (g, [x]) => g.op(op, [x], attributes),
      }));
  }
}
test("AveragePool counting its padding", () =>
  checkGradients({
    inputs: [[2, 2, 6, 7]],
    build: (g, [x]) =>
      g.op("AveragePool", [x], {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        count_include_pad: 1,
      }),
  }));
test("GlobalAveragePool, GlobalMaxPool", () =>
  checkGradients({
    inputs: [[2, 3, 4, 5]],
    values: distinct,
    tolerance: 5e-3,
    build: (g, [x]) => [g.op("GlobalAveragePool", [x]), g.op("GlobalMaxPool", [x])],
  }));

test("MaxPool gives the whole gradient of a window with ties, once", async () => {
  for (const strides of [
    [2, 2],
    [1, 1],
  ]) {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [1, 1, 2, 2]);
    const y = g.op("MaxPool", [x], { kernel_shape: [2, 2], strides });
    g.output("d", gradients(g, y, [x])[0]);
    const { d } = await (await compileGraph(g))({ x: Float32Array.of(3, 3, 3, 3) });
    assert.is(
      d.reduce((a, b) => a + b),
      1,
    );
  }
});

const RESIZES: {
  x: number[];
  sizes?: number[];
  scales?: number[];
  mode: string;
  coordinates: string;
  nearest?: string;
}[] = [];
for (const coordinates of ["asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"]) {
  RESIZES.push(
    { x: [2, 2, 3, 4], scales: [1, 1, 2, 2], mode: "linear", coordinates },
    { x: [2, 2, 3, 4], sizes: [2, 2, 7, 5], mode: "linear", coordinates },
    { x: [2, 2, 6, 5], sizes: [2, 2, 4, 1], mode: "linear", coordinates },
    { x: [2, 3, 5], sizes: [2, 3, 12], mode: "linear", coordinates },
  );
  for (const nearest of ["floor", "round_prefer_floor", "round_prefer_ceil", "ceil"]) {
    RESIZES.push(
      { x: [1, 2, 3, 4], scales: [1, 1, 2, 3], mode: "nearest", coordinates, nearest },
      { x: [1, 2, 3, 4], sizes: [1, 2, 5, 7], mode: "nearest", coordinates, nearest },
      { x: [1, 2, 6, 7], sizes: [1, 2, 4, 3], mode: "nearest", coordinates, nearest },
    );
  }
}
for (const { x, sizes, scales, mode, coordinates, nearest } of RESIZES) {
  test(`Resize ${JSON.stringify({ x, sizes, scales, mode, coordinates, nearest })}`, () =>
    checkGradients({
      inputs: [x],
      build: (g, [x]) =>
        g.op("Resize", [x, undefined, scales && g.constant(scales), sizes && g.int64(sizes)], {
          mode,
          coordinate_transformation_mode: coordinates,
          nearest_mode: nearest,
        }),
    }));
}
test("Resize enlarging a picture as decoders do, 64 x 64 to 128 x 257", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [1, 1, 64, 64]);
  const y = g.op("Resize", [x, undefined, undefined, g.int64([1, 1, 128, 257])], { mode: "linear" });
  const r = g.input("r", "float32", [1, 1, 128, 257]);
  g.output("value", g.reduceSum(g.mul(y, r)));
  const [d] = gradients(g, y, [x], { seed: r });
  g.output("same", g.reduceSum(g.mul(d, x)));
  const next = random(3);
  const { value, same } = await (await compileGraph(g))({
    x: Float32Array.from({ length: 64 * 64 }, next),
    r: Float32Array.from({ length: 128 * 257 }, next),
  });
  // A linear map and its transpose: <A x, r> = <x, A' r>.
  assert.ok(
    Math.abs(value[0] - same[0]) < 1e-3 * Math.max(1, Math.abs(value[0])),
    `${value[0]} and ${same[0]}`,
  );
});

test.run();
