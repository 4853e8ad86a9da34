/**
 * Graphs with the inputs and outputs that a reader expects, and something between them that it does not: circles, sizes that no
 * machine has, depths that no stack has, messages that claim what is not there.
 */
import protobuf from "protobufjs/minimal.js";
import {
  ATTRIBUTE_TYPE,
  type AttributeMessage,
  DATA_TYPE,
  type ModelMessage,
  type NodeMessage,
  readModel,
  type TensorMessage,
  writeModel,
} from "../../models/graph/onnx/schema.ts";

interface HostilePart {
  readonly nodes?: NodeMessage[];
  readonly initializers?: TensorMessage[];
  /** A number or tensor of any shape; its mean goes into what the graph computes, so that nothing may be left out. */
  readonly result: string;
}

/** What makes of a graph's input `x` something that the graph is then given. */
type Twist = (x: string) => HostilePart;

const ints = (name: string, values: readonly number[]): TensorMessage => ({
  name,
  dims: [values.length],
  dataType: DATA_TYPE.int64,
  int64Data: [...values],
});
const floats = (name: string, values: readonly number[], dims = [values.length]): TensorMessage => ({
  name,
  dims,
  dataType: DATA_TYPE.float32,
  floatData: [...values],
});
const int = (name: string, value: number): AttributeMessage => ({
  name,
  int: value,
  type: ATTRIBUTE_TYPE.int,
});
const text = (name: string, value: string): AttributeMessage => ({
  name,
  text: new TextEncoder().encode(value),
  type: ATTRIBUTE_TYPE.text,
});
const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: AttributeMessage[] = [],
): NodeMessage => ({ op, inputs, outputs, name: `twisted ${outputs[0]}`, attributes });

/** One operator with constants beside it. */
function single(
  op: string,
  inputs: readonly (string | TensorMessage)[],
  attributes: AttributeMessage[] = [],
): HostilePart {
  const initializers = inputs.filter((each) => typeof each !== "string");
  const names = inputs.map((each) => (typeof each === "string" ? each : (each.name ?? "")));
  return { nodes: [node(op, names, ["huge"], attributes)], initializers, result: "huge" };
}

/** The same operator again and again, each on the result of the one before. */
function chain(length: number, make: (from: string, to: string) => NodeMessage, first: string): HostilePart {
  const nodes = Array.from({ length }, (_, n) => make(n === 0 ? first : `link${n}`, `link${n + 1}`));
  return { nodes, result: `link${length}` };
}

const many = (size: number, rank: number) => new Array<number>(rank).fill(size);

const CIRCLES: Record<string, Twist> = {
  "a node reads itself": (x) => ({ nodes: [node("Add", [x, "self"], ["self"])], result: "self" }),
  "two nodes read each other": (x) => ({
    nodes: [node("Add", [x, "second"], ["first"]), node("Relu", ["first"], ["second"])],
    result: "second",
  }),
  "a thousand nodes in a circle": (x) => {
    const { nodes = [], result } = chain(1000, (from, to) => node("Add", [x, from], [to]), "link1000");
    return { nodes, result };
  },
  "a name is computed twice": (x) => ({
    nodes: [node("Relu", [x], ["twice"]), node("Sin", ["twice"], ["twice"])],
    result: "twice",
  }),
  "a node computes the input": (x) => ({ nodes: [node("Relu", [x], [x])], result: x }),
  "a node computes a constant": (x) => ({
    nodes: [node("Relu", [x], ["constant"])],
    initializers: [floats("constant", [1])],
    result: "constant",
  }),
  "names of JavaScript's own": (x) => ({
    nodes: [
      node("Relu", [x], ["__proto__"], [int("__proto__", 1), int("constructor", 2), int("toString", 3)]),
      node("constructor", ["__proto__"], ["toString"]),
    ],
    result: "toString",
  }),
};

const SIZES: Record<string, Twist> = {
  "ConstantOfShape of 2^31": () => single("ConstantOfShape", [ints("sizes", [2 ** 31])]),
  "ConstantOfShape of 2^50": () => single("ConstantOfShape", [ints("sizes", [2 ** 50])]),
  "ConstantOfShape whose product overflows": () =>
    single("ConstantOfShape", [ints("sizes", many(2 ** 32, 4))]),
  "ConstantOfShape of a negative size": () => single("ConstantOfShape", [ints("sizes", [4, -8])]),
  "ConstantOfShape of 1000 dimensions": () => single("ConstantOfShape", [ints("sizes", many(2, 1000))]),
  "ConstantOfShape of integers": () =>
    single(
      "ConstantOfShape",
      [ints("sizes", [2 ** 33])],
      [{ name: "value", type: ATTRIBUTE_TYPE.tensor, tensor: ints("one", [1]) }],
    ),
  "Expand to 2^40": () => single("Expand", [floats("one", [1]), ints("sizes", [2 ** 40])]),
  "Tile 2^40 times": () => single("Tile", [floats("one", [1]), ints("times", [2 ** 40])]),
  "Range to 2^50": () => single("Range", [ints0("from", 0), ints0("to", 2 ** 50), ints0("by", 1)]),
  "Range by nothing": () => single("Range", [ints0("from", 0), ints0("to", 5), ints0("by", 0)]),
  "Pad by 2^40": () => single("Pad", [floats("one", [1]), ints("pads", [2 ** 40, 0])]),
  "Pad by less than nothing": () => single("Pad", [floats("one", [1]), ints("pads", [-8, -8])]),
  "OneHot of 2^40": () =>
    single("OneHot", [ints("at", [1]), ints("depth", [2 ** 40]), floats("values", [0, 1])]),
  "Resize by 2^30": () =>
    single(
      "Resize",
      [floats("one", [1, 2, 3, 4], [1, 1, 2, 2]), "", floats("scales", [1, 1, 2 ** 30, 2 ** 30])],
      [text("mode", "nearest")],
    ),
  "ConvTranspose with a stride of 2^40": () =>
    single(
      "ConvTranspose",
      [floats("one", [1, 2], [1, 1, 2]), floats("kernel", [1], [1, 1, 1])],
      [{ name: "strides", ints: [2 ** 40], type: ATTRIBUTE_TYPE.ints }],
    ),
  "EyeLike, which nobody knows": () => single("EyeLike", [floats("one", [1], [1, 1])]),
  "Concat doubles 60 times": () =>
    withConstants(
      chain(60, (from, to) => node("Concat", [from, from], [to], [int("axis", 0)]), "one"),
      floats("one", [1]),
    ),
  "Concat doubles integers 60 times": () =>
    withConstants(
      chain(60, (from, to) => node("Concat", [from, from], [to], [int("axis", 0)]), "one"),
      ints("one", [1]),
    ),
  "Expand of integers to 2^40": () => single("Expand", [ints("one", [1]), ints("sizes", [2 ** 40])]),
  "Gather of what is not there": () => single("Gather", [ints("few", [1, 2]), ints("at", [2 ** 40, -9])]),
  "Slice by nothing": () =>
    single("Slice", [
      ints("few", [1, 2]),
      ints("from", [0]),
      ints("to", [2]),
      ints("axes", [0]),
      ints("by", [0]),
    ]),
  "Reshape to two unknown sizes": () => single("Reshape", [floats("few", [1, 2]), ints("sizes", [-1, -1])]),
  "sizes double 80 times": () => {
    const doubled = chain(80, (from, to) => node("Mul", [from, "doubling"], [to]), "doubling");
    const nodes = [...(doubled.nodes ?? []), node("ConstantOfShape", [doubled.result], ["huge"])];
    return { nodes, initializers: [ints("doubling", [2])], result: "huge" };
  },
  "outer products of outer products": () => {
    const initializers = [
      floats("column", many(1, 4096), [4096, 1]),
      floats("row", many(1, 4096), [1, 4096]),
    ];
    const nodes = [
      node("Mul", ["column", "row"], ["square"]),
      node("Unsqueeze", ["square", "axes"], ["square1"]),
      node("Transpose", ["square1"], ["square2"]),
      node("Mul", ["square1", "square2"], ["huge"]),
    ];
    return { nodes, initializers: [...initializers, ints("axes", [2])], result: "huge" };
  },
  "sizes of the input's own": (x) => ({
    nodes: [
      node("Shape", [x], ["own"]),
      node("Mul", ["own", "own"], ["own2"]),
      node("Mul", ["own2", "own2"], ["own4"]),
      node("Mul", ["own4", "own4"], ["own8"]),
      node("ConstantOfShape", ["own8"], ["huge"]),
    ],
    result: "huge",
  }),
};

const DEPTHS: Record<string, Twist> = {
  "20,000 nodes in a row": (x) => chain(20_000, (from, to) => node("Relu", [from], [to]), x),
  "20,000 sines in a row": (x) => chain(20_000, (from, to) => node("Sin", [from], [to]), x),
  "20,000 sums of two, each of both before": (x) =>
    chain(20_000, (from, to) => node("Add", [from, from], [to]), x),
  "20,000 shapes of shapes": (x) => {
    const { nodes = [], result } = chain(20_000, (from, to) => node("Shape", [from], [to]), x);
    return { nodes: [...nodes, node("ConstantOfShape", [result], ["huge"])], result: "huge" };
  },
  "300 symbolic sizes": (x) =>
    chain(300, (from, to) => node("Concat", [from, from], [to], [int("axis", 0)]), x),
};

const TENSORS: Record<string, Twist> = {
  "a constant with a negative size": () => ({
    initializers: [{ name: "c", dims: [-1, -4], dataType: 1, floatData: many(1, 4) }],
    result: "c",
  }),
  "a constant that lacks its elements": () => ({
    initializers: [{ name: "c", dims: [2 ** 31, 2 ** 31], dataType: 1, floatData: [] }],
    result: "c",
  }),
  "a constant of a product beyond all numbers": () => ({
    initializers: [{ name: "c", dims: many(2 ** 62, 64), dataType: 1, rawData: new Uint8Array(4) }],
    result: "c",
  }),
  "half a number": () => ({
    initializers: [{ name: "c", dims: [1], dataType: 10, rawData: new Uint8Array(3) }],
    result: "c",
  }),
  "three quarters of a number": () => ({
    initializers: [{ name: "c", dims: [1], dataType: 1, rawData: new Uint8Array(3) }],
    result: "c",
  }),
  "a constant of a kind that is none": () => ({
    initializers: [{ name: "c", dims: [1], dataType: 9999, rawData: new Uint8Array(3) }],
    result: "c",
  }),
  "a constant of infinities": () => ({
    initializers: [floats("c", [Number.POSITIVE_INFINITY, Number.NaN])],
    result: "c",
  }),
  "a constant in a file outside": () => ({
    initializers: [
      {
        name: "c",
        dims: [4],
        dataType: 1,
        dataLocation: 1,
        externalData: [
          { key: "location", value: "../../../../etc/hostname" },
          { key: "length", value: "16" },
        ],
      },
    ],
    result: "c",
  }),
};

function ints0(name: string, value: number): TensorMessage {
  return { name, dims: [], dataType: DATA_TYPE.int64, int64Data: [value] };
}

function withConstants(part: HostilePart, ...initializers: TensorMessage[]): HostilePart {
  return { ...part, initializers };
}

/** The graph with the twist between its input and what is computed of it. */
function twisted(valid: Uint8Array, twist: Twist): Uint8Array {
  const model = readModel(valid);
  const graph = model.graph!;
  const x = graph.inputs![0].name!;
  const part = twist(x);
  const nodes = [
    ...(part.nodes ?? []),
    node("Cast", [part.result], ["twisted.float"], [int("to", DATA_TYPE.float32)]),
    node("ReduceMean", ["twisted.float"], ["twisted.mean"], [int("keepdims", 0)]),
    node("Mul", ["twisted.mean", "twisted.zero"], ["twisted.nothing"]),
    node("Add", [x, "twisted.nothing"], ["twisted.x"]),
  ];
  const read = (name: string) => (name === x ? "twisted.x" : name);
  const rest = graph.nodes!.map((each) => ({ ...each, inputs: each.inputs?.map(read) }));
  const initializers = [
    ...(graph.initializers ?? []),
    ...(part.initializers ?? []),
    floats("twisted.zero", [0], []),
  ];
  return writeModel({
    ...model,
    graph: { ...graph, nodes: [...nodes, ...rest], initializers },
  } as ModelMessage);
}

/** The graph with so many nodes between what it computed and its outputs. */
function behind(
  valid: Uint8Array,
  count: number,
  make: (from: string, to: string) => NodeMessage,
): Uint8Array {
  const model = readModel(valid);
  const graph = model.graph!;
  const outputs = new Set(graph.outputs!.map(({ name }) => name));
  const before = (name: string) => (outputs.has(name) ? `${name}.before` : name);
  const nodes = graph.nodes!.map(
    (each): NodeMessage => ({
      ...each,
      inputs: (each.inputs ?? []).map(before),
      outputs: (each.outputs ?? []).map(before),
    }),
  );
  for (const { name = "" } of graph.outputs!) {
    const link = (n: number) => (n === 0 ? before(name) : n === count ? name : `${name}.${n}`);
    for (let n = 0; n < count; n++) nodes.push(make(link(n), link(n + 1)));
  }
  return writeModel({ ...model, graph: { ...graph, nodes } });
}

/** Deep messages: what a reader that calls itself for each level does not survive. */
const MESSAGES: Record<string, (valid: Uint8Array) => Uint8Array> = {
  // A group begins another group begins another: each is one byte, and has no length.
  "20,000 nodes behind": (valid) => behind(valid, 20_000, (from, to) => node("Relu", [from], [to])),
  "200 sums of two behind, each of both before": (valid) =>
    behind(valid, 200, (from, to) => node("Add", [from, from], [to])),
  "a million groups in each other": (valid) =>
    Buffer.concat([valid, new Uint8Array(1_000_000).fill((99 << 3) | 3)]),
  "thousands of subgraphs in each other": (valid) =>
    Buffer.concat([valid, graphField(nestedSubgraphs(20_000))]),
  "a message longer than the one around it": (valid) =>
    Buffer.concat([valid, Uint8Array.of((7 << 3) | 2, 4, (1 << 3) | 2, 0xff, 0xff, 0x03, 0, 0)]),
  "a length of 4 GiB": (valid) =>
    Buffer.concat([valid, Uint8Array.of((7 << 3) | 2, 0xff, 0xff, 0xff, 0xff, 0x0f)]),
  "a number without end": (valid) => Buffer.concat([valid, new Uint8Array(100).fill(0xff)]),
  "cut off": (valid) => valid.subarray(0, valid.length - 5),
  "a second graph after the first": (valid) => Buffer.concat([valid, valid]),
};

/** As field 7, which is the graph. */
function graphField(bytes: Uint8Array): Uint8Array {
  return protobuf.Writer.create()
    .uint32((7 << 3) | 2)
    .bytes(bytes)
    .finish();
}

/** A graph in an attribute (field 6) of a node (5 and 1) of a graph … */
function nestedSubgraphs(depth: number): Uint8Array {
  const parts: number[][] = [];
  let length = 0;
  const wrap = (field: number) => {
    const head = [
      ...protobuf.Writer.create()
        .uint32((field << 3) | 2)
        .uint32(length)
        .finish(),
    ];
    parts.push(head);
    length += head.length;
  };
  for (let level = 0; level < depth; level++) for (const field of [6, 5, 1]) wrap(field);
  return Uint8Array.from(parts.reverse().flat());
}

/** All of them, made of a graph that is as it should be. */
export function hostileGraphs(valid: Uint8Array): Map<string, Uint8Array> {
  const twists = { ...CIRCLES, ...SIZES, ...DEPTHS, ...TENSORS };
  return new Map([
    ...Object.entries(twists).map(([name, twist]) => [name, twisted(valid, twist)] as const),
    ...Object.entries(MESSAGES).map(([name, make]) => [name, make(valid)] as const),
  ]);
}
