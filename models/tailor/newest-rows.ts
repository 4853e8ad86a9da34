/**
 * Cuts a method's graph down to the newest frames of its mask. A live stream wants no more of a window than the frames that
 * have not gone out yet; what the decoder computes for older ones is a third of the whole graph.
 */
import { decodeModel, encodeModel, type GraphBuilder, type Tensor } from "../graph/index.ts";

/** Rows of a tensor along its time axis: those from `first` on, and right from what was asked for on. */
interface Rows {
  readonly tensor: Tensor;
  readonly first: number;
}

/**
 * The graph (an `.onnx` file with the signature of models/pack/pack.ts) with `mask [B, frames, F]`: the newest `frames` of what
 * it gave, to the last bit but for the order of sums. Only what they need is computed, as far as the operators are known;
 * of others the newest rows are taken. Null where so no less would be computed.
 *
 * @param weights the files beside the graph that hold weights of it.
 * @throws Error when the file holds what decodeModel can't read, or its masks are not longer than `frames`.
 */
export function newestRows(
  graph: Uint8Array,
  frames: number,
  weights: ReadonlyMap<string, Uint8Array> = new Map(),
): Uint8Array<ArrayBuffer> | null {
  const g = decodeModel(graph, { external: (file) => weights.get(file) });
  const mask = g.outputs.get("mask");
  const total = mask?.shape[1];
  if (!mask || typeof total !== "number" || frames < 1 || frames >= total) {
    throw new Error(`the mask has ${total} frames; its newest ${frames} can't be cut out`);
  }
  const rows = new Cutter(g).rows(mask, 1, total - frames);
  if (g.producer(rows)?.inputs.includes(mask)) return null;
  g.outputs.set("mask", rows);
  return encodeModel(g);
}

/** Rows are cut out through so many operators, one behind the other; a decoder has some dozens. */
const DEEPEST = 1000;

class Cutter {
  /** What was cut before: where a result is read twice, all before it would be cut twice for each of its readers. */
  readonly #cut = new Map<Tensor, Map<string, Rows>>();
  #depth = 0;
  /** What the probabilities need is there as a whole anyway. */
  readonly #whole = new Set<Tensor>();

  constructor(readonly g: GraphBuilder) {
    const waiting = [...g.outputs].filter(([name]) => name !== "mask").map(([, tensor]) => tensor);
    for (let tensor = waiting.pop(); tensor; tensor = waiting.pop()) {
      if (this.#whole.has(tensor)) continue;
      this.#whole.add(tensor);
      for (const input of g.producer(tensor)?.inputs ?? []) if (input) waiting.push(input);
    }
  }

  /** The rows of `tensor` from `from` on, along the time axis `axis`. */
  rows(tensor: Tensor, axis: number, from: number): Tensor {
    const rows = this.#computed(tensor, axis, from);
    return this.#slice(rows.tensor, axis, from - rows.first);
  }

  #computed(x: Tensor, axis: number, from: number): Rows {
    const cuts = this.#cut.get(x) ?? new Map<string, Rows>();
    this.#cut.set(x, cuts);
    const known = cuts.get(`${axis} ${from}`);
    if (known) return known;
    this.#depth++;
    const rows = this.#computedAnew(x, axis, from);
    this.#depth--;
    cuts.set(`${axis} ${from}`, rows);
    return rows;
  }

  #computedAnew(x: Tensor, axis: number, from: number): Rows {
    const node = this.g.producer(x);
    const sliced = () => ({ tensor: this.#slice(x, axis, from), first: from });
    if (from <= 0) return { tensor: x, first: 0 };
    if (!node || this.#whole.has(x) || this.#depth > DEEPEST) return sliced();
    const inputs = node.inputs as Tensor[];
    const again = (tensors: readonly (Tensor | undefined)[]) => this.g.op(node.op, tensors, node.attributes);
    switch (node.op) {
      case "Relu":
      case "Sigmoid": {
        const { tensor, first } = this.#computed(inputs[0], axis, from);
        return { tensor: again([tensor]), first };
      }
      case "Add":
      case "Mul":
        return { tensor: again(inputs.map((each) => this.#operand(each, x, axis, from))), first: from };
      case "Concat":
        if (node.attributes["axis"] !== 1 || axis === 1) return sliced();
        return { tensor: again(inputs.map((each) => this.rows(each, axis, from))), first: from };
      case "Conv":
        return this.#conv(x, axis, from) ?? sliced();
      case "Resize":
        return this.#resize(x, axis, from) ?? sliced();
      case "MatMul":
        return this.#matmul(x, axis, from) ?? sliced();
      case "Reshape": {
        const [input] = inputs;
        const [, steps, width] = x.shape;
        // [B, 1, T, F] without its one channel.
        const dropped = x.shape.length === 3 && input.shape.length === 4 && input.shape[1] === 1;
        if (!dropped || axis !== 1 || input.shape[2] !== steps || input.shape[3] !== width) return sliced();
        const shape = [-1, Number(steps) - from, Number(width)];
        return { tensor: this.g.reshape(this.rows(input, 2, from), shape), first: from };
      }
      default:
        return sliced();
    }
  }

  /** One side of an elementwise operation; what is the same for all rows stays as it is. */
  #operand(operand: Tensor, result: Tensor, axis: number, from: number): Tensor {
    const own = axis - (result.shape.length - operand.shape.length);
    return own < 0 || operand.shape[own] === 1 ? operand : this.rows(operand, own, from);
  }

  /** A row of a convolution needs those before it that its kernel covers; it begins with rows that lack them. */
  #conv(x: Tensor, axis: number, from: number): Rows | undefined {
    const { inputs, attributes } = this.g.producer(x)!;
    const [input, weight] = inputs as Tensor[];
    const { pads = [0, 0, 0, 0], strides = [1, 1], dilations = [1, 1], auto_pad } = attributes;
    const plain = [strides, dilations].every((each) => String(each) === "1,1");
    if (axis !== 2 || weight.shape.length !== 4 || auto_pad || !plain) return undefined;
    const before = Number((pads as readonly number[])[0]);
    const first = from - before;
    if (first <= 0) return undefined;
    const rows = this.rows(input, axis, first);
    return { tensor: this.g.op("Conv", [rows, ...inputs.slice(1)], attributes), first };
  }

  /** Enlarging by a whole number, each row several times. */
  #resize(x: Tensor, axis: number, from: number): Rows | undefined {
    const { inputs, attributes } = this.g.producer(x)!;
    const scales = inputs[2] && this.g.constantOf(inputs[2])?.data;
    const nearest =
      attributes["mode"] === "nearest" &&
      attributes["coordinate_transformation_mode"] === "asymmetric" &&
      attributes["nearest_mode"] === "floor";
    const times = Number(scales?.[axis]);
    if (!nearest || inputs.length !== 3 || !Number.isInteger(times) || times < 1) return undefined;
    const first = Math.floor(from / times);
    const rows = this.rows(inputs[0] as Tensor, axis, first);
    return { tensor: this.g.op("Resize", [rows, ...inputs.slice(1)], attributes), first: first * times };
  }

  /** Weights from the left mix rows, those from the right leave them apart. */
  #matmul(x: Tensor, axis: number, from: number): Rows | undefined {
    const [left, right] = this.g.producer(x)!.inputs as Tensor[];
    if (axis !== x.shape.length - 2) return undefined;
    if (this.g.constantOf(right)?.shape.length === 2) {
      const { tensor, first } = this.#computed(left, axis, from);
      return { tensor: this.g.matmul(tensor, right), first };
    }
    const weights = this.g.constantOf(left);
    if (weights?.shape.length !== 2 || weights.dtype !== "float32") return undefined;
    const [height, width] = weights.shape;
    const kept = (row: number, column: number) => Number(weights.data[(from + row) * width + column]);
    let first = 0;
    while (first < width - 1 && allZero(height - from, (row) => kept(row, first))) first++;
    const cut = Float32Array.from({ length: (height - from) * (width - first) }, (_, k) =>
      kept(Math.floor(k / (width - first)), first + (k % (width - first))),
    );
    const matrix = this.g.constant(cut, "float32", [height - from, width - first]);
    return { tensor: this.g.matmul(matrix, this.rows(right, axis, first)), first: from };
  }

  #slice(x: Tensor, axis: number, start: number): Tensor {
    if (start <= 0) return x;
    const { g } = this;
    return g.op("Slice", [x, g.int64([start]), g.int64([Number(x.shape[axis])]), g.int64([axis])]);
  }
}

function allZero(count: number, value: (index: number) => number): boolean {
  for (let n = 0; n < count; n++) if (value(n) !== 0) return false;
  return true;
}
