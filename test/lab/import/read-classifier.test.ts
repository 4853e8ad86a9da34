/** Whatever a user's file holds is taken, or refused with the reason and the way out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { softmax } from "../../../lab/evaluation/metrics/metrics.ts";
import { foreignClassifier } from "../../../lab/import/foreign-classifier.ts";
import { parseFront, parseFrontWords } from "../../../lab/import/front.ts";
import { importClassifier } from "../../../lab/import/import-classifier.ts";
import { guessLatents } from "../../../lab/import/latents.ts";
import { readClassifier } from "../../../lab/import/read-classifier.ts";
import { encodeModel, GraphBuilder, gradients, type Tensor } from "../../../models/graph/index.ts";
import { readModel, writeModel } from "../../../models/graph/onnx/schema.ts";
import { compileGraph } from "../../models/graph/run.ts";
import { classifier, expected, FOLDER, file, front, relativeError } from "./fixtures.ts";

const test = suite("reading classifiers");

/** A linear classifier of 8 numbers, with whatever follows its logits. */
function model(
  build: (g: GraphBuilder, logits: Tensor, x: Tensor) => Record<string, Tensor>,
  batch: number | string = "B",
) {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [batch, 8]);
  const weights = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
  const logits = g.matmul(x, g.constant(weights, "float32", [8, 3]));
  for (const [name, tensor] of Object.entries(build(g, logits, x))) g.output(name, tensor);
  return encodeModel(g);
}

async function logitsOf(bytes: Uint8Array, options: Partial<Parameters<typeof readClassifier>[1]> = {}) {
  const read = readClassifier(bytes, { source: "my.onnx", ...options });
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, 8]);
  g.output("y", g.append(read.graph, { input: x })["logits"]);
  const values = Float32Array.from({ length: 16 }, (_, i) => Math.cos(i));
  return { read, y: (await (await compileGraph(g))({ x: values }))["y"] };
}

test("logits lie before a last softmax, log-softmax or sigmoid, and are the logarithm of other probabilities", async () => {
  const { y: plain, read } = await logitsOf(model((_, logits) => ({ logits })));
  assert.is(read.toldBy, "unbounded");
  for (const op of ["Softmax", "LogSoftmax", "Sigmoid"]) {
    const { y, read } = await logitsOf(model((g, logits) => ({ p: g.op(op, [logits]) })));
    assert.ok(relativeError(y, plain) < 1e-6, op);
    assert.is(read.toldBy, op === "Sigmoid" ? "sigmoid" : "softmax");
    assert.is(read.answers, op === "Sigmoid" ? "independent" : "exclusive");
    assert.is(
      read.notes.some((note) => note.includes("on its own")),
      op === "Sigmoid",
    );
  }
  const bytes = model((g, logits) => ({ p: g.mul(g.op("Softmax", [logits]), g.constant([1, 1, 1])) }));
  const { y } = await logitsOf(bytes, { answer: "probabilities" });
  assert.ok(Math.abs(y[0] - y[1] - (plain[0] - plain[1])) < 1e-4);
});

test("of several outputs the one that fits is taken, or one is asked for", async () => {
  const several = model((g, logits, x) => ({
    features: g.relu(x),
    probabilities: g.op("Softmax", [logits]),
  }));
  assert.throws(
    () => readClassifier(several, { source: "my.onnx" }),
    /my\.onnx.*features \[B, 8\], probabilities \[B, 3\].*--output/,
  );
  assert.is(readClassifier(several, { source: "my.onnx", classes: 3 }).output, "probabilities");
  assert.is(readClassifier(several, { source: "my.onnx", output: "features" }).classes, 8);
  assert.throws(
    () => readClassifier(several, { source: "my.onnx", output: "nothing" }),
    /nothing in it computes "nothing"/,
  );
});

test("an operator that is not known is refused by name, unless the answer does not need it", () => {
  const message = readModel(model((_, logits) => ({ logits })));
  const nodes = message.graph?.nodes ?? [];
  const extra = { op: "NonZero", name: "listens", inputs: ["x"], outputs: ["spectrum"] };
  const beside = writeModel({ ...message, graph: { ...message.graph, nodes: [...nodes, extra] } });
  assert.match(readClassifier(beside, { source: "my.onnx" }).notes.join(), "1 operators");
  const within = { op: "Unique", name: "remembers", inputs: ["x"], outputs: ["x2"] };
  const changed = nodes.map((node) => ({
    ...node,
    inputs: node.inputs?.map((name) => (name === "x" ? "x2" : name)),
  }));
  const inside = writeModel({ ...message, graph: { ...message.graph, nodes: [within, ...changed] } });
  assert.throws(
    () => readClassifier(inside, { source: "my.onnx" }),
    /my\.onnx.*"Unique" \(node "remembers"\) is not supported/,
  );
});

test("a batch of one is made free, also where reshapes hold it; two inputs and other batches are refused", async () => {
  const fixed = model((g, logits) => ({ logits: g.op("Reshape", [g.relu(logits), g.int64([1, 3])]) }), 1);
  const { y, read } = await logitsOf(fixed);
  assert.is(y.length, 6);
  assert.match(read.notes.join(), "batch is fixed to 1");
  assert.throws(
    () =>
      readClassifier(
        model((_, logits) => ({ logits }), 4),
        { source: "my.onnx" },
      ),
    /batch is fixed to 4/,
  );
  const g = new GraphBuilder();
  g.output("y", g.add(g.input("a", "float32", ["B", 3]), g.input("b", "float32", ["B", 3])));
  assert.throws(
    () => readClassifier(encodeModel(g), { source: "my.onnx" }),
    /needs 2 inputs \(a \[B, 3\], b \[B, 3\]\)/,
  );
});

test("what is no classifier is refused", () => {
  const source = "my.onnx";
  assert.throws(
    () => readClassifier(new TextEncoder().encode("hello there"), { source }),
    /my\.onnx.*no ONNX model/,
  );
  const framewise = model((g, logits) => ({
    y: g.op("Unsqueeze", [g.concat([logits, logits], 1), g.int64([1])]),
  }));
  assert.is(readClassifier(framewise, { source }).classes, 6);
  const twice = model((g, logits) => ({
    y: g.op("Reshape", [g.concat([logits, logits], 1), g.int64([-1, 2, 3])]),
  }));
  assert.throws(() => readClassifier(twice, { source }), /not one value a class.*--output/);
  const old = readModel(model((_, logits) => ({ logits })));
  assert.throws(
    () => readClassifier(writeModel({ ...old, opsets: [{ domain: "", version: 7 }] }), { source }),
    /operator set 7.*9 or newer/,
  );
});

test("half precision, int8 in the QDQ form and weights beside the file answer like the plain file", async () => {
  const { picture, logits } = await expected("mel44");
  const exact = softmax(logits.data.subarray(0, 4));
  const cases = [
    { name: "half", wanted: exact, tolerance: 2e-3 },
    { name: "external", wanted: exact, tolerance: 1e-5 },
    // As onnxruntime answers with all the roundings; the calibration cut off louder sounds.
    { name: "qdq", wanted: [0.9725, 0.0118, 0.0078, 0.0039], tolerance: 0.01 },
  ];
  for (const { name, wanted, tolerance } of cases) {
    const read = readClassifier(await file(`mel44-${name}.onnx`), {
      source: name,
      external: (location) => readFileSync(join(FOLDER, location)),
    });
    const g = new GraphBuilder();
    const x = g.input("x", "float32", picture.shape);
    g.output("y", g.op("Softmax", [g.append(read.graph, { input: x })["logits"]], { axis: 1 }));
    const { y } = await (await compileGraph(g))({ x: picture.data });
    const error = relativeError(y, wanted);
    assert.ok(error < tolerance, `${name}: ${error}`);
  }
  const bytes = await file("mel44-external.onnx");
  assert.throws(
    () => readClassifier(bytes, { source: "my.onnx" }),
    /my\.onnx.*mel44-external\.bin.*save the model as one file/,
  );
  const short = () => new Uint8Array(10);
  assert.throws(() => readClassifier(bytes, { source: "my.onnx", external: short }), /should reach to byte/);
});

test("what computes in integers answers as onnxruntime does, in floats; so do integer ends and 16 bits", async () => {
  const { picture } = await expected("mel44");
  const answers = JSON.parse((await file("mel44-quantised.json")).toString()) as Record<string, number[]>;
  for (const [name, wanted] of Object.entries(answers)) {
    const read = readClassifier(await file(`mel44-${name}.onnx`), { source: name });
    assert.match(read.notes.join(), /It is quantised: \d+ weights were turned into floats/);
    assert.is(read.ends.input !== undefined, name === "ends");
    const g = new GraphBuilder();
    const x = g.input("x", "float32", picture.shape);
    const { logits } = g.append(read.graph, { input: x }) as { logits: Tensor };
    g.output("y", g.op("Softmax", [logits], { axis: 1 }));
    g.output("slope", gradients(g, g.slice(logits, 1, 0, 1), [x])[0]!);
    const { y, slope } = await (await compileGraph(g))({ x: picture.data });
    assert.ok(relativeError(y!, wanted) < 0.01, `${name}: ${relativeError(y!, wanted)}`);
    assert.ok(slope!.some((value) => value !== 0));
  }
});

test("an importer's trial asks files with integer ends, too", async () => {
  for (const name of ["ends", "qoperator", "dynamic", "wide"]) {
    const { classifier, read } = await importClassifier({
      file: join(FOLDER, `mel44-${name}.onnx`),
      front: await front("mel44"),
    });
    assert.equal([classifier.classes, read.answers], [4, "exclusive"]);
  }
});

test("integer products of what is computed are refused with the reason", () => {
  const message = readModel(model((_, logits) => ({ logits })));
  const [node] = message.graph?.nodes ?? [];
  const integer = { ...node, op: "MatMulInteger", name: "counts", inputs: ["x", "x"] };
  const bytes = writeModel({ ...message, graph: { ...message.graph, nodes: [integer] } });
  assert.throws(
    () => readClassifier(bytes, { source: "q.onnx" }),
    /q\.onnx.*MatMulInteger \(node "counts"\).*as it was before its quantisation/,
  );
});

test("a front that does not fit says what to change", async () => {
  const mel = await front("mel44");
  const read = await classifier("mel44");
  assert.throws(
    () => foreignClassifier(read, { front: { ...mel, nMels: 64 } }),
    /40 places.*64 bands.*nMels/,
  );
  assert.throws(() => foreignClassifier(read, { front: { ...mel, frames: 50 } }), /takes 86 frames/);
  assert.throws(() => foreignClassifier(read, { front: { ...mel, layout: "BTF" } }), /not of layout BTF/);
  assert.throws(
    () => foreignClassifier(read, { front: { ...mel, layout: "B1TF" } }),
    /86 places where layout B1TF has frequency/,
  );
  assert.is(foreignClassifier(read, { front: { ...mel, layout: undefined } }).layout, "B1FT");
  assert.throws(
    () => foreignClassifier(read, { front: mel, latents: ["none"] }),
    /no latent "none"; there are: .*Relu/,
  );
  const wrong = (json: unknown, message: RegExp) =>
    assert.throws(() => parseFront(json, "front.json"), message);
  wrong({ input: "mel", sampleRate: 16000 }, /front\.json: a mel input needs nMels/);
  wrong({ input: "mel", sampleRate: 16000, nMels: 40 }, /needs nFft/);
  wrong({ input: "mel", sampleRate: 16000, nMels: 40, nFft: 512, hopp: 3 }, /hopp/);
  wrong({ input: "mel", sampleRate: 16000, nMels: 40, nFft: 512, fMax: 9000 }, /fMax is above half/);
  wrong(
    { input: "mel", sampleRate: 16000, nMels: 40, nFft: 512, mean: [1, 2] },
    /mean has 2 numbers for 40 bands/,
  );
  wrong({ input: "waveform", sampleRate: 16000, log: "db" }, /log means nothing for a waveform/);
  assert.throws(() => parseFrontWords("input=mel,nMels"), /"nMels" is not of the form name=value/);
  assert.is(parseFrontWords("input=waveform,sampleRate=16000").sampleRate, 16000);
});

test("a transform that cannot be undone frame by frame goes through the waveform, and is said so", async () => {
  const mel = await front("mel44");
  const explained = foreignClassifier(await classifier("mel44"), { front: { ...mel, hop: 441 } });
  assert.ok(explained.needsPhases);
  assert.equal(explained.stft, { window: 1024, hop: 256 });
  assert.match(explained.notes.join(), "hop 441");
});

test("one latent a resolution is guessed, shallow to deep", async () => {
  const explained = foreignClassifier(await classifier("cnn14", "logits"), {
    front: parseFrontWords("input=mel,sampleRate=16000,nFft=1024,hop=256,nMels=80,log=log1p,power=1"),
  });
  assert.equal(
    guessLatents(explained.candidates).map(({ shape }) => shape[0]),
    [2, 2, 4, 8, 16],
  );
});

test.run();
