/** Files as other tools write them: nodes in any order, names used twice, shape arithmetic with sizes that are only names. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeModel, encodeModel, GraphBuilder } from "../../../models/graph/index.ts";
import { type NodeMessage, readModel, writeModel } from "../../../models/graph/onnx/schema.ts";
import { compile } from "./run.ts";

const test = suite("files of other writers");

/** y = relu(x · w) + 1 of x [B, 2], with its nodes changed. */
function file(change: (nodes: NodeMessage[]) => NodeMessage[]): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 2]);
  const product = g.op("MatMul", [x, g.constant([1, -1, 2, 3], "float32", [2, 2])], {}, { name: "product" });
  g.output("y", g.add(g.op("Relu", [product], {}, { name: "positive" }), 1));
  const message = readModel(encodeModel(g));
  return writeModel({ ...message, graph: { ...message.graph, nodes: change(message.graph?.nodes ?? []) } });
}

test("nodes in any order are computed in the one that works, and a circle is refused by name", async () => {
  const turned = encodeModel(decodeModel(file((nodes) => nodes.toReversed())));
  const { y } = await (await compile(turned, { x: [1, 2] }))({ x: Float32Array.of(1, 2) });
  assert.equal(Array.from(y), [6, 6]);
  const circle = file((nodes) =>
    nodes.map((node) => (node.op === "MatMul" ? { ...node, inputs: ["y", node.inputs![1]!] } : node)),
  );
  assert.throws(() => decodeModel(circle), /node ".*" needs its own result: the graph is a circle/);
  const self = file((nodes) =>
    nodes.map((node) => (node.op === "Relu" ? { ...node, inputs: node.outputs } : node)),
  );
  assert.throws(() => decodeModel(self), /"positive" needs its own result/);
});

test("a chain as long as a file is no trouble in any order", () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => ({
    op: "Identity",
    inputs: [i === 0 ? "y0" : `c${i}`],
    outputs: [i === 19_999 ? "y" : `c${i + 1}`],
  }));
  const long = file((nodes) => [
    ...chain.toReversed(),
    ...nodes.map((node) => ({ ...node, outputs: node.outputs!.map((name) => (name === "y" ? "y0" : name)) })),
  ]);
  assert.ok(decodeModel(long).outputs.has("y"));
});

test("an output's name may be that of another tensor: the other one is called otherwise in the file", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 2]);
  const inner = g.op("Relu", [x], {}, { name: "logits" });
  const weight = g.constant([2, 3], "float32", [2], "mask");
  g.output("logits", g.mul(inner, 2));
  g.output("mask", g.mul(inner, weight));
  const found = await (await compile(encodeModel(g), { x: [1, 2] }))({ x: Float32Array.of(1, -1) });
  assert.equal(
    [Array.from(found["logits"]!), Array.from(found["mask"]!)],
    [
      [2, 0],
      [2, 0],
    ],
  );
  assert.throws(() => g.output("x", inner), /already has something named "x"/);
});

test("of an If the branch that its condition takes is read, with what both graphs know", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 2]);
  g.output("y", g.mul(x, 3));
  const message = readModel(encodeModel(g));
  const branch = (name: string, op: string, inputs: string[]) => ({
    name,
    type: 5,
    graph: {
      nodes: [{ op, inputs, outputs: ["inside"] }],
      initializers: [{ name: "own", dims: [], dataType: 1, floatData: [10] }],
      outputs: [{ name: "inside" }],
    },
  });
  const file = (wanted: number, condition = "same") =>
    writeModel({
      ...message,
      graph: {
        ...message.graph,
        nodes: [
          ...(message.graph?.nodes ?? []).map((node) => ({ ...node, outputs: ["tripled"] })),
          // Out of order on purpose: the branches read "tripled" too.
          {
            op: "If",
            name: "chooses",
            inputs: [condition],
            outputs: ["y"],
            attributes: [
              branch("then_branch", "Add", ["tripled", "own"]),
              branch("else_branch", "Loop", ["own"]),
            ],
          },
          { op: "Shape", inputs: ["x"], outputs: ["shape"] },
          { op: "Gather", inputs: ["shape", "last"], outputs: ["size"] },
          { op: "Equal", inputs: ["size", "wanted"], outputs: ["same"] },
          { op: "IsNaN", inputs: ["x"], outputs: ["heard"] },
        ].toReversed(),
        initializers: [
          ...(message.graph?.initializers ?? []),
          { name: "last", dims: [], dataType: 7, int64Data: [1] },
          { name: "wanted", dims: [], dataType: 7, int64Data: [wanted] },
        ],
      },
    });
  const bytes = encodeModel(decodeModel(file(2)));
  const { y } = await (await compile(bytes, { x: [1, 2] }))({ x: Float32Array.of(1, -1) });
  assert.equal(Array.from(y!), [13, 7]);
  assert.throws(() => decodeModel(file(3)), /"Loop"/);
  assert.throws(() => decodeModel(file(2, "heard")), /If \(node "chooses"\) depends on what is heard/);
});

test("a slice to the end of all integers, which numbers hold as one more, keeps its batch", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 3]);
  g.output("y", g.op("Slice", [x, g.int64([0, 1]), g.int64([2 ** 63, 3]), g.int64([0, 1])]));
  const { y } = await (await compile(encodeModel(g), { x: [2, 3] }))({
    x: Float32Array.of(1, 2, 3, 4, 5, 6),
  });
  assert.equal(Array.from(y!), [2, 3, 5, 6]);
});

test("integer arithmetic is folded by shape, as broadcasting has it", () => {
  const g = new GraphBuilder();
  const column = g.constant([0, 1, 2], "int64", [3, 1]);
  const row = g.constant([0, 1, 2], "int64", [1, 3]);
  const relative = g.sub(column, row);
  assert.equal(relative.shape, [3, 3]);
  assert.equal(g.valuesOf(relative), [0, -1, -2, 1, 0, -1, 2, 1, 0]);
  const chosen = g.where(g.op("Less", [relative, g.constant(0, "int64")]), row, column);
  assert.equal(g.valuesOf(chosen), [0, 1, 2, 1, 1, 2, 2, 2, 2]);
});

test("a size that is a name is no negative number: Expand to Where(Equal(shape, -1), 1, shape)", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 5, 4]);
  const batch = g.op("Gather", [g.shapeOf(x), g.int64([0])], { axis: 0 });
  const wanted = g.concat([batch, g.int64([-1, -1])], 0);
  const unknown = g.op("Equal", [wanted, g.int64([-1, -1, -1])]);
  const shape = g.op("Where", [unknown, g.int64([1, 1, 1]), wanted]);
  assert.equal(g.valuesOf(shape), ["B", 1, 1]);
  const token = g.constant([1, 2, 3, 4], "float32", [1, 1, 4]);
  assert.equal(g.op("Expand", [token, shape]).shape, ["B", 1, 4]);
  assert.is(g.valuesOf(g.op("Equal", [batch, g.int64([3])])), undefined);
  assert.equal(g.valuesOf(g.mul(batch, g.int64([6]))), ["6*B"]);
  assert.equal(g.valuesOf(g.div(g.mul(batch, g.int64([6])), g.int64([3]))), ["2*B"]);
});

test.run();
