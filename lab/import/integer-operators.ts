/** Operators that compute in integers, as the floats that those stand for. */
import type { AttributeMessage, NodeMessage } from "../../models/graph/onnx/schema.ts";
import type { FloatGraph } from "./quantised.ts";

type Rewrite = (node: NodeMessage, floats: FloatGraph) => void;

const nameOf = ({ name, outputs }: NodeMessage) => name || outputs?.[0] || "";

function attribute(node: NodeMessage, name: string): AttributeMessage | undefined {
  return node.attributes?.find((each) => each.name === name);
}

/** Appends a float operator and gives its result's name. */
function compute(
  floats: FloatGraph,
  node: NodeMessage,
  op: string,
  inputs: readonly string[],
  attributes: readonly AttributeMessage[] = node.attributes ?? [],
): string {
  const result = `${node.outputs?.[0]}/float`;
  floats.nodes.push({
    op,
    name: nameOf(node),
    inputs: [...inputs],
    outputs: [result],
    attributes: [...attributes],
  });
  return result;
}

/** x, its scale and its zero point at these places, as floats. */
function operand(node: NodeMessage, floats: FloatGraph, at: number, axis = 1): string {
  const [x = "", scale, zero] = (node.inputs ?? []).slice(at, at + 3);
  return floats.float(`${nameOf(node)}/operand${at}`, x, scale, zero, axis);
}

/** `operator(a, b)` of two quantised operands, and where the result's scale and zero point are. */
function ofTwo(op: string): Rewrite {
  return (node, floats) => {
    const result = compute(floats, node, op, [operand(node, floats, 0), operand(node, floats, 3)]);
    floats.quantised(node.outputs![0]!, result, node.inputs?.[6], node.inputs?.[7]);
  };
}

/** `operator(x)`. */
function ofOne(op: string): Rewrite {
  return (node, floats) => {
    if (attribute(node, "channels_last")?.int === 1)
      throw new Error(`${node.op} (node "${nameOf(node)}") with channels last is not supported`);
    const own = node.attributes?.filter(({ name }) => name !== "opset" && name !== "channels_last");
    const result = compute(floats, node, op, [operand(node, floats, 0)], own);
    floats.quantised(node.outputs![0]!, result, node.inputs?.[3], node.inputs?.[4]);
  };
}

/** int32 numbers in the unit of the products of both scales. */
function biasOf(
  node: NodeMessage,
  floats: FloatGraph,
  at: number,
  [xAt, wAt]: readonly [number, number],
): string[] {
  const name = node.inputs?.[at];
  const [xScale, wScale] = [xAt, wAt].map((index) => floats.numbers(node.inputs?.[index]));
  const values = floats.numbers(name);
  if (!name) return [];
  if (!values || !xScale || !wScale)
    throw new Error(`${node.op} (node "${nameOf(node)}"): its bias or a scale is no constant`);
  const unit = (index: number) => xScale[0]! * wScale[wScale.length === 1 ? 0 : index]!;
  return [
    floats.constant(
      `${nameOf(node)}/bias`,
      values.map((value, index) => value * unit(index)),
    ),
  ];
}

const qLinearConv: Rewrite = (node, floats) => {
  const inputs = [operand(node, floats, 0), operand(node, floats, 3, 0), ...biasOf(node, floats, 8, [1, 4])];
  floats.quantised(
    node.outputs![0]!,
    compute(floats, node, "Conv", inputs),
    node.inputs?.[6],
    node.inputs?.[7],
  );
};

const qGemm: Rewrite = (node, floats) => {
  const columns = attribute(node, "transB")?.int === 1 ? 0 : 1;
  const inputs = [
    operand(node, floats, 0),
    operand(node, floats, 3, columns),
    ...biasOf(node, floats, 6, [1, 4]),
  ];
  floats.quantised(
    node.outputs![0]!,
    compute(floats, node, "Gemm", inputs),
    node.inputs?.[7],
    node.inputs?.[8],
  );
};

const qLinearConcat: Rewrite = (node, floats) => {
  const count = Math.floor(((node.inputs?.length ?? 0) - 2) / 3);
  const parts = Array.from({ length: count }, (_, k) => operand(node, floats, 2 + 3 * k));
  floats.quantised(
    node.outputs![0]!,
    compute(floats, node, "Concat", parts),
    node.inputs?.[0],
    node.inputs?.[1],
  );
};

/** A scale that is found while it runs counts as 1: what follows multiplies by it, and the values are not divided by it. */
const dynamicQuantizeLinear: Rewrite = (node, floats) => {
  const [y = "", scale = "", zero = ""] = node.outputs ?? [];
  floats.rename(y, node.inputs?.[0] ?? "");
  floats.constant(scale, [1], []);
  if (zero) floats.constant(zero, [0], []);
  floats.roundings++;
};

/** Products of integers with constant weights; whoever uses them multiplies by the scales. */
function integerProduct(op: string): Rewrite {
  return (node, floats) => {
    const [x = "", weights = "", , zero] = node.inputs ?? [];
    if (!floats.numbers(weights))
      throw new Error(
        `${node.op} (node "${nameOf(node)}") of two tensors that are both computed has no weights that could be turned into ` +
          "floats; give the model as it was before its quantisation",
      );
    const turned = floats.float(`${nameOf(node)}/weights`, weights, undefined, zero, op === "Conv" ? 0 : -1);
    floats.rename(node.outputs![0]!, compute(floats, node, op, [floats.called(x), turned]));
  };
}

/** onnxruntime's: x times weights with a scale, and a bias in floats. */
const dynamicQuantizeMatMul: Rewrite = (node, floats) => {
  const [x = "", weights = "", scale, zero, bias] = node.inputs ?? [];
  const turned = floats.float(`${nameOf(node)}/weights`, weights, scale, zero, -1);
  const result = compute(floats, node, "MatMul", [floats.called(x), turned], []);
  const [y = ""] = node.outputs ?? [];
  if (bias)
    floats.nodes.push({ op: "Add", name: `${nameOf(node)}/add`, inputs: [result, bias], outputs: [y] });
  else floats.rename(y, result);
};

export const INTEGER_OPERATORS: Readonly<Record<string, Rewrite | undefined>> = {
  QLinearConv: qLinearConv,
  QLinearMatMul: ofTwo("MatMul"),
  QLinearAdd: ofTwo("Add"),
  QLinearMul: ofTwo("Mul"),
  QLinearSigmoid: ofOne("Sigmoid"),
  QLinearLeakyRelu: ofOne("LeakyRelu"),
  QLinearSoftmax: ofOne("Softmax"),
  QLinearAveragePool: ofOne("AveragePool"),
  QLinearReduceMean: ofOne("ReduceMean"),
  QLinearGlobalAveragePool: ofOne("GlobalAveragePool"),
  QLinearConcat: qLinearConcat,
  QGemm: qGemm,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: integerProduct("MatMul"),
  ConvInteger: integerProduct("Conv"),
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
};
