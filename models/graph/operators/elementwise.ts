import { reduceTo } from "../broadcast.ts";
import type { GraphBuilder } from "../builder.ts";
import {
  describe,
  type GradientContext,
  need,
  noGradient,
  number,
  type OperatorFamily,
  type OperatorRule,
  text,
} from "../rule.ts";
import { broadcastShapes, product, quotient } from "../shapes.ts";
import { type Call, type DataType, type Dimension, isFloat, type Tensor, type TensorType } from "../types.ts";
import { composed } from "./composed.ts";
import { broadcastElements } from "./known.ts";

/** A slope so steep that HardSigmoid is the step function: one cheap pass, where Sign or Where cost several. */
const STEEP = 3e38;

/** 1 where x > 0, else 0. */
export function step(g: GraphBuilder, x: Tensor): Tensor {
  return g.op("HardSigmoid", [x], { alpha: STEEP, beta: 0 });
}

/** -1, 0 or 1. */
function sign(g: GraphBuilder, x: Tensor): Tensor {
  return g.sub(g.mul(g.op("HardSigmoid", [x], { alpha: STEEP, beta: 0.5 }), 2), 1);
}

function sameAsFirst(call: Call): TensorType[] {
  const x = need(call, 0);
  return [{ dtype: x.dtype, shape: x.shape }];
}

/** A function of one tensor, given by d output / d input. */
function unary(
  derivative: (g: GraphBuilder, context: { x: Tensor; y: Tensor; call: Call }) => Tensor,
): OperatorRule {
  return {
    infer: sameAsFirst,
    lazy: true,
    gradient: ({ g, node, output, grad, input }) => [
      g.mul(grad, derivative(g, { x: input(0), y: output, call: node })),
    ],
  };
}

function flat(): OperatorRule {
  return { infer: sameAsFirst, gradient: noGradient, lazy: true };
}

function broadcastResult(call: Call, dtype?: DataType): TensorType[] {
  const inputs = call.inputs.map((_, index) => need(call, index));
  for (const input of inputs) {
    if (input.dtype !== inputs[0].dtype) {
      throw new Error(
        `${describe(call)}: operands are ${inputs.map((t) => `"${t.name}" ${t.dtype}`).join(" and ")}`,
      );
    }
  }
  const shape = broadcastShapes(
    inputs.map((input) => input.shape),
    describe(call),
  );
  return [{ dtype: dtype ?? inputs[0].dtype, shape }];
}

/** What two known elements make, of which either may be a size that is only a name; undefined where that cannot be told. */
type Combine = (a: Dimension, b: Dimension) => Dimension | undefined;

/** Of numbers alone. */
function numeric(combine: (a: number, b: number) => number): Combine {
  return (a, b) => (typeof a === "number" && typeof b === "number" ? combine(a, b) : undefined);
}

/** Integer arithmetic on known values, so that shape computations vanish while building. */
function foldPair(combine: Combine) {
  return (call: Call, g: GraphBuilder): readonly Dimension[] | undefined => {
    const [a, b] = call.inputs;
    if (!a || !b || isFloat(a.dtype)) return undefined;
    const [p, q] = [g.valuesOf(a), g.valuesOf(b)];
    if (!p || !q) return undefined;
    const result = broadcastElements([p, q], [a.shape, b.shape], describe(call))?.map(([left, right]) =>
      combine(left!, right!),
    );
    return result?.every((value) => value !== undefined) ? result : undefined;
  };
}

/** Sizes are never negative, and a name is equal to itself. */
const equalSizes: Combine = (a, b) => {
  if (typeof a === typeof b && (typeof a === "number" || a === b)) return Number(a === b);
  return [a, b].some((each) => typeof each === "number" && each < 0) ? 0 : undefined;
};

/** A function of broadcast operands; `partials` gives the gradient of each operand before broadcasting is undone. */
function broadcasting(
  partials: (context: GradientContext) => ((() => Tensor) | undefined)[],
  fold?: Combine,
): OperatorRule {
  return {
    infer: (call) => broadcastResult(call),
    ...(fold && { fold: foldPair(fold) }),
    lazy: true,
    gradient: (context) => {
      const { g, node, output, wants, input } = context;
      const list = partials(context);
      return node.inputs.map((_, index) => {
        const partial = wants(index) ? list[index] : undefined;
        return partial && reduceTo(g, partial(), output, input(index));
      });
    },
  };
}

/** Max and Min: the gradient goes to the operands that attain the extreme, in equal parts where several do. */
const extreme = broadcasting(({ g, node, output, grad, input }) => {
  const hits = node.inputs.map((_, index) => g.cast(g.op("Equal", [input(index), output]), output.dtype));
  const share =
    hits.length === 1
      ? grad
      : g.div(
          grad,
          hits.reduce((a, b) => g.add(a, b)),
        );
  return hits.map((hit) => () => g.mul(share, hit));
});

function comparison(fold?: Combine): OperatorRule {
  return {
    infer: (call) => broadcastResult(call, "bool"),
    ...(fold && { fold: foldPair(fold) }),
    gradient: noGradient,
    lazy: true,
  };
}

/** x times the normal distribution's cumulative function, or its approximation by tanh. */
const gelu = unary((g, { x, call }) => {
  if (text(call, "approximate", "none") === "tanh") {
    const root = Math.sqrt(2 / Math.PI);
    const square = g.mul(x, x);
    const t = g.op("Tanh", [g.mul(x, g.add(g.mul(square, 0.044715 * root), root))]);
    const inner = g.mul(g.mul(x, g.sub(1, g.mul(t, t))), g.add(g.mul(square, 3 * 0.044715 * root), root));
    return g.mul(g.add(g.add(t, inner), 1), 0.5);
  }
  const cumulative = g.mul(g.add(g.op("Erf", [g.mul(x, Math.SQRT1_2)]), 1), 0.5);
  const density = g.mul(g.exp(g.mul(g.mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return g.add(cumulative, g.mul(x, density));
});

/** Clip's bounds are inputs of their own and may be missing; their gradients are not offered. */
const clip: OperatorRule = {
  infer: sameAsFirst,
  lazy: true,
  gradient: ({ g, output, grad, input }) => [g.where(g.op("Equal", [input(0), output]), grad, 0)],
};

const where: OperatorRule = {
  infer: (call) => {
    const [condition, a, b] = [need(call, 0), need(call, 1), need(call, 2)];
    if (condition.dtype !== "bool")
      throw new Error(`${describe(call)}: the condition is ${condition.dtype}, not bool`);
    if (a.dtype !== b.dtype) throw new Error(`${describe(call)}: operands are ${a.dtype} and ${b.dtype}`);
    return [{ dtype: a.dtype, shape: broadcastShapes([condition.shape, a.shape, b.shape], describe(call)) }];
  },
  fold: (call, g) => {
    const [c, a, b] = call.inputs.map((input) => input && g.valuesOf(input));
    if (!c || !a || !b || isFloat(need(call, 1).dtype)) return undefined;
    const shapes = call.inputs.map((_, index) => need(call, index).shape);
    const rows = broadcastElements([c, a, b], shapes, describe(call));
    return rows?.every(([condition]) => typeof condition === "number")
      ? rows.map(([condition, yes, no]) => (condition ? yes! : no!))
      : undefined;
  },
  lazy: true,
  gradient: ({ g, output, grad, input, wants }) => [
    undefined,
    wants(1) ? reduceTo(g, g.where(input(0), grad, 0), output, input(1)) : undefined,
    wants(2) ? reduceTo(g, g.where(input(0), g.constant(0, grad.dtype), grad), output, input(2)) : undefined,
  ],
};

const pow = broadcasting(({ g, node, output, grad, input }) => [
  () => {
    const x = input(0);
    const exponent = g.scalarOf(node.inputs[1]);
    if (exponent === 2) return g.mul(g.mul(grad, 2), x);
    if (exponent === 1) return grad;
    if (exponent === 0.5) return g.div(g.mul(grad, 0.5), output);
    if (exponent !== undefined)
      return g.mul(g.mul(grad, exponent), g.op("Pow", [x, g.constant(exponent - 1, x.dtype)]));
    return g.mul(grad, g.mul(input(1), g.op("Pow", [x, g.sub(input(1), 1)])));
  },
  () => {
    // d x^p / d p = x^p ln x, taken as 0 for x = 0.
    const x = input(0);
    const positive = g.op("Greater", [x, g.constant(0, x.dtype)]);
    return g.mul(grad, g.mul(output, g.log(g.where(positive, x, 1))));
  },
]);

/** The quotient is rounded down, or towards zero with fmod; where it does not jump its slope is zero. */
const mod: OperatorRule = {
  ...broadcasting(({ g, node, grad, input }) => [
    () => grad,
    () => {
      const quotient = g.div(input(0), input(1));
      const whole = g.op("Floor", [g.op("Abs", [quotient])]);
      const towardsZero = () => g.mul(g.op("Sign", [quotient]), whole);
      const rounded = number(node, "fmod", 0) === 1 ? towardsZero() : g.op("Floor", [quotient]);
      return g.neg(g.mul(grad, rounded));
    },
  ]),
  fold: (call, g) => {
    const down = (a: number, b: number) => a - b * Math.floor(a / b);
    return foldPair(numeric(number(call, "fmod", 0) === 1 ? (a, b) => a % b : down))(call, g);
  },
};

const prelu: OperatorRule = {
  ...broadcasting(({ g, grad, input }) => {
    const positive = g.op("Greater", [input(0), g.constant(0, input(0).dtype)]);
    return [
      () => g.mul(grad, g.where(positive, 1, input(1))),
      () => g.mul(grad, g.where(positive, 0, input(0))),
    ];
  }),
};

const cast: OperatorRule = {
  infer: (call) => [{ dtype: call.attributes["to"] as DataType, shape: need(call, 0).shape }],
  fold: (call, g) => (isFloat(call.attributes["to"] as DataType) ? undefined : g.valuesOf(need(call, 0))),
  lazy: true,
  gradient: ({ g, output, grad, input }) => [
    isFloat(input(0).dtype) && isFloat(output.dtype) ? g.cast(grad, input(0).dtype) : undefined,
  ],
};

/** In inference form the identity; the training form draws random numbers and is refused. */
const dropout: OperatorRule = {
  infer: (call, g) => {
    const training = call.inputs[2];
    if (training && g.scalarOf(training) !== 0) {
      throw new Error(
        `${describe(call)}: dropout in training form is not supported; multiply by a mask fed as an input instead`,
      );
    }
    const x = need(call, 0);
    return [
      { dtype: x.dtype, shape: x.shape },
      { dtype: "bool", shape: x.shape },
    ];
  },
  lazy: true,
  gradient: ({ grad }) => [grad],
};

const identity: OperatorRule = {
  infer: sameAsFirst,
  fold: (call, g) => (isFloat(need(call, 0).dtype) ? undefined : g.valuesOf(need(call, 0))),
  lazy: true,
  gradient: ({ grad }) => [grad],
};

export const elementwise: OperatorFamily = {
  Relu: unary((g, { y }) => step(g, y)),
  LeakyRelu: unary((g, { x, call }) => {
    const slope = number(call, "alpha", 0.01);
    return g.add(g.mul(step(g, x), 1 - slope), slope);
  }),
  Sigmoid: unary((g, { y }) => g.sub(y, g.mul(y, y))),
  Tanh: unary((g, { y }) => g.sub(1, g.mul(y, y))),
  // Between the rails y (1 - y) > 0, on them it is exactly 0.
  HardSigmoid: unary((g, { y, call }) => g.mul(step(g, g.sub(y, g.mul(y, y))), number(call, "alpha", 0.2))),
  HardSwish: unary((g, { x }) => {
    const h = g.op("HardSigmoid", [x], { alpha: 1 / 6, beta: 0.5 });
    return g.add(h, g.mul(g.mul(x, 1 / 6), step(g, g.sub(h, g.mul(h, h)))));
  }),
  Elu: unary((g, { x, y, call }) => {
    const positive = g.op("Greater", [x, g.constant(0, x.dtype)]);
    return g.where(positive, 1, g.add(y, number(call, "alpha", 1)));
  }),
  Selu: unary((g, { x, y, call }) => {
    const gamma = number(call, "gamma", 1.0507009873554805);
    const positive = g.op("Greater", [x, g.constant(0, x.dtype)]);
    return g.where(positive, gamma, g.add(y, gamma * number(call, "alpha", 1.6732632423543772)));
  }),
  Gelu: gelu,
  Softsign: unary((g, { x }) => {
    const inverse = g.div(1, g.add(g.op("Abs", [x]), 1));
    return g.mul(inverse, inverse);
  }),
  // As what they stand for: Mish is of operator set 18, Swish of 24.
  Mish: composed((call, g) => {
    const x = need(call, 0);
    return g.mul(x, g.op("Tanh", [g.op("Softplus", [x])]));
  }),
  Swish: composed((call, g) => {
    const x = need(call, 0);
    return g.mul(x, g.sigmoid(g.mul(x, number(call, "alpha", 1))));
  }),
  Softplus: unary((g, { x }) => g.sigmoid(x)),
  Exp: unary((_, { y }) => y),
  Log: unary((g, { x }) => g.div(1, x)),
  Sqrt: unary((g, { y }) => g.div(0.5, y)),
  Reciprocal: unary((g, { y }) => g.neg(g.mul(y, y))),
  Sin: unary((g, { x }) => g.op("Cos", [x])),
  Cos: unary((g, { x }) => g.neg(g.op("Sin", [x]))),
  Erf: unary((g, { x }) => g.mul(g.exp(g.neg(g.mul(x, x))), 2 / Math.sqrt(Math.PI))),
  Abs: unary((g, { x }) => sign(g, x)),
  Neg: {
    infer: sameAsFirst,
    lazy: true,
    gradient: ({ g, grad }) => [g.neg(grad)],
  },
  Identity: identity,
  Dropout: dropout,
  Cast: cast,
  Clip: clip,
  Sign: flat(),
  Floor: flat(),
  Ceil: flat(),
  Round: flat(),
  Not: {
    ...flat(),
    fold: (call, g) => {
      const values = g.valuesOf(need(call, 0));
      return values?.every((value) => typeof value === "number")
        ? values.map((value) => (value ? 0 : 1))
        : undefined;
    },
  },
  IsNaN: {
    infer: (call) => [{ dtype: "bool", shape: need(call, 0).shape }],
    gradient: noGradient,
    lazy: true,
  },

  Add: broadcasting(
    ({ grad }) => [() => grad, () => grad],
    (a, b) => (b === 0 ? a : a === 0 ? b : numeric((p, q) => p + q)(a, b)),
  ),
  Sub: broadcasting(
    ({ g, grad }) => [() => grad, () => g.neg(grad)],
    (a, b) => (b === 0 ? a : numeric((p, q) => p - q)(a, b)),
  ),
  Mul: broadcasting(
    ({ g, grad, input }) => [() => g.mul(grad, input(1)), () => g.mul(grad, input(0))],
    (a, b) =>
      numeric((p, q) => p * q)(a, b) ??
      ([a, b].some((each) => Number(each) < 0) ? undefined : product([a, b])),
  ),
  Div: broadcasting(
    ({ g, output, grad, input }) => [
      () => g.div(grad, input(1)),
      () => g.neg(g.mul(grad, g.div(output, input(1)))),
    ],
    (a, b) => numeric((p, q) => Math.trunc(p / q))(a, b) ?? quotient(a, b),
  ),
  Pow: pow,
  // The quotient is rounded down, or towards zero with fmod; where it does not jump its slope is zero.
  Mod: mod,
  PRelu: prelu,
  Sum: broadcasting(({ node, grad }) => node.inputs.map(() => () => grad)),
  Mean: broadcasting(({ g, node, grad }) => node.inputs.map(() => () => g.div(grad, node.inputs.length))),
  Max: extreme,
  Min: extreme,
  Where: where,
  Equal: comparison(equalSizes),
  Greater: comparison(numeric((a, b) => Number(a > b))),
  GreaterOrEqual: comparison(numeric((a, b) => Number(a >= b))),
  Less: comparison(numeric((a, b) => Number(a < b))),
  LessOrEqual: comparison(numeric((a, b) => Number(a <= b))),
  And: comparison(numeric((a, b) => a & b)),
  Or: comparison(numeric((a, b) => a | b)),
  Xor: comparison(numeric((a, b) => a ^ b)),
};
