/** A `.tflite` classifier as a graph of ours that takes a batch of windows: from there on it goes the road of `.onnx` files. */
import { GraphBuilder, type Tensor } from "../../../models/graph/index.ts";
import { type FileOperator, type FileTensor, readTfliteModel, type TfliteModel } from "./model.ts";
import { handlerOf } from "./operators/index.ts";
import { stepsOf, type Value, Values } from "./values.ts";

/** The name of the free batch. */
const BATCH = "B";
/** What constants may take, over four times the file: tables of transforms. */
const TABLES = 2 ** 26;

export interface TfliteReading {
  /** One input and one output, of the names that they have in the file. */
  readonly graph: GraphBuilder;
  readonly notes: readonly string[];
}

/**
 * @param choose is told all outputs, and gives the name of the one that is the answer; any tensor of the file may be named.
 * @throws Error that says what is wrong in the file, or names what is not supported.
 */
export function readTflite(
  bytes: Uint8Array,
  choose: (outputs: readonly FileTensor[], computed: ReadonlySet<string>) => string,
): TfliteReading {
  const model = readTfliteModel(bytes);
  const { tensors } = model;
  const computed = new Set(model.operators.flatMap(({ outputs }) => outputs.map((at) => tensors[at].name)));
  const name = choose(
    model.outputs.map((at) => tensors[at]),
    computed,
  );
  const answer = tensors.findIndex((tensor) => tensor.name === name);
  const operators = neededFor(model, answer);
  const left = model.operators.length - operators.length;
  const graph = new GraphBuilder();
  const input = graphInput(graph, model, operators);
  const values = new Values(graph, graph.inputs[0], 4 * bytes.length + TABLES);
  const known = new Map<number, Value>([[input.at, entering(values, input.tensor, tensors[input.at])]]);
  const valueAt = (at: number): Value | undefined => {
    if (at < 0) return undefined;
    const value = known.get(at) ?? constant(tensors[at]);
    known.set(at, value);
    return value;
  };
  for (const operator of operators) {
    const { op, inputs, outputs, options } = operator;
    try {
      const described = outputs.map((at) => tensors[at]);
      const call = { op, g: graph, values, inputs: inputs.map(valueAt), outputs: described, options };
      const results = graph.scope(shortName(operator.name), () => [handlerOf(op)(call)].flat());
      for (const [index, at] of outputs.entries()) {
        if (known.has(at)) throw new Error(`"${tensors[at].name}" is there already`);
        const result = results[index];
        if (!result) throw new Error(`it has ${outputs.length} outputs in place of ${results.length}`);
        known.set(at, leaving(values, result, tensors[at]));
      }
    } catch (cause) {
      throw new Error(`the operator ${op} (tensor "${operator.name}"): ${reasonOf(cause)}`, { cause });
    }
  }
  const result = known.get(answer);
  if (!result || values.isFixed(result)) throw new Error("its answer depends on no input");
  const real = values.real(result);
  const form = real.shape.length > 1 && real.shape[0] === 1 ? "merged" : "apart";
  graph.output(name, values.as(real, form));
  const notes = left > 0 ? [`${left} operators that "${name}" does not need were left out.`] : [];
  if (operators.some(({ outputs }) => outputs.some((at) => isQuantised(tensors[at]))))
    notes.push("It is quantised: its roundings are kept, and gradients pass as though they were not there.");
  return { graph, notes };
}

/** Errors of JavaScript's own say nothing to people: numbers in the file do not fit together in a way that nobody thought of. */
function reasonOf(cause: unknown): string {
  if (cause instanceof Error && !(cause instanceof TypeError) && !(cause instanceof RangeError))
    return cause.message;
  return "what the file says of it does not fit together; if other programs run the file, please report it";
}

function isQuantised({ type, quantisation }: FileTensor): boolean {
  return quantisation !== undefined && (type === "int8" || type === "uint8" || type === "int16");
}

/** In the file's order, which is that of computation. */
function neededFor({ operators }: TfliteModel, answer: number): FileOperator[] {
  const needed = new Set([answer]);
  return operators
    .toReversed()
    .filter(({ inputs, outputs }) => {
      if (!outputs.some((at) => needed.has(at))) return false;
      for (const at of inputs) needed.add(at);
      return true;
    })
    .reverse();
}

function graphInput(
  graph: GraphBuilder,
  { tensors, inputs }: TfliteModel,
  operators: readonly FileOperator[],
): { at: number; tensor: Tensor } {
  const read = new Set(operators.flatMap((each) => each.inputs));
  const needed = inputs.filter((at) => read.has(at));
  if (needed.length !== 1) {
    const list = needed.map((at) => `${tensors[at].name} [${tensors[at].shape.join(", ")}]`).join(", ");
    throw new Error(
      needed.length === 0
        ? "its answer depends on no input"
        : `its answer needs ${needed.length} inputs (${list}); convert it with the sound as its only input`,
    );
  }
  const [at] = needed;
  const { name, type, shape } = checked(tensors[at]);
  if (type !== "float32" && type !== "float16" && !stepsOf(tensors[at]))
    throw new Error(
      `its input "${name}" is ${type}; floats, or 8 or 16 bits that stand for them, are needed`,
    );
  return {
    at,
    tensor: graph.input(shortName(name), "float32", [BATCH, ...(hasBatch(shape) ? shape.slice(1) : shape)]),
  };
}

/** A first axis of one is the batch; without it each window is all of the input. */
function hasBatch(shape: readonly number[]): boolean {
  return shape.length > 1 && shape[0] === 1;
}

function entering(values: Values, tensor: Tensor, file: FileTensor): Value {
  const value = values.value(hasBatch(file.shape) ? "merged" : "apart", tensor);
  const steps = stepsOf(file);
  return steps ? values.rounded(value, steps) : value;
}

/** What came out of an operator as the file keeps it, its shape compared with what the file says of it. */
function leaving(values: Values, value: Value, file: FileTensor): Value {
  const { shape, signature } = file;
  const same = shape.length === value.shape.length && shape.every((size, axis) => size === value.shape[axis]);
  if (!same && !signature.includes(-1))
    throw new Error(`it gives [${value.shape.join(", ")}], and the file says [${shape.join(", ")}]`);
  const steps = stepsOf(file);
  if (steps && !values.isFixed(value)) return values.rounded(value, steps);
  return values.real(value);
}

function constant(file: FileTensor): Value {
  if (!file.bytes && file.shape.every((size) => size > 0))
    throw new Error(`it reads "${file.name}", which nothing before it computes`);
  return { shape: file.shape, tensors: new Map(), constant: file };
}

/** @throws Error where more than the batch is free: what else is free within follows from the input. */
function checked(tensor: FileTensor): FileTensor {
  if (tensor.signature.slice(1).includes(-1))
    throw new Error(
      `"${tensor.name}" has sizes that are free beside the batch [${tensor.signature.join(", ")}]; convert the model again ` +
        "with the length of its input fixed",
    );
  return tensor;
}

/** Converters join the names of all layers that went into an operator, and a name may hold anything. */
function shortName(name: string): string {
  return name
    .split(";")[0]
    .slice(-60)
    .replaceAll(/[^\w./:-]/g, "_");
}
