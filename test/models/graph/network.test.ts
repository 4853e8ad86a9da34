// Gradients of whole networks against PyTorch's.
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  adamStep,
  crossEntropy,
  decodeModel,
  encodeModel,
  GraphBuilder,
  gradients,
  type Tensor,
} from "../../../models/graph/index.ts";
import { fixtureBytes, fixtureTensors, relativeError } from "./fixtures.ts";
import { compile, compileGraph, type Values } from "./run.ts";

const reference = fixtureTensors("classifier.json");
const names = Object.keys(reference).filter((name) => `gradient.${name}` in reference && name !== "x");

/** The network of test/reference/graph_torch.py. */
function classifier(g: GraphBuilder) {
  const x = g.input("x", "float32", reference["x"].shape);
  const targets = g.input("targets", "float32", reference["targets"].shape);
  const weights = Object.fromEntries(
    names.map((name) => [name, g.parameter(name, reference[name].data, reference[name].shape)]),
  );
  const statistics: Record<string, Tensor> = {};
  const norm = (name: string, h: Tensor) => {
    const channels = h.shape[1] as number;
    const [zeros, ones] = [new Float32Array(channels), new Float32Array(channels).fill(1)];
    const inputs = [
      h,
      weights[`${name}.scale`],
      weights[`${name}.offset`],
      g.constant(zeros),
      g.constant(ones),
    ];
    const attributes = { training_mode: 1, momentum: 0.9 };
    const [y, mean] = g.ops("BatchNormalization", inputs, attributes, { outputs: 3, name });
    statistics[`${name}.mean`] = mean;
    return y;
  };
  const w = weights;
  let h = g.op("Conv", [x, w["conv1.weight"]], { strides: [2, 1], pads: [1, 1, 1, 1] });
  h = g.op("MaxPool", [g.relu(norm("norm1", h))], { kernel_shape: [2, 2], strides: [2, 2] });
  h = g.op("Conv", [h, w["depthwise.weight"]], { pads: [1, 1, 1, 1], group: 6 });
  h = g.op("HardSwish", [norm("norm2", g.op("Conv", [h, w["pointwise.weight"]]))]);
  const wide = { pads: [2, 2, 2, 2], dilations: [2, 2] };
  h = g.add(h, g.op("Conv", [h, w["conv3.weight"], w["conv3.bias"]], wide));
  h = g.op("MaxPool", [h], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  const pooled = g.op("Flatten", [g.op("GlobalAveragePool", [h])]);
  const logits = g.op("Gemm", [pooled, w["dense.weight"], w["dense.bias"]]);
  return { x, weights, statistics, loss: crossEntropy(g, logits, targets) };
}

test("a classifier: loss, running statistics and every gradient are PyTorch's", async () => {
  const g = new GraphBuilder();
  const { x, weights, statistics, loss } = classifier(g);
  g.output("loss", loss);
  const found = gradients(g, loss, [x, ...names.map((name) => weights[name])]);
  for (const [i, name] of ["x", ...names].entries()) g.output(`gradient.${name}`, found[i]);
  for (const [name, tensor] of Object.entries(statistics)) g.output(`statistics.${name}`, tensor);
  const results = await (await compileGraph(g))({
    x: reference["x"].data,
    targets: reference["targets"].data,
  });
  for (const [name, values] of Object.entries(results)) {
    const error = relativeError(values, reference[name].data);
    assert.ok(error <= 1e-4, `${name}: relative error ${error}`);
  }
});

test("three AdamW steps with weights fed and returned are PyTorch's", async () => {
  const g = new GraphBuilder();
  const { weights, loss } = classifier(g);
  const rate = g.input("rate", "float32", []);
  const [beta1Power, beta2Power] = [g.input("power1", "float32", []), g.input("power2", "float32", [])];
  const found = gradients(
    g,
    loss,
    names.map((name) => weights[name]),
  );
  const values: Values = {
    x: reference["x"].data,
    targets: reference["targets"].data,
    rate: Float32Array.of(0.02),
  };
  for (const [i, name] of names.entries()) {
    const { shape, data } = reference[name];
    const [m, v] = [g.input(`m.${name}`, "float32", shape), g.input(`v.${name}`, "float32", shape)];
    const state = { m, v, learningRate: rate, beta1Power, beta2Power, weightDecay: 0.1 };
    const next = adamStep(g, { parameter: weights[name], gradient: found[i], ...state });
    g.output(`next.${name}`, next.parameter);
    g.output(`next.m.${name}`, next.m);
    g.output(`next.v.${name}`, next.v);
    Object.assign(values, {
      [name]: data,
      [m.name]: new Float32Array(data.length),
      [v.name]: new Float32Array(data.length),
    });
  }
  const shapes = Object.fromEntries(
    [...g.inputs, ...g.parameters.values()].map(({ name, shape }) => [name, shape as number[]]),
  );
  const step = await compile(encodeModel(g, { parameters: "inputs" }), shapes);
  for (let t = 1; t <= 3; t++) {
    const results = await step({
      ...values,
      power1: Float32Array.of(0.9 ** t),
      power2: Float32Array.of(0.999 ** t),
    });
    for (const [name, result] of Object.entries(results)) values[name.replace("next.", "")] = result;
  }
  for (const name of names) {
    const error = relativeError(values[name], reference[`after.${name}`].data);
    assert.ok(error <= 1e-4, `${name}: relative error ${error}`);
  }
});

const exported = fixtureTensors("exported.json");
for (const file of ["exported-12.onnx", "exported-17.onnx", "exported-dynamo.onnx"]) {
  for (const dimensions of [undefined, { batch: 2 }]) {
    test(`${file} as PyTorch wrote it, batch ${dimensions ? "fixed" : "open"}: outputs and input gradient`, async () => {
      const g = decodeModel(fixtureBytes(file), { dimensions });
      const y = g.outputs.get("y")!;
      assert.equal(y.shape, [dimensions?.batch ?? "batch", 5]);
      const seed = g.input("seed", "float32", y.shape);
      g.output("gradient", gradients(g, y, [g.inputs[0]], { seed })[0]);
      const run = await compile(encodeModel(g), { x: exported["x"].shape, seed: exported["seed"].shape });
      const results = await run({ x: exported["x"].data, seed: exported["seed"].data });
      for (const name of ["y", "gradient"]) {
        const error = relativeError(results[name], exported[name].data);
        assert.ok(error <= 1e-4, `${name}: relative error ${error}`);
      }
    });
  }
}

test.run();
