/** What a classifier's answers are (probabilities or logits, each class alone or exclusive) is told, tried or asked for. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ImportOptions, importClassifier } from "../../../lab/import/import-classifier.ts";
import { readClassifier } from "../../../lab/import/read-classifier.ts";
import { type PackClassifierOptions, packClassifier } from "../../../lab/packing/pack-classifier.ts";
import { encodeModel, GraphBuilder, gradients, type Tensor } from "../../../models/graph/index.ts";
import { compileGraph } from "../../models/graph/run.ts";
import { relativeError } from "./fixtures.ts";

const test = suite("answers");

const [FRAMES, BANDS, CLASSES] = [12, 8, 5];

/** Scores frame by frame [B, T, C], and whatever is made of them. */
function framewise(build: (g: GraphBuilder, scores: Tensor) => Tensor, scale = 3): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", FRAMES, BANDS]);
  const weights = Float32Array.from({ length: BANDS * CLASSES }, (_, i) => scale * Math.sin(1 + 3 * i));
  g.output("y", build(g, g.matmul(x, g.constant(weights, "float32", [BANDS, CLASSES]))));
  return encodeModel(g);
}

const attention = (g: GraphBuilder, scores: Tensor) => g.op("Softmax", [g.mul(scores, 0.3)], { axis: 1 });

const POOLINGS: Record<string, (g: GraphBuilder, scores: Tensor) => Tensor> = {
  max: (g, s) => g.reduceMax(g.sigmoid(s), [1]),
  mean: (g, s) => g.reduceMean(g.sigmoid(s), [1]),
  attention: (g, s) => g.reduceSum(g.mul(attention(g, s), g.sigmoid(s)), [1]),
  "linear softmax": (g, s) => {
    const p = g.sigmoid(s);
    return g.div(g.reduceSum(g.mul(p, p), [1]), g.reduceSum(p, [1]));
  },
  "a global pool": (g, s) => {
    const p = g.transpose(g.sigmoid(s), [0, 2, 1]);
    return g.op("Flatten", [g.op("GlobalAveragePool", [p])]);
  },
  "a clip": (g, s) => g.op("Clip", [g.reduceMean(g.sigmoid(s), [1]), g.constant(1e-7), g.constant(1 - 1e-7)]),
};

const values = (factor = 1) =>
  Float32Array.from({ length: 2 * FRAMES * BANDS }, (_, i) => factor * Math.cos(0.7 * i));

for (const [name, pooled] of Object.entries(POOLINGS)) {
  test(`sigmoids behind ${name}: each class on its own, its probability the file's`, async () => {
    const bytes = framewise(pooled);
    const read = readClassifier(bytes, { source: "my.onnx" });
    assert.equal([read.answers, read.toldBy], ["independent", "sigmoid"]);
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, FRAMES, BANDS]);
    const { logits } = g.append(read.graph, { input: x }) as { logits: Tensor };
    g.output("ours", g.sigmoid(logits));
    g.output(
      "theirs",
      pooled(
        g,
        g.matmul(
          x,
          g.constant(
            Float32Array.from({ length: BANDS * CLASSES }, (_, i) => 3 * Math.sin(1 + 3 * i)),
            "float32",
            [BANDS, CLASSES],
          ),
        ),
      ),
    );
    const { ours, theirs } = await (await compileGraph(g))({ x: values() });
    assert.ok(relativeError(ours, theirs) < 1e-5, `${relativeError(ours, theirs)}`);
  });
}

test("the log-odds of a sure answer keep their slope, where float32 has nothing left of 1 − p", async () => {
  for (const pooled of [POOLINGS["mean"], POOLINGS["max"], POOLINGS["attention"]]) {
    const read = readClassifier(framewise(pooled!, 1), { source: "my.onnx" });
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, FRAMES, BANDS]);
    const { logits } = g.append(read.graph, { input: x }) as { logits: Tensor };
    g.output("logits", logits);
    const [slope] = gradients(g, g.slice(logits, 1, 0, 1), [x]);
    g.output("slope", g.reduceSum(g.op("Abs", [slope!]), [1, 2]));
    const run = await compileGraph(g);
    // The first class's score is the same in all frames: ± 40.
    const row = Float64Array.from({ length: BANDS }, (_, band) => Math.sin(1 + 3 * band * CLASSES));
    const squares = row.reduce((sum, value) => sum + value * value, 0);
    const x0 = Float32Array.from({ length: 2 * FRAMES * BANDS }, (_, i) => {
      const sign = i < FRAMES * BANDS ? 1 : -1;
      return (sign * 40 * row[i % BANDS]!) / squares;
    });
    const found = await run({ x: x0 });
    assert.ok(Math.abs(found["logits"]![0]! - 40) < 1e-3, `${found["logits"]![0]}`);
    assert.ok(Math.abs(found["logits"]![CLASSES]! + 40) < 1e-3, `${found["logits"]![CLASSES]}`);
    const whole = row.reduce((sum, value) => sum + Math.abs(value), 0);
    for (const slope of found["slope"]!)
      assert.ok(Math.abs(slope - whole) < 1e-3 * whole, `${slope}, ${whole}`);
  }
});

const FRONT = `input=mel,sampleRate=8000,nFft=256,hop=128,nMels=${BANDS},log=ln,mean=-6,std=4`;

async function imported(bytes: Uint8Array, options: Partial<ImportOptions> = {}) {
  const file = join(await mkdtemp(join(tmpdir(), "answers-")), "my.onnx");
  await writeFile(file, bytes);
  const notes: string[] = [];
  const { classifier } = await importClassifier({ file, front: FRONT, ...options }, (note) =>
    notes.push(note),
  );
  return { answers: classifier.answers, notes: notes.join("\n"), classifier };
}

/** 1 − Π (1 − p): probabilities of which the last operators tell nothing. */
const noisyOr = (g: GraphBuilder, s: Tensor, scale = 1) => {
  const misses = g.log(g.sub(1, g.mul(g.sigmoid(s), scale)));
  return g.sub(1, g.exp(g.reduceSum(misses, [1])));
};

test("answers within 0 and 1 of which the graph tells nothing are tried on sounds", async () => {
  const found = await imported(framewise((g, s) => noisyOr(g, g.sub(s, 3)), 0.3));
  assert.is(found.answers, "independent");
  assert.match(found.notes, /within 0 and 1 and do not sum to one.*--answers exclusive.*--answer logits/);
  const asked = await imported(
    framewise((g, s) => noisyOr(g, g.sub(s, 3)), 0.3),
    { answers: "exclusive" },
  );
  assert.is(asked.answers, "exclusive");
  const logits = await imported(
    framewise((g, s) => noisyOr(g, g.sub(s, 3)), 0.3),
    { answer: "logits" },
  );
  assert.is(logits.answers, "exclusive");
  assert.match(logits.notes, /because --answer says so/);
});

test("where a trial tells nothing either, the user is asked", async () => {
  const faint = framewise((g, s) => noisyOr(g, s, 1e-4), 0.1);
  let message = "";
  await imported(faint).catch((error: Error) => {
    message = error.message;
  });
  assert.match(
    message,
    /nothing tells whether "y" gives probabilities or logits.*--answer logits.*--answers independent/,
  );
  assert.is((await imported(faint, { answers: "independent" })).answers, "independent");
});

test("a mean of softmaxes sums to one; their maxima do not, nor do pairs of yes and no", async () => {
  const mean = await imported(framewise((g, s) => g.reduceMean(g.op("Softmax", [s], { axis: 2 }), [1])));
  assert.is(mean.answers, "exclusive");
  const most = await imported(framewise((g, s) => g.reduceMax(g.op("Softmax", [s], { axis: 2 }), [1])));
  assert.is(most.answers, "independent");
  assert.match(most.notes, /do not sum to one/);
  const pairs = await imported(
    framewise((g, s) => {
      const both = g.op("Unsqueeze", [g.reduceMean(s, [1]), g.int64([2])]);
      const yes = g.op("Softmax", [g.concat([g.neg(both), both], 2)], { axis: 2 });
      return g.op("Gather", [yes, g.constant(1, "int64")], { axis: 2 });
    }),
  );
  assert.is(pairs.answers, "independent");
});

test("what the user says counts, and what cannot be is refused", async () => {
  const sigmoid = framewise((g, s) => g.sigmoid(g.reduceMean(s, [1])));
  assert.is((await imported(sigmoid)).answers, "independent");
  assert.is((await imported(sigmoid, { answers: "exclusive" })).answers, "exclusive");
  const linear = framewise((g, s) => g.reduceMean(s, [1]));
  const plain = await imported(linear);
  assert.is(plain.answers, "exclusive");
  assert.match(plain.notes, /taken for logits of classes that exclude each other.*--answers independent/);
  assert.is((await imported(linear, { answers: "independent" })).answers, "independent");
  let message = "";
  await imported(linear, { answer: "probabilities" }).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, /--answer probabilities says.*they go from/);
});

test("a pack of a tagger answers independently, by thresholds of its own or by a default that is told", async () => {
  const folder = await mkdtemp(join(tmpdir(), "answers-"));
  const file = join(folder, "tagger.onnx");
  await writeFile(
    file,
    framewise((g, s) => g.reduceMean(g.sigmoid(s), [1])),
  );
  const labels = ["rain", "wind", "dog", "bell", "car"];
  const packed = async (options: Partial<PackClassifierOptions> = {}) => {
    const notes: string[] = [];
    const out = join(folder, "pack");
    const given = { file, front: FRONT, labels, methods: ["saliency"], out, ...options };
    const result = await packClassifier(given, { onNotice: (note) => notes.push(note) });
    assert.ok("pack" in result);
    return { pack: result.pack, notes: notes.join("\n") };
  };
  const plain = await packed();
  assert.equal([plain.pack.answers, plain.pack.threshold], ["independent", 0.5]);
  assert.match(plain.notes, /believed from 0\.5 on, as nobody has said better; --thresholds FILE/);
  const own = await packed({ threshold: 0.3, thresholds: { dog: 0.1 } });
  assert.equal(own.pack.thresholds, [0.3, 0.3, 0.1, 0.3, 0.3]);
  assert.match(own.notes, /its own threshold on, those without one from 0\.3 on/);
  let message = "";
  await packed({ thresholds: { cat: 0.1 } }).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, /there is no class "cat" in rain, wind/);
});

test.run();
