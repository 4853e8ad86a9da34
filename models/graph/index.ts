export { type AdamStep, adamStep } from "./adam.ts";
export { BASE_OPSET, GraphBuilder, type OpOptions } from "./builder.ts";
export type { Operand } from "./expressions.ts";
export { dependsOn, type GradientOptions, gradients, guidedRelu } from "./gradients.ts";
export { binaryCrossEntropy, crossEntropy } from "./losses.ts";
export { type DecodeOptions, decodeModel } from "./onnx/decode.ts";
export { type EncodeOptions, encodeModel } from "./onnx/encode.ts";
export type { GradientContext, GradientRule } from "./rule.ts";
export type {
  Attribute,
  Attributes,
  DataType,
  Dimension,
  Node,
  Shape,
  Tensor,
  TensorData,
  TensorValue,
} from "./types.ts";
