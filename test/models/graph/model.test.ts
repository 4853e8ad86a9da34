// The builder itself, reading and writing files, and what is refused.
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  decodeModel,
  dependsOn,
  encodeModel,
  GraphBuilder,
  gradients,
  guidedRelu,
  type Tensor,
} from "../../../models/graph/index.ts";
import {
  type AttributeMessage,
  type NodeMessage,
  readModel,
  type TensorMessage,
  writeModel,
} from "../../../models/graph/onnx/schema.ts";
import { fixtureBytes } from "./fixtures.ts";
import { compile, compileGraph, random } from "./run.ts";

const ints = (name: string, values: number[]): AttributeMessage => ({ name, ints: values, type: 7 });
const int = (name: string, value: number): AttributeMessage => ({ name, int: value, type: 2 });
const float = (name: string, value: number): AttributeMessage => ({ name, float: value, type: 1 });
const label = (name: string, value: string): AttributeMessage => ({
  name,
  text: new TextEncoder().encode(value),
  type: 3,
});

/** A file with one input x and one output y, as other tools write them. */
function file(
  opset: number,
  shape: number[],
  nodes: NodeMessage[],
  initializers: TensorMessage[] = [],
  elementType = 1,
): Uint8Array {
  const value = (name: string, dims?: number[]) => ({
    name,
    type: { tensor: { elementType, ...(dims && { shape: { dims: dims.map((value) => ({ value })) } }) } },
  });
  return writeModel({
    irVersion: 7,
    opsets: [{ domain: "", version: opset }],
    graph: {
      name: "g",
      nodes: nodes.map((node, i) => ({ name: `n${i}`, ...node })),
      initializers,
      inputs: [value("x", shape)],
      outputs: [value("y")],
    },
  });
}

/** Reads the file, writes it anew and compares what onnxruntime makes of both. */
async function sameResults(bytes: Uint8Array, shape: number[]): Promise<GraphBuilder> {
  const g = decodeModel(bytes);
  const next = random(5);
  const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next);
  const expected = await (await compile(bytes, { x: shape }))({ x });
  const found = await (await compile(encodeModel(g), { x: shape }))({ x });
  assert.is(found["y"].length, expected["y"].length);
  assert.ok(found["y"].every((value, i) => Math.abs(value - expected["y"][i]) < 1e-6));
  const inferred = g.outputs.get("y")!.shape.reduce((a: number, b) => a * (b as number), 1);
  assert.is(inferred, expected["y"].length);
  return g;
}

const OLD: Record<string, { shape: number[]; nodes: NodeMessage[]; initializers?: TensorMessage[] }> = {
  "Slice, Squeeze, Unsqueeze, ReduceMean with attributes": {
    shape: [2, 1, 6, 4],
    nodes: [
      {
        op: "Slice",
        inputs: ["x"],
        outputs: ["a"],
        attributes: [ints("starts", [1]), ints("ends", [-1]), ints("axes", [2])],
      },
      { op: "Squeeze", inputs: ["a"], outputs: ["b"], attributes: [ints("axes", [1])] },
      { op: "Unsqueeze", inputs: ["b"], outputs: ["c"], attributes: [ints("axes", [0, 3])] },
      {
        op: "ReduceMean",
        inputs: ["c"],
        outputs: ["y"],
        attributes: [ints("axes", [2]), int("keepdims", 0)],
      },
    ],
  },
  "Pad, Clip, Dropout, Split with attributes": {
    shape: [2, 5],
    nodes: [
      {
        op: "Pad",
        inputs: ["x"],
        outputs: ["a"],
        attributes: [ints("pads", [0, 1, 0, 2]), float("value", 0.5)],
      },
      { op: "Clip", inputs: ["a"], outputs: ["b"], attributes: [float("min", -0.5), float("max", 0.25)] },
      { op: "Dropout", inputs: ["b"], outputs: ["c"], attributes: [float("ratio", 0.3)] },
      {
        op: "Split",
        inputs: ["c"],
        outputs: ["d", "e"],
        attributes: [int("axis", 1), ints("split", [4, 4])],
      },
      { op: "Sub", inputs: ["d", "e"], outputs: ["y"] },
    ],
  },
  "Softmax that flattens": {
    shape: [2, 3, 4],
    nodes: [{ op: "Softmax", inputs: ["x"], outputs: ["y"], attributes: [int("axis", 1)] }],
  },
  "Upsample with scales; weights in typed fields": {
    shape: [1, 2, 3, 3],
    nodes: [
      { op: "Conv", inputs: ["x", "w"], outputs: ["a"], attributes: [ints("kernel_shape", [1, 1])] },
      { op: "Upsample", inputs: ["a", "scales"], outputs: ["y"], attributes: [label("mode", "nearest")] },
    ],
    initializers: [
      { name: "w", dims: [2, 2, 1, 1], dataType: 1, floatData: [1, -2, 0.5, 3] },
      { name: "scales", dims: [4], dataType: 1, floatData: [1, 1, 2, 2] },
    ],
  },
  "Reshape by computed sizes": {
    shape: [2, 3, 4],
    nodes: [
      { op: "Shape", inputs: ["x"], outputs: ["s"] },
      { op: "Gather", inputs: ["s", "zero"], outputs: ["n"], attributes: [int("axis", 0)] },
      { op: "Unsqueeze", inputs: ["n"], outputs: ["n1"], attributes: [ints("axes", [0])] },
      { op: "Concat", inputs: ["n1", "minus"], outputs: ["to"], attributes: [int("axis", 0)] },
      { op: "Reshape", inputs: ["x", "to"], outputs: ["y"] },
    ],
    initializers: [
      { name: "zero", dims: [], dataType: 7, int64Data: [0] },
      { name: "minus", dims: [1], dataType: 7, int64Data: [-1] },
    ],
  },
};
for (const [name, { shape, nodes, initializers }] of Object.entries(OLD)) {
  test(`operator set 9: ${name}`, async () => {
    const g = await sameResults(file(9, shape, nodes, initializers), shape);
    gradients(g, g.outputs.get("y")!, [g.inputs[0]]);
  });
}

test("nodes may be called like tensors of other nodes", async () => {
  const nodes = [
    { op: "Relu", name: "y", inputs: ["x"], outputs: ["z"] },
    { op: "Exp", name: "z", inputs: ["z"], outputs: ["y"] },
  ];
  const g = await sameResults(file(17, [2, 3], nodes), [2, 3]);
  assert.equal([g.tensor("y").name, g.nodes[1].name], ["y", "z"]);
});

test("shape arithmetic leaves no nodes behind", () => {
  const { shape, nodes, initializers } = OLD["Reshape by computed sizes"];
  const written = readModel(encodeModel(decodeModel(file(9, shape, nodes, initializers))));
  assert.equal(
    written.graph?.nodes?.map((node) => node.op),
    ["Reshape"],
  );
});

test("a decoded and written model decodes to the same", async () => {
  const g = decodeModel(fixtureBytes("exported-17.onnx"));
  assert.equal(encodeModel(decodeModel(encodeModel(g))), encodeModel(g));
});

test("half precision is refused, or computed in single precision where asked", async () => {
  const halves = new Uint8Array(Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7bff).buffer);
  const bytes = file(
    13,
    [4],
    [{ op: "Mul", inputs: ["x", "w"], outputs: ["y"] }],
    [{ name: "w", dims: [4], dataType: 10, rawData: halves }],
    10,
  );
  assert.throws(() => decodeModel(bytes), /initializer "w" is float16.*convert/);
  const g = decodeModel(bytes, { float16: "convert" });
  const { y } = await (await compileGraph(g))({ x: Float32Array.of(1, 1, 1, 1) });
  assert.equal([...y], [1, -2.5, 2 ** -24, 65504]);
});

const REFUSED: [string, () => unknown, RegExp][] = [
  ["text", () => decodeModel(new TextEncoder().encode("this is no model at all")), /no ONNX model/],
  [
    "a cut file",
    () => decodeModel(fixtureBytes("exported-17.onnx").slice(0, 6000)),
    /no ONNX model|cut off|nothing/,
  ],
  ["nothing", () => decodeModel(new Uint8Array()), /no ONNX model/],
  ["an old operator set", () => decodeModel(file(7, [1], [])), /operator set 7.*17/],
  [
    "an unknown operator",
    () => decodeModel(file(17, [2], [{ op: "Frobnicate", name: "here", inputs: ["x"], outputs: ["y"] }])),
    /"Frobnicate" \(node "here"\) is not supported/,
  ],
  [
    "another domain",
    () => decodeModel(file(17, [2], [{ op: "FusedGelu", domain: "com.x", inputs: ["x"], outputs: ["y"] }])),
    /com\.x\.FusedGelu/,
  ],
  [
    "a subgraph",
    () =>
      decodeModel(
        file(
          17,
          [2],
          [{ op: "If", inputs: ["x"], outputs: ["y"], attributes: [{ name: "then_branch", type: 5 }] }],
        ),
      ),
    /If \(node ".*"\) depends on what is heard/,
  ],
  [
    "external data",
    () => decodeModel(file(17, [2], [], [{ name: "w", dims: [2], dataType: 1, dataLocation: 1 }])),
    /"w" lies in an external file/,
  ],
  [
    "missing elements",
    () => decodeModel(file(17, [2], [], [{ name: "w", dims: [3], dataType: 1, floatData: [1] }])),
    /"w" has 1 elements.*wants 3/,
  ],
  [
    "an undefined input",
    () => decodeModel(file(17, [2], [{ op: "Relu", inputs: ["z"], outputs: ["y"] }])),
    /"n0" reads "z"/,
  ],
];
for (const [name, act, message] of REFUSED) test(`refused: ${name}`, () => assert.throws(act, message));

test("an operator without a gradient is refused by its name and node, when a gradient must pass it", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [3, 4]);
  const [top] = g.ops("TopK", [x, g.int64([2])], {}, { outputs: 2, name: "best" });
  assert.throws(() => gradients(g, g.reduceSum(top), [x]), /Cannot differentiate TopK \(node "best"\)/);
  gradients(g, g.reduceSum(g.stopGradient(top)), [x]);
  assert.throws(() => gradients(g, g.op("ArgMax", [x]), [x]), /int64; only float/);
});

test("a slice of an open size is not guessed", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", "T"]);
  assert.equal(g.slice(x, 1, 0, 1).shape, ["B", 1]);
  assert.is.not(g.slice(x, 1, 0, 100).shape[1], 100);
  assert.throws(() => gradients(g, g.slice(x, 1, 0, 100), [x]), /dimension 1 of "x".*fixed/);
  assert.throws(
    () => gradients(g, g.add(x, g.input("y", "float32", ["B", "S"])), [x]),
    /Cannot tell whether/,
  );
});

test("wrong calls are refused where they are made", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 3, 8, 8]);
  const w = g.parameter("w", new Float32Array(4 * 2 * 9), [4, 2, 3, 3]);
  assert.throws(
    () => g.op("Conv", [x, w], {}, { name: "first" }),
    /Conv \(node "first"\).*3 channels.*wants 2/,
  );
  assert.throws(() => g.add(x, g.constant([1, 2])), /do not broadcast/);
  assert.throws(
    () => g.matmul(x, g.constant(new Float32Array(15), "float32", [5, 3])),
    /inner sizes 8 and 5/,
  );
  assert.throws(() => g.reshape(g.constant([1, 2, 3]), [2, -1]), /cannot become/);
  assert.throws(() => g.add(x, g.int64([1])), /float32.*int64/);
  assert.throws(() => g.parameter("w", [1], [1]), /already has something named "w"/);
  assert.throws(() => new GraphBuilder().add(x, 1), /belongs to another graph/);
  assert.throws(() => encodeModel(g), /no outputs/);
  assert.throws(() => g.constant([1, 2, 3], "float32", [2, 2]), /3 elements do not fill/);
});

test("an open batch stays open, through shapes, gradients and a run with two sizes", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 1, 6, 4]);
  const w = g.parameter("w", Float32Array.from({ length: 18 }, random(1)), [2, 1, 3, 3]);
  const y = g.relu(g.op("Conv", [x, w], { strides: [2, 1], pads: [1, 1, 1, 1] }));
  assert.equal(y.shape, ["B", 2, 3, 4]);
  const flat = g.op("Flatten", [y]);
  assert.equal(flat.shape, ["B", 24]);
  assert.equal(g.reshape(y, [-1, 4]).shape, ["6*B", 4]);
  const score = g.reduceMean(g.mul(flat, flat));
  const [dx, dw] = gradients(g, score, [x, w]);
  assert.equal([dx.shape, dw.shape], [x.shape, w.shape]);
  g.output("dx", dx);
  g.output("score", score);
  const bytes = encodeModel(g);
  const one = Float32Array.from({ length: 24 }, random(2));
  const single = await (await compile(bytes, { x: [1, 1, 6, 4] }))({ x: one });
  const double = await (await compile(bytes, { x: [2, 1, 6, 4] }))({ x: Float32Array.of(...one, ...one) });
  assert.ok(Math.abs(single["score"][0] - double["score"][0]) < 1e-6);
  // The mean is over twice as many elements: half the gradient each.
  for (let i = 0; i < 48; i++) assert.ok(Math.abs(double["dx"][i] * 2 - single["dx"][i % 24]) < 1e-6);
});

test("a frozen graph inside another: same results, gradients through it, weights fed only for the outer one", async () => {
  const inner = new GraphBuilder();
  const u = inner.input("features", "float32", ["B", 3]);
  const frozen = inner.parameter("w", [0.5, -1, 2, 1, 0.25, -0.5], [3, 2]);
  inner.output("logits", inner.matmul(inner.relu(u), frozen));

  const g = new GraphBuilder();
  const x = g.input("x", "float32", [4, 3]);
  const w = g.parameter("w", [1, 2, 3], [3]);
  const { logits } = g.append(inner, { features: g.mul(x, w) });
  assert.equal(logits.shape, [4, 2]);
  g.output("dw", gradients(g, logits, [w])[0]);
  const fed = decodeModel(encodeModel(g, { parameters: "inputs" }));
  assert.equal(
    fed.inputs.map(({ name }) => name),
    ["x", "w"],
  );
  const values = Float32Array.from({ length: 12 }, random(4));
  const run = await compile(encodeModel(g, { parameters: "inputs" }), { x: [4, 3], w: [3] });
  const { dw } = await run({ x: values, w: Float32Array.of(1, 2, 3) });
  const rows = [-0.5, 3, -0.25]; // sums of the frozen rows
  for (let k = 0; k < 3; k++) {
    const column = [0, 1, 2, 3].map((n) => values[n * 3 + k]);
    const expected = column.reduce((sum, value) => sum + (value > 0 ? value * rows[k] : 0), 0);
    assert.ok(Math.abs(dw[k] - expected) < 1e-5, `${dw[k]} and ${expected}`);
  }
  assert.throws(() => g.append(inner, {}), /no tensor given for the input "features"/);
  assert.throws(() => g.append(inner, { features: g.input("v", "float32", [4, 5]) }), /\[B, 3\].*\[4, 5\]/);
  assert.throws(() => g.append(inner, { features: x, other: x }), /no input "other"/);
});

test("append: a graph that is appended many times brings its weights once", () => {
  const inner = new GraphBuilder();
  const x = inner.input("x", "float32", ["B", 30]);
  const weights = Float32Array.from({ length: 900 }, (_, i) => i / 900);
  inner.output("y", inner.matmul(x, inner.parameter("w", weights, [30, 30])));
  const size = (times: number) => {
    const g = new GraphBuilder();
    let y = g.input("x", "float32", ["B", 30]);
    for (let n = 0; n < times; n++) y = g.append(inner, { x: y })["y"];
    g.output("y", y);
    return encodeModel(g).length;
  };
  assert.ok(size(5) - size(1) < 1000, `${size(5) - size(1)} bytes for four more`);
});

test("equal tables are kept once, those that differ in one element are not", () => {
  const g = new GraphBuilder();
  const table = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));
  const other = table.slice();
  other[99] += 1e-6;
  assert.is(g.constant(table, "float32", [10, 10]), g.constant(table.slice(), "float32", [10, 10]));
  assert.is.not(g.constant(table, "float32", [10, 10]), g.constant(table, "float32", [100]));
  assert.is.not(g.constant(table, "float32", [10, 10]), g.constant(other, "float32", [10, 10]));
});

test("overrides replace the rule of an operator: guided backpropagation", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [4]);
  const y = g.mul(g.relu(x), g.constant([1, -1, 1, -1]));
  g.output("plain", gradients(g, y, [x])[0]);
  g.output("guided", gradients(g, y, [x], { overrides: { Relu: guidedRelu } })[0]);
  const found = await (await compileGraph(g))({ x: Float32Array.of(1, 1, -1, -1) });
  assert.equal([...found["plain"]], [1, -1, 0, 0]);
  assert.equal([...found["guided"]], [1, 0, 0, 0]);
});

test("gradients with respect to a layer inside, found by its name in a decoded file", () => {
  const g = decodeModel(fixtureBytes("exported-17.onnx"));
  const layer = g.nodes.find(({ op }) => op === "Conv")!.outputs[0];
  assert.is(g.tensor(layer.name), layer);
  const [gradient] = gradients(g, g.outputs.get("y")!, [layer]);
  assert.equal(gradient.shape, layer.shape);
  assert.throws(() => g.tensor("nowhere"), /no tensor "nowhere"/);
});

test("a tensor that is turned round and back is no way to the result, unless it is held", async () => {
  for (const held of [false, true]) {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, 3]);
    const turned = g.transpose(g.exp(x), [1, 0]);
    const inside = held ? g.held(turned) : turned;
    const y = g.reduceSum(g.mul(g.transpose(inside, [1, 0]), 2));
    assert.is(dependsOn(g, y, inside), held);
    assert.ok(dependsOn(g, y, x) && dependsOn(g, y, y) && !dependsOn(g, x, y));
    g.output("d", gradients(g, y, [inside])[0]);
    const { d } = await (await compileGraph(g))({ x: new Float32Array(6) });
    assert.equal([...d], new Array(6).fill(held ? 2 : 0));
  }
});

test("equal calls give the same tensor; what no output needs is not written", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, 2]);
  assert.is(g.mul(x, 2), g.mul(x, 2));
  assert.is(
    g.scope("a", () => g.exp(x)),
    g.scope("b", () => g.exp(x)),
  );
  assert.is.not(g.op("Softmax", [x], { axis: 0 }), g.op("Softmax", [x], { axis: 1 }));
  g.parameter("unused", [1], [1]);
  g.output("y", g.exp(x));
  g.output("again", g.exp(x));
  g.output("same", x);
  const { graph } = readModel(encodeModel(g, { parameters: "inputs" }));
  assert.equal(
    graph?.nodes?.map(({ op }) => op),
    ["Exp", "Identity", "Identity"],
  );
  assert.equal(
    graph?.inputs?.map(({ name }) => name),
    ["x"],
  );
});

test("running statistics of a batch normalization mix with the given ones", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [4, 2]);
  const [mean, variance] = [g.input("mean", "float32", [2]), g.input("variance", "float32", [2])];
  const channel = (value: number) => g.constant([value, value]);
  const outputs = g.ops(
    "BatchNormalization",
    [x, channel(1), channel(0), mean, variance],
    { training_mode: 1, momentum: 0.75 },
    { outputs: 3 },
  );
  for (const [i, name] of ["y", "newMean", "newVariance"].entries()) g.output(name, outputs[i]);
  const run = await compileGraph(g);
  const feeds = {
    x: Float32Array.of(1, 10, 3, 10, 1, 14, 3, 14),
    mean: Float32Array.of(2, 0),
    variance: Float32Array.of(1, 8),
  };
  for (let again = 0; again < 2; again++) {
    const { newMean, newVariance } = await run(feeds);
    assert.equal([...newMean], [2, 3]);
    assert.equal([...newVariance], [1, 7]);
  }
  assert.equal([...feeds.mean, ...feeds.variance], [2, 0, 1, 8]);
});

test("gradients of gradients", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [3]);
  const cube = (t: Tensor) => g.mul(g.mul(t, t), t);
  const [first] = gradients(g, cube(x), [x]);
  g.output("second", gradients(g, first, [x])[0]);
  const { second } = await (await compileGraph(g))({ x: Float32Array.of(-1, 0.5, 2) });
  assert.equal([...second], [-6, 3, 12]);
});

test.run();
