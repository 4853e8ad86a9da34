import { sizeAlong } from "../broadcast.ts";
import type { GraphBuilder } from "../builder.ts";
import {
  describe,
  type GradientContext,
  need,
  number,
  type OperatorFamily,
  type OperatorRule,
} from "../rule.ts";
import { normalAxis, showShape } from "../shapes.ts";
import type { Call, Tensor } from "../types.ts";

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

function trainingGradient({ g, node, grad, input, wants }: GradientContext): (Tensor | undefined)[] {
  const [x, scale] = [input(0), input(1)];
  const axes = averaged(x);
  let [mean, variance] = [node.outputs[1], node.outputs[2]];
  if (number(node, "momentum", 0.9) !== 0 || !mean || !variance) {
    // The outputs are mixed with the running statistics: compute those of the batch once more.
    mean = g.reduceMean(x, axes);
    const centred = g.sub(x, perChannel(g, mean, x));
    variance = g.reduceMean(g.mul(centred, centred), axes);
  }
  const inverse = g.div(1, g.sqrt(g.add(variance, number(node, "epsilon", 1e-5))));
  const total = g.reduceSum(grad, axes);
  const centred = g.sub(x, perChannel(g, mean, x));
  const scaleGradient = g.mul(g.reduceSum(g.mul(grad, centred), axes), inverse);
  const forInput = () => {
    // dx = slope (dy - mean(dy) - normalized x * mean(dy * normalized x)), as one multiple of each of dy and x - mean.
    const count = sizeAlong(g, x, axes);
    const slope = g.mul(scale, inverse);
    const ofCentred = g.div(g.mul(g.mul(slope, inverse), scaleGradient), count);
    const shift = g.div(g.mul(slope, total), count);
    return g.sub(
      g.mul(grad, perChannel(g, slope, x)),
      g.add(g.mul(centred, perChannel(g, ofCentred, x)), perChannel(g, shift, x)),
    );
  };
  return [
    wants(0) ? forInput() : undefined,
    wants(1) ? scaleGradient : undefined,
    wants(2) ? total : undefined,
  ];
}

const batchNormalization: OperatorRule = {
  prepare: (call, g) => {
    if (!isTraining(call)) return call;
    // onnxruntime writes the running statistics in place: initializers that two nodes share, or that serve as mean
    // and variance alike, silently corrupt results. Every node gets its own.
    const inputs = call.inputs.map((input, index) => {
      const value = index >= 3 && input ? g.constantOf(input) : undefined;
      return input && value && !g.isParameter(input) ? g.ownConstant(value) : input;
    });
    return { ...call, inputs };
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
  Softmax: softmaxLike((g, y, grad, axis) => {
    const weighted = g.mul(grad, y);
    return g.sub(weighted, g.mul(y, g.reduceSum(weighted, [axis], true)));
  }),
  LogSoftmax: softmaxLike((g, y, grad, axis) =>
    g.sub(grad, g.mul(g.exp(y), g.reduceSum(grad, [axis], true))),
  ),
};
