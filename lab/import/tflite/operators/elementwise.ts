/** Functions of each element, of one tensor or of several that are broadcast. */
import type { DataType, GraphBuilder, Tensor } from "../../../../models/graph/index.ts";
import { activated, type Call, type Handler, type Handlers, need, real } from "./call.ts";

type Unary = (g: GraphBuilder, x: Tensor, options: Call["options"]) => Tensor;

const unary =
  (change: Unary): Handler =>
  (call) =>
    call.values.map(real(call, 0), (x) => change(call.g, x, call.options));

const named = (op: string): Handler => unary((g, x) => g.op(op, [x]));

/** Of broadcast operands, as many as there are. */
const broadcast =
  (combine: (g: GraphBuilder, tensors: readonly Tensor[]) => Tensor): Handler =>
  (call) => {
    const { g, values, inputs } = call;
    const { form, tensors, first } = values.aligned(inputs.map((_, index) => real(call, index)));
    return activated(call, values.value(form, combine(g, tensors), first));
  };

const pair = (op: string): Handler => broadcast((g, tensors) => g.op(op, tensors));

const cast: Handler = (call) => {
  const { g, values, outputs } = call;
  const types: Readonly<Record<string, DataType>> = {
    float32: "float32",
    int32: "int64",
    int64: "int64",
    bool: "bool",
  };
  const type = types[outputs[0].type];
  if (!type) throw new Error(`a cast to ${outputs[0].type} is not supported`);
  return values.map(real(call, 0), (x) => g.cast(x, type));
};

/** In operators of the oldest set that we write; Gelu itself came later. */
function gelu(g: GraphBuilder, x: Tensor, { approximate }: Call["options"]): Tensor {
  const cubic = () => g.add(x, g.mul(g.mul(g.mul(x, x), x), 0.044715));
  const curve = approximate
    ? g.op("Tanh", [g.mul(cubic(), Math.sqrt(2 / Math.PI))])
    : g.op("Erf", [g.mul(x, Math.SQRT1_2)]);
  return g.mul(g.mul(g.add(curve, 1), 0.5), x);
}

/** In the file whole numbers are what they are worth; here they already are. */
const asItIs: Handler = (call) => need(call, 0);

export const elementwise: Handlers = {
  RELU: named("Relu"),
  RELU6: unary((g, x) => g.op("Clip", [x, g.constant(0), g.constant(6)])),
  RELU_N1_TO_1: unary((g, x) => g.op("Clip", [x, g.constant(-1), g.constant(1)])),
  RELU_0_TO_1: unary((g, x) => g.op("Clip", [x, g.constant(0), g.constant(1)])),
  LEAKY_RELU: unary((g, x, { alpha }) => g.op("LeakyRelu", [x], { alpha })),
  PRELU: pair("PRelu"),
  ELU: named("Elu"),
  GELU: unary(gelu),
  HARD_SWISH: named("HardSwish"),
  LOGISTIC: named("Sigmoid"),
  TANH: named("Tanh"),
  EXP: named("Exp"),
  LOG: named("Log"),
  SQRT: named("Sqrt"),
  RSQRT: unary((g, x) => g.op("Reciprocal", [g.sqrt(x)])),
  SQUARE: unary((g, x) => g.mul(x, x)),
  ABS: named("Abs"),
  NEG: named("Neg"),
  SIN: named("Sin"),
  COS: named("Cos"),
  SIGN: named("Sign"),
  FLOOR: named("Floor"),
  CEIL: named("Ceil"),
  ROUND: named("Round"),
  LOGICAL_NOT: named("Not"),
  ZEROS_LIKE: unary((g, x) => g.mul(x, 0)),
  CAST: cast,
  QUANTIZE: asItIs,
  DEQUANTIZE: asItIs,

  ADD: pair("Add"),
  SUB: pair("Sub"),
  MUL: pair("Mul"),
  DIV: pair("Div"),
  POW: pair("Pow"),
  MAXIMUM: pair("Max"),
  MINIMUM: pair("Min"),
  ADD_N: pair("Sum"),
  SQUARED_DIFFERENCE: broadcast((g, [a, b]) => {
    const difference = g.sub(a, b);
    return g.mul(difference, difference);
  }),
  FLOOR_DIV: broadcast((g, [a, b]) => (a.dtype === "float32" ? g.op("Floor", [g.div(a, b)]) : g.div(a, b))),
  EQUAL: pair("Equal"),
  NOT_EQUAL: broadcast((g, pairOf) => g.op("Not", [g.op("Equal", pairOf)])),
  LESS: pair("Less"),
  LESS_EQUAL: pair("LessOrEqual"),
  GREATER: pair("Greater"),
  GREATER_EQUAL: pair("GreaterOrEqual"),
  LOGICAL_AND: pair("And"),
  LOGICAL_OR: pair("Or"),
  SELECT: pair("Where"),
  SELECT_V2: pair("Where"),
};
