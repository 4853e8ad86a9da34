/**
 * What is needed of TensorFlow Lite's file format: the numbers of its fields, operators and types
 * (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs).
 */
import type { Kind, Table } from "./flatbuffer.ts";

export const IDENTIFIER = "TFL3";

export const MODEL = { operatorCodes: 1, subgraphs: 2, buffers: 4 } as const;
export const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 } as const;
export const TENSOR = {
  shape: 0,
  type: 1,
  buffer: 2,
  name: 3,
  quantization: 4,
  isVariable: 5,
  sparsity: 6,
  signature: 7,
} as const;
export const QUANTIZATION = { scale: 2, zeroPoint: 3, axis: 6 } as const;
export const BUFFER = { data: 0, offset: 1, size: 2 } as const;
export const OPERATOR = { code: 0, inputs: 1, outputs: 2, optionsKind: 3, options: 4 } as const;
export const OPERATOR_CODE = { short: 0, custom: 1, builtin: 3 } as const;

export type ElementType =
  | "float32"
  | "float16"
  | "int32"
  | "uint8"
  | "int64"
  | "string"
  | "bool"
  | "int16"
  | "complex64"
  | "int8"
  | "float64"
  | "complex128"
  | "uint64"
  | "resource"
  | "variant"
  | "uint32"
  | "uint16"
  | "int4"
  | "bfloat16"
  | "int2"
  | "uint4";

export const TYPES: readonly ElementType[] = [
  "float32",
  "float16",
  "int32",
  "uint8",
  "int64",
  "string",
  "bool",
  "int16",
  "complex64",
  "int8",
  "float64",
  "complex128",
  "uint64",
  "resource",
  "variant",
  "uint32",
  "uint16",
  "int4",
  "bfloat16",
  "int2",
  "uint4",
];

/** Names of the operators by their numbers. */
export const OPERATORS: readonly string[] = (
  "ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR " +
  "FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM " +
  "MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS " +
  "SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND " +
  "TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT " +
  "LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL " +
  "LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW " +
  "ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV " +
  "REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS " +
  "SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG " +
  "ROUND HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM " +
  "BATCH_MATMUL PLACEHOLDER CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND " +
  "HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS " +
  "RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD " +
  "UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN"
).split(" ");
export const CUSTOM = OPERATORS.indexOf("CUSTOM");

/** A word of an operator's options: which table it is in, its field there, and its value where it was left out. */
interface Word {
  readonly field: number;
  readonly kind: Kind;
  readonly fallback?: number;
}
const byte = (field: number): Word => ({ field, kind: "int8" });
const int = (field: number, fallback = 0): Word => ({ field, kind: "int32", fallback });
const flag = (field: number): Word => ({ field, kind: "bool" });
const float = (field: number): Word => ({ field, kind: "float32" });

/** Options by the number of their table in the union BuiltinOptions. */
const WORDS: Readonly<Record<number, Readonly<Record<string, Word>>>> = {
  1: {
    padding: byte(0),
    strideWidth: int(1),
    strideHeight: int(2),
    activation: byte(3),
    dilationWidth: int(4, 1),
    dilationHeight: int(5, 1),
  },
  2: {
    padding: byte(0),
    strideWidth: int(1),
    strideHeight: int(2),
    activation: byte(4),
    dilationWidth: int(5, 1),
    dilationHeight: int(6, 1),
  },
  5: {
    padding: byte(0),
    strideWidth: int(1),
    strideHeight: int(2),
    width: int(3),
    height: int(4),
    activation: byte(5),
  },
  8: { activation: byte(0), weightsFormat: byte(1), keepDimensions: flag(2) },
  9: { beta: float(0) },
  10: { axis: int(0), activation: byte(1) },
  11: { activation: byte(0) },
  12: { activation: byte(0) },
  15: { alignCorners: flag(2), halfPixelCentres: flag(3) },
  19: { block: int(0) },
  21: { activation: byte(0) },
  23: { axis: int(0), batchDimensions: int(1) },
  27: { keepDimensions: flag(0) },
  28: { activation: byte(0) },
  29: { activation: byte(0) },
  32: {
    beginMask: int(0),
    endMask: int(1),
    ellipsisMask: int(2),
    newAxisMask: int(3),
    shrinkAxisMask: int(4),
    offset: flag(5),
  },
  59: { axis: int(1) },
  64: { axis: int(1) },
  74: { alignCorners: flag(0), halfPixelCentres: flag(1) },
  75: { alpha: float(0) },
  77: { mode: byte(0) },
  94: { block: int(0) },
  101: { adjointX: flag(0), adjointY: flag(1) },
  102: { exclusive: flag(0), reverse: flag(1) },
  116: { approximate: flag(0) },
};

export type Options = Readonly<Record<string, number>>;

export function readOptions(operator: Table): Options {
  const words = WORDS[operator.number(OPERATOR.optionsKind, "uint8")] ?? {};
  const table = operator.table(OPERATOR.options);
  return Object.fromEntries(
    Object.entries(words).map(([name, { field, kind, fallback = 0 }]) => [
      name,
      table?.number(field, kind, fallback) ?? fallback,
    ]),
  );
}
