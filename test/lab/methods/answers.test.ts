// What the form of a classifier's answers means in graphs: who wins, what the losses ask for, what packs say.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { GRADCAM } from "../../../lab/methods/gradcam.ts";
import { L2I_WEIGHTS, l2iLoss } from "../../../lab/methods/l2i.ts";
import { classTerms } from "../../../lab/methods/lmac-selective.ts";
import { IMPROVED, lmacLoss } from "../../../lab/methods/parts/lmac-loss.ts";
import {
  type AnswerForm,
  absence,
  disagreement,
  explainedClass,
  heardClasses,
  logOdds,
  probabilitiesOf,
  surprise,
  unlikeWhole,
} from "../../../lab/networks/answers.ts";
import { buildPack } from "../../../lab/packing/build-pack.ts";
import { GraphBuilder, type Tensor } from "../../../models/graph/index.ts";
import { openPack } from "../../../models/runtime/open-pack-node.ts";
import { checkGradients } from "../../models/graph/check.ts";
import { compileGraph } from "../../models/graph/run.ts";
import { captum, tinyClassifier } from "./tiny-classifier.ts";

const independent = { answers: "independent" } as const;

async function valuesOf(
  logits: readonly (readonly number[])[],
  build: (g: GraphBuilder, logits: Tensor) => Tensor,
): Promise<number[]> {
  const g = new GraphBuilder();
  g.output("result", build(g, g.input("logits", "float32", [logits.length, logits[0].length])));
  return [...(await (await compileGraph(g))({ logits: Float32Array.from(logits.flat()) }))["result"]];
}

function near(found: readonly number[], expected: readonly number[], within = 1e-5): void {
  assert.is(found.length, expected.length);
  for (const [k, value] of found.entries()) {
    assert.ok(Math.abs(value - expected[k]) < within, `${found} are not ${expected}`);
  }
}

const oneHot = (g: GraphBuilder, k: number, classes: number) =>
  g.constant(
    Array.from({ length: classes }, (_, c) => (c === k ? 1 : 0)),
    "float32",
    [1, classes],
  );
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

test("the winner is the largest logit, or the class most above its own threshold", async () => {
  const winner = async (form: AnswerForm, row: number[]) =>
    (await valuesOf([row], (g, logits) => explainedClass(g, form, logits))).indexOf(1);
  const thresholds = [0.8, 0.1, 0.5];
  assert.is(await winner({}, [2, 1, 0]), 0);
  assert.is(await winner({ thresholds: [0.3, 0.3, 0.3] }, [2, 1, 0]), 0);
  // 2 − 1.39, −1 + 2.20, 1 − 0.
  assert.is(await winner({ ...independent, thresholds }, [2, -1, 1]), 1);
  assert.is(await winner(independent, [2, -1, 1]), 0);
  // Softmax: 0.705, 0.035, 0.259, so 0.87 − 1.39, −3.31 + 2.20, −1.05.
  assert.is(await winner({ thresholds }, [2, -1, 1]), 0);
  assert.is(await winner({ thresholds }, [2, 1.5, 0]), 1);
  // So sure that nothing is left of the others in float32.
  assert.is(await winner({ thresholds }, [60, 0, 0]), 0);
});

test("a target wins over the winner, and only what is among them can win", async () => {
  const rows = [
    [2, 1, 0],
    [2, 1, 0],
  ];
  const asked = await valuesOf(rows, (g, logits) => {
    const target = g.constant([-1, 2], "int64", [2]);
    return explainedClass(g, { ...independent, thresholds: [0.9, 0.5, 0.5] }, logits, { target });
  });
  assert.equal(asked, [0, 1, 0, 0, 0, 1]);
  const among = await valuesOf([[2, 1, 0]], (g, logits) =>
    explainedClass(g, independent, logits, { among: g.constant([0, 1, 1], "float32", [1, 3]) }),
  );
  assert.equal(among, [0, 1, 0]);
});

test("of independent classes all that reach their thresholds are heard, and the winner in any case", async () => {
  const heard = (form: AnswerForm, row: number[]) =>
    valuesOf([row], (g, logits) => heardClasses(g, form, logits));
  assert.equal(await heard({}, [2, 1, 0]), [1, 0, 0]);
  assert.equal(await heard(independent, [2, 1, -1]), [1, 1, 0]);
  assert.equal(await heard(independent, [-2, -1, -3]), [0, 1, 0]);
  assert.equal(await heard({ ...independent, thresholds: [0.95, 0.9, 0.1] }, [2, 1, -2]), [0, 0, 1]);
});

test("probabilities, odds and cross-entropies are those of softmax, or of each class's own sigmoid", async () => {
  const row = [2, -1, 0.5];
  const of = (build: (g: GraphBuilder, logits: Tensor) => Tensor) => valuesOf([row], build);
  const all = row.reduce((sum, z) => sum + Math.exp(z), 0);
  near(
    await of((g, logits) => probabilitiesOf(g, {}, logits)),
    row.map((z) => Math.exp(z) / all),
  );
  near(await of((g, logits) => probabilitiesOf(g, independent, logits)), row.map(sigmoid));

  const [p, q] = [Math.exp(2) / all, sigmoid(2)];
  near(await of((g, logits) => logOdds(g, {}, logits, oneHot(g, 0, 3))), [Math.log(p / (1 - p))]);
  near(await of((g, logits) => logOdds(g, independent, logits, oneHot(g, 0, 3))), [2]);
  near(await of((g, logits) => surprise(g, {}, logits, oneHot(g, 0, 3))), [-Math.log(p)]);
  near(await of((g, logits) => surprise(g, independent, logits, oneHot(g, 0, 3))), [-Math.log(q)]);
  near(await of((g, logits) => absence(g, {}, logits, oneHot(g, 0, 3), 9)), [-Math.log(p)]);
  near(await of((g, logits) => absence(g, independent, logits, oneHot(g, 0, 3), 9)), [Math.log(1 - q)]);
  near(
    await of((g, logits) => disagreement(g, independent, g.constant([0, 0, 0], "float32", [1, 3]), logits)),
    [3 * Math.log(2)],
  );
});

test("an absent class gains nothing below the cap, in either form", async () => {
  const gone = (form: AnswerForm, z: number, cap: number) =>
    valuesOf([[z, 0]], (g, logits) => absence(g, form, logits, oneHot(g, 0, 2), cap));
  for (const form of [{}, independent]) {
    const [surely] = await gone(form, -4, 3);
    near(await gone(form, -9, 3), [surely]);
    assert.ok((await gone(form, -2, 3))[0] < surely);
    assert.ok((await gone(form, -9, Number.POSITIVE_INFINITY))[0] > surely);
  }
});

test("a class that answers by itself is to be as probable as in the whole; one of many is to win", async () => {
  const cost = async (form: AnswerForm, kept: number) =>
    (
      await valuesOf([[kept, 0]], (g, logits) =>
        unlikeWhole(g, form, logits, oneHot(g, 0, 2), g.constant([-1], "float32", [1])),
      )
    )[0];
  for (const kept of [-4, -1.5, -0.5, 0, 3]) {
    assert.ok((await cost(independent, kept)) > (await cost(independent, -1)), `${kept} for -1`);
    near([await cost({}, kept)], [-Math.log(sigmoid(kept))]);
  }
});

test("the losses of independent classes pull towards yes of what is kept and towards no of the rest", async () => {
  const weights = { ...IMPROVED, sparsity: 1 };
  const g = new GraphBuilder();
  const input = (name: string) => g.input(name, "float32", [1, 3]);
  const logits = { whole: input("whole"), kept: input("kept"), rest: input("rest") };
  const mask = g.constant([0.25], "float32", [1, 1, 1]);
  const { loss, logged } = lmacLoss(g, independent, logits, mask, weights);
  g.output("loss", loss);
  for (const [name, value] of Object.entries(logged)) g.output(`logged_${name}`, value);
  const found = await (await compileGraph(g))({
    whole: Float32Array.of(1, 2, -1),
    kept: Float32Array.of(5, 0.5, 5),
    rest: Float32Array.of(5, 1.5, 5),
  });
  // The second class wins; what is said of the others plays no part.
  near([...found["logged_keep"]], [-Math.log(sigmoid(0.5))]);
  near([...found["logged_gain"]], [2 - 0.5 + 0.5]);
  near([...found["logged_rest"]], [Math.log(1 - sigmoid(1.5))]);
  near([...found["loss"]], [-2 * Math.log(sigmoid(0.5)) + 3 * 2 - 0.2 * Math.log(1 - sigmoid(1.5)) + 0.25]);
});

test("where thresholds are known a no must stay a no, and needs to be no surer than it was", async () => {
  const form = { ...independent, thresholds: [0.5, 0.9] };
  // Log-odds of 1 are a yes from a half on.
  const terms = (form: AnswerForm, whole: number, kept: number) =>
    valuesOf([[whole, kept]], (g, odds) => {
      const [ofWhole, ofKept] = [0, 1].map((k) =>
        g.concat([g.slice(odds, 1, k, k + 1), g.constant([0], "float32", [1, 1])], 1),
      );
      const one = g.constant([1], "float32", [1]);
      const there = { asFirst: one, asSecond: one, known: one, asHeard: one, anyhow: one, absent: one };
      const logits = { whole: ofWhole, kept: ofKept, rest: ofWhole, residue: ofWhole };
      const { flip, gain } = classTerms(g, form, oneHot(g, 0, 2), logits, there, 3);
      return g.concat(
        [flip, gain].map((term) => g.reshape(term, [1])),
        0,
      );
    });
  near(await terms(form, -1, 1), [1.2, 0]);
  near(await terms(form, -1, -0.3), [0, 0]);
  near(await terms(form, -1, -1), [0, 0.1]);
  near(await terms(form, 1, 1.2), [0, 0.3]);
  near(await terms(independent, -1, 1), [0, 0]);
  near(await terms(independent, -1, -1), [0, 0.5]);
});

test("their gradients are those of finite differences", async () => {
  const weights = { ...IMPROVED, sparsity: 1 };
  const shapes = [
    [3, 4],
    [3, 4],
    [3, 4],
  ];
  // Whoever wins, wins by far: a winner that changes hands is no slope.
  const lead = (g: GraphBuilder) => g.constant([5, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 5], "float32", [3, 4]);
  for (const form of [independent, { ...independent, thresholds: [0.3, 0.6, 0.5, 0.2] }, {}]) {
    await checkGradients({
      inputs: [...shapes.slice(1), [3, 2, 2]],
      build: (g, [kept, rest, mask]) =>
        Object.values(lmacLoss(g, form, { whole: lead(g), kept, rest }, g.sigmoid(mask), weights).logged),
    });
    await checkGradients({
      inputs: shapes,
      build(g, [kept, rest, residue]) {
        const query = explainedClass(g, form, lead(g));
        const some = g.constant([0.5, 1, 0.25], "float32", [3]);
        const there = {
          ...{ asFirst: some, asSecond: some, known: some, asHeard: some, anyhow: some, absent: some },
        };
        return Object.values(classTerms(g, form, query, { whole: lead(g), kept, rest, residue }, there, 3));
      },
    });
    await checkGradients({
      inputs: [[3, 4]],
      build(g, [said]) {
        const [spectrum, activity] = [0.1, 0.2].map((value) => g.constant([value], "float32", [1, 1, 1]));
        const heard = { spectrum, logits: g.mul(lead(g), g.constant(0.1)) };
        const dictionary = g.constant([1], "float32", [1, 1]);
        return l2iLoss(g, form, heard, { activity, dictionary, logits: said }, L2I_WEIGHTS).loss;
      },
    });
  }
});

test("a pack of independent classes says so, its graphs give each class's own probability and explain who is most above", async () => {
  const folder = await mkdtemp(join(tmpdir(), "independent-"));
  const { frames, bins, classes } = tinyClassifier;
  const labels = Array.from({ length: classes }, (_, k) => `class ${k}`);
  const window = captum["magnitudes"].data.slice(0, frames * bins);
  const parts = { name: "tiny", title: "Tiny", version: "1", licence: "none", labels, threshold: 0.5 };
  const method = { method: GRADCAM };
  const runs = async (thresholds?: number[]) => {
    const classifier = { ...tinyClassifier, ...independent };
    await buildPack(folder, { ...parts, thresholds, classifier, methods: [method] });
    const pack = await openPack(folder);
    try {
      const loaded = await pack.method("gradcam");
      const run = async (target: number) => {
        const { probabilities, masks } = await loaded.run(window, 1, target);
        return { probabilities: [...probabilities], mask: [...masks] };
      };
      const byClass = [];
      for (const [k] of labels.entries()) byClass.push((await run(k)).mask);
      return { pack: pack.pack, own: await run(-1), byClass };
    } finally {
      await pack.close();
    }
  };
  try {
    const plain = await runs();
    assert.equal(
      [plain.pack.format, plain.pack.answers, plain.pack.thresholds],
      [3, "independent", undefined],
    );
    const { probabilities } = plain.own;
    const g = new GraphBuilder();
    const magnitudes = g.input("magnitudes", "float32", [1, frames, bins]);
    g.output("logits", tinyClassifier.classify(g, tinyClassifier.features(g, magnitudes)).logits);
    const { logits } = await (await compileGraph(g))({ magnitudes: window });
    near(probabilities, [...logits].map(sigmoid));
    const best = probabilities.indexOf(Math.max(...probabilities));
    assert.equal(plain.own.mask, plain.byClass[best]);

    const last = probabilities.indexOf(Math.min(...probabilities));
    const thresholds = probabilities.map((p, k) => (k === last ? 0.01 : Math.min(0.99, p + 0.001)));
    const measured = await runs(thresholds);
    assert.equal(measured.pack.thresholds, thresholds);
    assert.equal(measured.own.mask, measured.byClass[last]);
    assert.is.not(last, best);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
