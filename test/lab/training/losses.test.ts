import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Masking } from "../../../dsp/index.ts";
import { L2I_WEIGHTS, l2iLoss } from "../../../lab/methods/l2i.ts";
import { type GuidanceOptions, guidance } from "../../../lab/methods/parts/lmac-guidance.ts";
import { type LmacModel, lmacLoss, lmacTask, PUBLISHED } from "../../../lab/methods/parts/lmac-loss.ts";
import { expm1, log1p } from "../../../lab/networks/log-spectrum.ts";
import { TrainingLayers } from "../../../lab/networks/training-layers.ts";
import { GraphBuilder, type Tensor } from "../../../models/graph/index.ts";
import { compileGraph } from "../../models/graph/run.ts";
import { type PackedTensor, trainingFixture, unpacked } from "./fixtures.ts";

const test = suite("training losses");

interface Reference {
  readonly tensors: Readonly<Record<string, PackedTensor>>;
  readonly published: number;
  readonly guided: readonly {
    readonly masking: Masking;
    readonly loss: "bce" | "l1";
    readonly threshold: number;
    readonly similarity: readonly number[];
    readonly total: number;
  }[];
  readonly l2i: number;
}
const reference = trainingFixture("losses.json") as Reference;

/** Builds on the fixture's tensors and gives the named outputs. */
async function computed(
  build: (g: GraphBuilder, tensor: (name: string) => Tensor) => Record<string, Tensor>,
): Promise<Record<string, Float32Array>> {
  const g = new GraphBuilder();
  const used = new Map<string, Tensor>();
  const outputs = build(g, (name) => {
    const known = used.get(name) ?? g.input(name, "float32", reference.tensors[name].shape);
    used.set(name, known);
    return known;
  });
  for (const [name, value] of Object.entries(outputs)) g.output(`result_${name}`, value);
  const run = await compileGraph(g);
  const results = await run(
    Object.fromEntries([...used.keys()].map((name) => [name, unpacked(reference.tensors[name])])),
  );
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => [name.replace("result_", ""), value]),
  );
}

function near(found: number, expected: number): void {
  assert.ok(Math.abs(found - expected) < 1e-4 * Math.max(1, Math.abs(expected)), `${found}, not ${expected}`);
}

const weights = { ...PUBLISHED, sparsity: 1.5 };

test("the published loss, as PyTorch computes it", async () => {
  const { loss } = await computed((g, tensor) => {
    const logits = { whole: tensor("whole"), kept: tensor("kept"), rest: tensor("rest") };
    return { loss: lmacLoss(g, {}, logits, tensor("mask"), weights).loss };
  });
  near(loss[0], reference.published);
});

test("the second stage in both guidance losses and maskings, as PyTorch computes it", async () => {
  for (const { masking, loss: kind, threshold, similarity, total } of reference.guided) {
    const options: GuidanceOptions = { loss: kind, weight: 4, threshold };
    const { loss, selected } = await computed((g, tensor) => {
      const logits = { whole: tensor("whole"), kept: tensor("kept"), rest: tensor("rest") };
      const [mask, magnitudes, clean] = [tensor("mask"), tensor("magnitudes"), tensor("clean")];
      const kept =
        masking === "linear" ? g.mul(mask, magnitudes) : expm1(g, g.mul(mask, log1p(g, magnitudes)));
      const guide = guidance(g, { magnitudes, clean, mask, kept }, options);
      return { loss: lmacLoss(g, {}, logits, mask, weights, guide).loss, selected: guide.selected };
    });
    assert.equal(
      [...selected],
      similarity.map((value) => (value >= threshold ? 1 : 0)),
    );
    near(loss[0], total);
  }
});

test("Listen to Interpret's loss, as PyTorch computes it", async () => {
  const { loss } = await computed((g, tensor) => ({
    loss: l2iLoss(
      g,
      {},
      { spectrum: tensor("heard"), logits: tensor("whole") },
      { activity: tensor("activity"), dictionary: tensor("dictionary"), logits: tensor("said") },
      L2I_WEIGHTS,
    ).loss,
  }));
  near(loss[0], reference.l2i);
});

/** Three windows of two frames and four bins: the target in bins 0 and 1, the other sound in 2 and 3. */
async function guidedBy(mask: number[], gain: number, kind: "bce" | "l1" = "bce") {
  const g = new GraphBuilder();
  const shape = [3, 2, 4];
  const inputs = {
    magnitudes: g.input("magnitudes", "float32", shape),
    clean: g.input("clean", "float32", shape),
    mask: g.input("mask", "float32", shape),
  };
  const kept = g.mul(inputs.mask, inputs.magnitudes);
  const { selected, loss } = guidance(g, { ...inputs, kept }, { loss: kind, weight: 1, threshold: 0.6 });
  g.output("selected", selected);
  g.output("loss", loss);
  const rows = (row: number[]) => Float32Array.from({ length: 24 }, (_, k) => gain * row[k % 4]);
  return (await compileGraph(g))({
    magnitudes: rows([4, 4, 4, 4]),
    clean: rows([4, 4, 0, 0]),
    mask: Float32Array.from({ length: 24 }, (_, k) => mask[4 * Math.floor(k / 8) + (k % 4)]),
  });
}

test("guided are the windows whose kept part is the clean sound, whatever their level", async () => {
  const mask = [
    ...[0.99, 0.99, 0.01, 0.01], // the target
    ...[0.01, 0.01, 0.99, 0.99], // the other sound
    ...[0, 0, 0, 0], // nothing
  ];
  for (const gain of [0.1, 1, 30]) {
    const { selected, loss } = await guidedBy(mask, gain);
    assert.equal([...selected], [1, 0, 0], `gain ${gain}`);
    near(loss[0], -Math.log(0.99));
    near(loss[1], -Math.log(0.01));
    assert.ok(loss.every(Number.isFinite));
    const l1 = await guidedBy(mask, gain, "l1");
    near(l1["loss"][0], 0.02);
    near(l1["loss"][2], 1);
  }
});

test("a mask on the classifier's own input keeps all of it where it is one, and leaves silence where it is zero", async () => {
  const batch = 2;
  for (const everything of [1, 0]) {
    const model: LmacModel = {
      onFeatures: true,
      classifier: {
        frames: 2,
        bins: 3,
        sampleRate: 8000,
        stft: { window: 4, hop: 1 },
        classes: 3,
        needsPhases: false,
        features: (g, magnitudes) => g.reshape(g.sub(magnitudes, g.constant(1)), [-1, 1, 2, 3]),
        classify(g, features) {
          const sum = g.reshape(g.reduceSum(features, [1, 2, 3]), [-1, 1]);
          return { logits: g.matmul(sum, g.constant([1, 2, -1], "float32", [1, 3])), latents: [] };
        },
        featureMap: { time: 2, frequency: 3, silent: -1, toBins: new Float32Array(9) },
      },
      decode: ({ g }) => g.constant(new Float32Array(12).fill(everything), "float32", [batch, 2, 3]),
    };
    const task = lmacTask(model, weights, { next: () => ({ magnitudes: new Float32Array(12) }) });
    const g = new GraphBuilder();
    const none = () => {
      throw new Error("there are no weights");
    };
    const { logged } = task.loss(g, new TrainingLayers(g, none, none, undefined), batch);
    g.output("keep", logged["keep"]);
    g.output("rest", logged["rest"]);
    const found = await (await compileGraph(g))({ magnitudes: new Float32Array(12).fill(1.1) });
    // Features sum to 6 · 0.1 where everything is kept and to −6 in silence; the winner of the whole is the second class.
    const surprise = (total: number) =>
      Math.log([1, 2, -1].reduce((all, weight) => all + Math.exp(weight * total), 0)) - 2 * total;
    near(found["keep"][0], surprise(everything ? 0.6 : -6));
    near(found["rest"][0], surprise(everything ? -6 : 0.6));
  }
});

test.run();
