import { Expressions } from "./expressions.ts";
import { ruleOf } from "./operators/index.ts";
import { FOLD_LIMIT } from "./operators/known.ts";
import { describe } from "./rule.ts";
import { checkShape, elementsOf, isStatic, showShape } from "./shapes.ts";
import {
  type Attributes,
  type Call,
  type DataType,
  type Dimension,
  type Node,
  type Shape,
  type Tensor,
  type TensorData,
  type TensorValue,
  toNumbers,
  typedArray,
} from "./types.ts";

export interface OpOptions {
  /** Name of the node; a readable one is made up without. */
  name?: string;
  /** How many outputs the node has, 1 without. */
  outputs?: number;
  /** Names of the output tensors; they follow the node's name without. */
  outputNames?: readonly string[];
}

/** The operator set that graphs are written for; decoding a newer file raises it. */
export const BASE_OPSET = 18;

/** Constants up to this many elements are shared when their contents are equal. */
const SHARED_CONSTANT_LIMIT = 64;

/**
 * Builds one ONNX graph, node by node, inferring shapes and types on the way.
 *
 * Equal calls on equal inputs give the same tensor, integer shape arithmetic is folded away, and what no output
 * needs is not encoded; so rules may be written plainly without wasting work.
 */
export class GraphBuilder extends Expressions {
  readonly nodes: Node[] = [];
  readonly inputs: Tensor[] = [];
  readonly outputs = new Map<string, Tensor>();
  readonly parameters = new Map<string, Tensor>();
  opset = BASE_OPSET;

  readonly #constants = new Map<Tensor, TensorValue>();
  readonly #producers = new Map<Tensor, Node>();
  readonly #names = new Set<string>();
  readonly #nodeNames = new Set<string>();
  readonly #counters = new Map<string, number>();
  readonly #calls = new Map<string, readonly Tensor[]>();
  readonly #ids = new Map<Tensor, number>();
  readonly #folded = new Map<Tensor, readonly Dimension[]>();
  readonly #sharedConstants = new Map<string, Tensor>();
  readonly #largeConstants = new Map<string, readonly Tensor[]>();
  /** Constants of other graphs that `append` has brought in: a graph appended many times brings its weights once. */
  readonly #broughtIn = new Map<Tensor, Tensor>();
  readonly #stopped = new Set<Tensor>();
  readonly #straight = new Set<Tensor>();
  #scope = "";

  // ---- leaves -------------------------------------------------------------------------------------------------

  /** A value fed at every run. Dimensions may be names (`"B"`). */
  input(name: string, dtype: DataType, shape: Shape): Tensor {
    checkShape(shape, `The input "${name}"`);
    const tensor = this.#tensor(this.#claim(name), dtype, shape);
    this.inputs.push(tensor);
    return tensor;
  }

  /**
   * Weights: an initializer, or an input fed at every run when the graph is encoded with
   * `{ parameters: "inputs" }` (then the updated weights come back as outputs).
   */
  parameter(name: string, data: TensorData | readonly number[], shape: readonly number[]): Tensor {
    const values = ArrayBuffer.isView(data) ? data : Float32Array.from(data as readonly number[]);
    const tensor = this.#leaf(this.#claim(name), {
      dtype: values instanceof Float64Array ? "float64" : "float32",
      shape,
      data: values as TensorData,
    });
    this.parameters.set(name, tensor);
    return tensor;
  }

  /** A constant from plain numbers or a typed array; a scalar without `shape` when `values` is a number. */
  override constant(
    values: number | readonly number[] | TensorData,
    dtype: DataType = "float32",
    shape?: readonly number[],
    name?: string,
  ): Tensor {
    const list = typeof values === "number" ? [values] : values;
    const data = ArrayBuffer.isView(list)
      ? (list as TensorData)
      : typedArray(dtype, list as readonly number[]);
    const value = { dtype, shape: shape ?? (typeof values === "number" ? [] : [data.length]), data };
    if (name !== undefined) return this.ownConstant(value, name);
    if (data.length > SHARED_CONSTANT_LIMIT) return this.#largeConstant(value);
    const key = `${dtype}|${value.shape}|${Array.from(data as ArrayLike<number>, (v) => (Object.is(v, -0) ? "-0" : v))}`;
    let shared = this.#sharedConstants.get(key);
    if (!shared) {
      shared = this.ownConstant(value);
      this.#sharedConstants.set(key, shared);
    }
    return shared;
  }

  /** A constant that is never shared with an equal one. */
  ownConstant(value: TensorValue, name?: string): Tensor {
    return this.#leaf(name === undefined ? this.#freshName("constant") : this.#claim(name), value);
  }

  // ---- nodes --------------------------------------------------------------------------------------------------

  /** Adds one operator and returns its first output. Throws an error naming operator and node when inputs do not fit. */
  override op(
    op: string,
    inputs: readonly (Tensor | undefined)[],
    attributes: Attributes = {},
    options: OpOptions = {},
  ): Tensor {
    return this.ops(op, inputs, attributes, options)[0];
  }

  /** Like `op`, for operators with several outputs. */
  ops(
    op: string,
    inputs: readonly (Tensor | undefined)[],
    attributes: Attributes = {},
    options: OpOptions = {},
  ): readonly Tensor[] {
    const rule = ruleOf(op, options.name ?? op);
    const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
    const trimmed = [...inputs];
    while (trimmed.length > 0 && trimmed.at(-1) === undefined) trimmed.pop();
    for (const input of trimmed) if (input) this.#requireOwn(input, op);
    let call: Call = {
      op,
      name: options.name ?? op,
      inputs: trimmed,
      attributes: given,
      outputCount: options.outputs ?? 1,
    };
    const rewritten = rule.rewrite?.(call, this);
    if (rewritten) return rewritten;
    if (rule.prepare) call = rule.prepare(call, this);

    const types = rule.infer(call, this);
    for (const { shape } of types) checkShape(shape, describe(call));
    const known = elementsOf(types[0].shape) <= FOLD_LIMIT ? rule.fold?.(call, this) : undefined;
    if (known?.every((value) => typeof value === "number") && isStatic(types[0].shape)) {
      return [this.constant(known as readonly number[], types[0].dtype, types[0].shape)];
    }
    const key = this.#key(call);
    const before = this.#calls.get(key);
    if (before) return before;

    const fresh = options.name === undefined ? this.#freshName(call.op) : undefined;
    const name = fresh ?? unused(this.#nodeNames, this.#scope + options.name);
    this.#nodeNames.add(name);
    const outputs = types.slice(0, call.outputCount).map((type, index) => {
      const wanted = options.outputNames?.[index] || (index === 0 ? name : `${name}:${index}`);
      const tensorName = wanted === fresh ? fresh : this.#claim(unused(this.#names, wanted));
      return this.#tensor(tensorName, type.dtype, type.shape);
    });
    const node: Node = { ...call, name, outputs };
    this.nodes.push(node);
    for (const output of outputs) this.#producers.set(output, node);
    this.#calls.set(key, outputs);
    if (known) this.#folded.set(outputs[0], known);
    return outputs;
  }

  /** Names a result of the graph. */
  output(name: string, tensor: Tensor): Tensor {
    this.#requireOwn(tensor, `output "${name}"`);
    if (this.outputs.has(name)) throw new Error(`The graph already has an output "${name}"`);
    const fed = this.inputs.find((input) => input.name === name) ?? this.parameters.get(name);
    if (fed && fed !== tensor) throw new Error(`The graph already has something named "${name}" that is fed`);
    // Another tensor may have the name, as where a file's node was called so: it gets another when the graph is encoded.
    this.#names.add(name);
    this.outputs.set(name, tensor);
    return tensor;
  }

  /** Everything built inside gets names starting with `prefix/`. */
  scope<T>(prefix: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = `${outer}${prefix}/`;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /** The same values, through which no gradient flows. */
  stopGradient(tensor: Tensor): Tensor {
    const name = this.#freshName("stopped");
    const stopped = this.#tensor(name, tensor.dtype, tensor.shape);
    const node: Node = {
      op: "Identity",
      name,
      inputs: [tensor],
      attributes: {},
      outputCount: 1,
      outputs: [stopped],
    };
    this.nodes.push(node);
    this.#producers.set(stopped, node);
    this.#stopped.add(stopped);
    return stopped;
  }

  /** Rounded to whole numbers; gradients pass as though it were not (the straight-through estimator). */
  rounded(tensor: Tensor): Tensor {
    const rounded = this.op("Round", [tensor]);
    this.#straight.add(rounded);
    return rounded;
  }

  /**
   * Copies another graph into this one, its inputs replaced by `inputs` (shapes are inferred anew, so symbolic
   * sizes become what is given). Parameters come along as frozen constants. Returns its outputs by name.
   */
  append(other: GraphBuilder, inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    this.opset = Math.max(this.opset, other.opset);
    const copies = new Map<Tensor, Tensor>();
    for (const input of other.inputs) {
      const replacement = inputs[input.name];
      if (!replacement) throw new Error(`append: no tensor given for the input "${input.name}"`);
      if (replacement.dtype !== input.dtype) {
        throw new Error(`append: input "${input.name}" takes ${input.dtype}, not ${replacement.dtype}`);
      }
      const fits =
        replacement.shape.length === input.shape.length &&
        input.shape.every((size, axis) => typeof size === "string" || size === replacement.shape[axis]);
      if (!fits) {
        throw new Error(
          `append: input "${input.name}" is ${showShape(input.shape)}, but "${replacement.name}" is ${showShape(replacement.shape)}`,
        );
      }
      copies.set(input, replacement);
    }
    for (const name of Object.keys(inputs)) {
      if (!other.inputs.some((input) => input.name === name))
        throw new Error(`append: there is no input "${name}"`);
    }
    const copy = (tensor: Tensor): Tensor => {
      const known = copies.get(tensor) ?? this.#broughtIn.get(tensor);
      if (known) return known;
      const value = other.constantOf(tensor);
      if (!value) throw new Error(`append: "${tensor.name}" has no value`);
      const constant =
        value.data.length <= SHARED_CONSTANT_LIMIT
          ? this.constant(value.data, value.dtype, value.shape)
          : this.ownConstant(value, unused(this.#names, tensor.name));
      this.#broughtIn.set(tensor, constant);
      return constant;
    };
    for (const node of other.nodes) {
      const sources = node.inputs.map((input) => input && copy(input));
      const outputs = other.isStopped(node.outputs[0])
        ? [this.stopGradient(sources[0] as Tensor)]
        : this.ops(node.op, sources, node.attributes, {
            outputs: node.outputCount,
            name: node.name,
          });
      if (other.isRounded(node.outputs[0])) this.#straight.add(outputs[0]);
      for (const [index, output] of node.outputs.entries()) copies.set(output, outputs[index]);
    }
    return Object.fromEntries([...other.outputs].map(([name, tensor]) => [name, copy(tensor)]));
  }

  // ---- questions ----------------------------------------------------------------------------------------------

  /** The tensor of that name, for picking a layer out of a decoded model. */
  tensor(name: string): Tensor {
    const found = [...this.#ids.keys()].find((tensor) => tensor.name === name);
    if (!found) throw new Error(`The graph has no tensor "${name}"`);
    return found;
  }

  producer(tensor: Tensor): Node | undefined {
    return this.#producers.get(tensor);
  }

  /** Elements of a constant or parameter; undefined for computed tensors and inputs. */
  constantOf(tensor: Tensor): TensorValue | undefined {
    return this.#constants.get(tensor);
  }

  isParameter(tensor: Tensor): boolean {
    return this.parameters.get(tensor.name) === tensor;
  }

  isStopped(tensor: Tensor): boolean {
    return this.#stopped.has(tensor);
  }

  /** Whether it comes from `rounded`. */
  isRounded(tensor: Tensor): boolean {
    return this.#straight.has(tensor);
  }

  /** Elements of an integer tensor as far as they are known while building (sizes may be names). */
  valuesOf(tensor: Tensor): readonly Dimension[] | undefined {
    const constant = this.#constants.get(tensor);
    if (constant) return this.isParameter(tensor) ? undefined : toNumbers(constant.data);
    return this.#folded.get(tensor);
  }

  /** The one element of a constant scalar, if it is one. */
  override scalarOf(tensor: Tensor | undefined): number | undefined {
    if (!tensor || this.isParameter(tensor)) return undefined;
    const constant = this.#constants.get(tensor);
    return constant && constant.data.length === 1 ? Number(constant.data[0]) : undefined;
  }

  /** A name for a size that nothing is known about. */
  freshDimension(hint: string): string {
    return this.#freshName(`?${hint.replaceAll("*", "_")}`);
  }

  // ---- inside -------------------------------------------------------------------------------------------------

  /** Equal tables (of a transform, of mel bands) are kept once, or a network built at many points would carry as many. */
  #largeConstant(value: TensorValue): Tensor {
    const key = `${value.dtype}|${value.shape}`;
    const candidates = this.#largeConstants.get(key) ?? [];
    const same = candidates.find((each) => equalData(this.#constants.get(each)!.data, value.data));
    if (same) return same;
    const constant = this.ownConstant(value);
    this.#largeConstants.set(key, [...candidates, constant]);
    return constant;
  }

  #leaf(name: string, value: TensorValue): Tensor {
    checkShape(value.shape, `"${name}"`);
    const count = value.shape.reduce((a, b) => a * b, 1);
    if (count !== value.data.length) {
      throw new Error(
        `"${name}": ${value.data.length} elements do not fill the shape ${showShape(value.shape)}`,
      );
    }
    const tensor = this.#tensor(name, value.dtype, value.shape);
    this.#constants.set(tensor, value);
    return tensor;
  }

  #tensor(name: string, dtype: DataType, shape: Shape): Tensor {
    const tensor: Tensor = { name, dtype, shape: [...shape] };
    this.#ids.set(tensor, this.#ids.size);
    return tensor;
  }

  #requireOwn(tensor: Tensor, user: string): void {
    if (!this.#ids.has(tensor)) {
      throw new Error(
        `${user}: "${tensor.name}" belongs to another graph; use append to bring that graph in`,
      );
    }
  }

  #key(call: Call): string {
    const inputs = call.inputs.map((input) => (input ? this.#ids.get(input) : "-"));
    const attributes = Object.entries(call.attributes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) =>
        typeof value === "object" && "data" in value
          ? `${name}=${value.dtype}[${value.shape}]${value.data.join()}`
          : `${name}=${JSON.stringify(value)}`,
      );
    return `${call.op}|${inputs}|${attributes.join(";")}|${call.outputCount}`;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) throw new Error(`The graph already has something named "${name}"`);
    this.#names.add(name);
    return name;
  }

  #freshName(hint: string): string {
    const base = this.#scope + hint;
    let name: string;
    do {
      const count = (this.#counters.get(base) ?? 0) + 1;
      this.#counters.set(base, count);
      name = `${base}_${count}`;
    } while (this.#names.has(name) || this.#nodeNames.has(name));
    this.#names.add(name);
    return name;
  }
}

function equalData(a: TensorData, b: TensorData): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** `name`, numbered if it is taken. */
function unused(taken: ReadonlySet<string>, name: string): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}_${count}`;
  return free;
}
