import { reshapeLike, sizeAlong } from "../broadcast.ts";
import type { GraphBuilder } from "../builder.ts";
import {
  describe,
  type GradientContext,
  need,
  number,
  type OperatorFamily,
  type OperatorRule,
} from "../rule.ts";
import { fixedSize, normalAxis, showShape } from "../shapes.ts";
import { type Call, type DataType, type Tensor, typedArray } from "../types.ts";
import { composed } from "./composed.ts";

/** Axes that a batch normalization averages over: all but the channels. */
function averaged(x: Tensor): number[] {
  return x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
}

/** [C] as [C, 1, 1, ...], to go with x [N, C, ...]. */
function perChannel(g: GraphBuilder, values: Tensor, x: Tensor): Tensor {
  return g.reshape(values, [-1, ...x.shape.slice(2).map(() => 1)]);
}

function isTraining(call: Call): boolean {
  return number(call, "training_mode", 0) === 1;
}

function inferenceGradient({ g, node, grad, input, wants }: GradientContext): (Tensor | undefined)[] {
  const [x, scale, , mean, variance] = [0, 1, 2, 3, 4].map(input);
  const spread = g.sqrt(g.add(variance, number(node, "epsilon", 1e-5)));
  const slope = g.div(scale, spread);
  const total = () => g.reduceSum(grad, averaged(x));
  const scaleGradient = () => {
    const centred = g.sub(x, perChannel(g, mean, x));
    return g.div(g.reduceSum(g.mul(grad, centred), averaged(x)), spread);
  };
  return [
    wants(0) ? g.mul(grad, perChannel(g, slope, x)) : undefined,
    wants(1) ? scaleGradient() : undefined,
    wants(2) ? total() : undefined,
    wants(3) ? g.neg(g.mul(slope, total())) : undefined,
    wants(4)
      ? g.mul(g.div(g.mul(scaleGradient(), scale), g.add(variance, number(node, "epsilon", 1e-5))), -0.5)
      : undefined,
  ];
}

/** slope * x + offset by channels, in one pass where Mul and Add take two. */
function affine(g: GraphBuilder, x: Tensor, slope: Tensor, offset: Tensor): Tensor {
  const channels = fixedSize(slope, 0, "BatchNormalization");
  const [zeros, ones] = [0, 1].map((value) =>
    g.constant(
      Array.from({ length: channels }, () => value),
      x.dtype,
    ),
  );
  return g.op("BatchNormalization", [x, slope, offset, zeros, ones], { epsilon: 0 });
}

/** In training form, always with momentum 0 (see `rewrite`), so that the outputs are the batch's statistics. */
function trainingGradient({ g, node, grad, input, wants }: GradientContext): (Tensor | undefined)[] {
  const [x, scale] = [input(0), input(1)];
  const [, mean, variance] = node.outputs;
  const axes = averaged(x);
  const inverse = g.div(1, g.sqrt(g.add(variance, number(node, "epsilon", 1e-5))));
  const total = g.reduceSum(grad, axes);
  // sum(dy * normalized x), with the mean taken out afterwards: that saves two passes over x.
  const scaleGradient = g.mul(g.sub(g.reduceSum(g.mul(grad, x), axes), g.mul(mean, total)), inverse);
  const forInput = () => {
    // dx = slope (dy - mean(dy) - normalized x * mean(dy * normalized x)), gathered as slope dy + tilt x + shift.
    const count = sizeAlong(g, x, axes);
    const slope = g.mul(scale, inverse);
    const tilt = g.neg(g.div(g.mul(g.mul(slope, inverse), scaleGradient), count));
    const shift = g.neg(g.add(g.div(g.mul(slope, total), count), g.mul(tilt, mean)));
    return g.add(g.mul(grad, perChannel(g, slope, x)), affine(g, x, tilt, shift));
  };
  return [
    wants(0) ? forInput() : undefined,
    wants(1) ? scaleGradient : undefined,
    wants(2) ? total : undefined,
  ];
}

/** Placeholders made so far in a graph: each gets contents of its own. */
const placeholders = new WeakMap<GraphBuilder, number>();

/**
 * Statistics that the training form is given but, with momentum 0, does not use. onnxruntime keeps its results in
 * the buffers of these inputs, and merges initializers with equal contents before: then one node's mean overwrites
 * another's variance, without a word (https://github.com/microsoft/onnxruntime/issues/29790, seen with 1.30).
 * So no two are alike, and none looks like a number that somebody would use.
 */
function placeholder(g: GraphBuilder, channels: number, dtype: DataType): Tensor {
  const count = (placeholders.get(g) ?? 0) + 1;
  placeholders.set(g, count);
  const data = typedArray(
    dtype,
    Array.from({ length: channels }, () => 0.0012345678 * (count + 0.123)),
  );
  return g.ownConstant({ dtype, shape: [channels], data });
}

function rewriteTraining(call: Call, g: GraphBuilder): readonly Tensor[] | undefined {
  const momentum = number(call, "momentum", 0.9);
  if (!isTraining(call) || (momentum === 0 && call.outputCount === 3)) return undefined;
  const [, , , mean, variance] = [0, 1, 2, 3, 4].map((index) => need(call, index));
  const attributes = { ...call.attributes, momentum: 0 };
  const [y, batchMean, batchVariance] = g.ops("BatchNormalization", call.inputs, attributes, {
    outputs: 3,
    name: call.name,
  });
  const mixed = (running: Tensor, batch: Tensor) =>
    momentum === 0 ? batch : g.add(g.mul(running, momentum), g.mul(batch, 1 - momentum));
  return [y, mixed(mean, batchMean), mixed(variance, batchVariance)].slice(0, call.outputCount);
}

const batchNormalization: OperatorRule = {
  rewrite: rewriteTraining,
  prepare: (call, g) => {
    if (!isTraining(call)) return call;
    const [x, scale, bias] = call.inputs;
    const channels = fixedSize(need(call, 1), 0, describe(call));
    const dtype = need(call, 0).dtype;
    return {
      ...call,
      inputs: [x, scale, bias, placeholder(g, channels, dtype), placeholder(g, channels, dtype)],
    };
  },
  infer: (call) => {
    const x = need(call, 0);
    for (let index = 1; index < 5; index++) {
      const size = need(call, index).shape[0];
      if (typeof size === "number" && typeof x.shape[1] === "number" && size !== x.shape[1]) {
        throw new Error(
          `${describe(call)}: input ${index} has ${size} elements, the channels of ${showShape(x.shape)} differ`,
        );
      }
    }
    if (call.outputCount > 1 && !isTraining(call)) {
      throw new Error(`${describe(call)}: only the training form gives running statistics`);
    }
    const statistics = { dtype: x.dtype, shape: need(call, 1).shape };
    return [{ dtype: x.dtype, shape: x.shape }, statistics, statistics];
  },
  gradient: (context) => {
    if (context.grads.slice(1).some((grad) => grad !== undefined)) {
      throw new Error(
        `Cannot differentiate the running statistics of ${describe(context.node)}; use stopGradient`,
      );
    }
    return isTraining(context.node) ? trainingGradient(context) : inferenceGradient(context);
  },
};

/** y = (x - mean) / sqrt(variance + epsilon) over `axes`: its gradient, given the gradient of y. */
function standardizedGradient(g: GraphBuilder, x: Tensor, grad: Tensor, axes: number[], epsilon: number) {
  const mean = g.reduceMean(x, axes, true);
  const centred = g.sub(x, mean);
  const variance = g.reduceMean(g.mul(centred, centred), axes, true);
  const inverse = g.div(1, g.sqrt(g.add(variance, epsilon)));
  const normalized = g.mul(centred, inverse);
  const correlation = g.reduceMean(g.mul(grad, normalized), axes, true);
  const flow = g.sub(g.sub(grad, g.reduceMean(grad, axes, true)), g.mul(normalized, correlation));
  return { forInput: g.mul(flow, inverse), normalized };
}

const instanceNormalization: OperatorRule = {
  infer: (call) => [{ dtype: need(call, 0).dtype, shape: need(call, 0).shape }],
  gradient: ({ g, node, grad, input, wants }) => {
    const [x, scale] = [input(0), input(1)];
    const axes = x.shape.map((_, axis) => axis).slice(2);
    const scaled = g.mul(grad, perChannel(g, scale, x));
    const { forInput, normalized } = standardizedGradient(g, x, scaled, axes, number(node, "epsilon", 1e-5));
    return [
      wants(0) ? forInput : undefined,
      wants(1) ? g.reduceSum(g.mul(grad, normalized), averaged(x)) : undefined,
      wants(2) ? g.reduceSum(grad, averaged(x)) : undefined,
    ];
  },
};

const layerNormalization: OperatorRule = {
  infer: (call) => {
    if (call.outputCount > 1) throw new Error(`${describe(call)}: only the first output is supported`);
    return [{ dtype: need(call, 0).dtype, shape: need(call, 0).shape }];
  },
  gradient: ({ g, node, grad, input, wants }) => {
    const [x, scale] = [input(0), input(1)];
    const first = normalAxis(number(node, "axis", -1), x.shape.length, describe(node));
    const all = x.shape.map((_, axis) => axis);
    const { forInput, normalized } = standardizedGradient(
      g,
      x,
      g.mul(grad, scale),
      all.slice(first),
      number(node, "epsilon", 1e-5),
    );
    return [
      wants(0) ? forInput : undefined,
      wants(1) ? g.reduceSum(g.mul(grad, normalized), all.slice(0, first)) : undefined,
      wants(2) ? g.reduceSum(grad, all.slice(0, first)) : undefined,
    ];
  },
};

/** Instances of groups of channels; scales are one a group until operator set 20, one a channel since. */
const groupNormalization = composed((call, g) => {
  const [x, scale, bias] = [0, 1, 2].map((index) => need(call, index)) as [Tensor, Tensor, Tensor];
  const groups = number(call, "num_groups", 1);
  const channels = fixedSize(x, 1, describe(call));
  const rows = g.op("Reshape", [x, g.int64([0, groups, -1])]);
  const perGroup = scale.shape[0] === groups && groups !== channels;
  const [ones, zeros] = [1, 0].map((value) =>
    g.constant(new Float32Array(groups).fill(value), "float32", [groups]),
  );
  const normalized = g.op("InstanceNormalization", [rows, perGroup ? scale : ones, perGroup ? bias : zeros], {
    epsilon: number(call, "epsilon", 1e-5),
  });
  const back = reshapeLike(g, normalized, x);
  return perGroup ? back : g.add(g.mul(back, perChannel(g, scale, x)), perChannel(g, bias, x));
});

const rmsNormalization = composed((call, g) => {
  const [x, scale] = [need(call, 0), need(call, 1)];
  const first = normalAxis(number(call, "axis", -1), x.shape.length, describe(call));
  const axes = x.shape.map((_, axis) => axis).slice(first);
  const power = g.add(g.reduceMean(g.mul(x, x), axes, true), number(call, "epsilon", 1e-5));
  return g.mul(g.div(x, g.sqrt(power)), scale);
});

function softmaxLike(rule: (g: GraphBuilder, y: Tensor, grad: Tensor, axis: number) => Tensor): OperatorRule {
  return {
    infer: (call) => {
      const x = need(call, 0);
      normalAxis(number(call, "axis", -1), x.shape.length, describe(call));
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    gradient: ({ g, node, output, grad }) => {
      const axis = normalAxis(number(node, "axis", -1), output.shape.length, describe(node));
      return [rule(g, output, grad, axis)];
    },
  };
}

export const normalization: OperatorFamily = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: rmsNormalization,
  Softmax: softmaxLike((g, y, grad, axis) => {
    const weighted = g.mul(grad, y);
    return g.sub(weighted, g.mul(y, g.reduceSum(weighted, [axis], true)));
  }),
  LogSoftmax: softmaxLike((g, y, grad, axis) =>
    g.sub(grad, g.mul(g.exp(y), g.reduceSum(grad, [axis], true))),
  ),
};
