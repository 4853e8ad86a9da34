// A tree of classes: the special is said before the general, in the decision and in the graphs' own winner.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { explainedClass, probabilitiesOf, winningClass } from "../../../lab/networks/answers.ts";
import {
  type DecisionClasses,
  decide,
  rankedClasses,
  strongestClass,
} from "../../../models/explain/class-decision.ts";
import { GraphBuilder } from "../../../models/graph/index.ts";
import { ancestors, depthFirst, oddParents, parentsAmong } from "../../../models/pack/class-tree.ts";
import { parsePack } from "../../../models/pack/pack.ts";
import { compileGraph } from "../graph/run.ts";

const labels = ["Animal", "Dog", "Bark", "Music", "Cat"];
const parents = [null, 0, 1, null, 0];
const animals = { labels, parents, answers: "independent", threshold: 0.5 } as const;

const believed = (classes: DecisionClasses, probabilities: ArrayLike<number>) =>
  decide(classes, probabilities).believed.map(({ label }) => label);

test("Dog is said before the Animal that it is, however much surer that is, and Animal beside it", () => {
  const heard = [0.85, 0.67, 0.3, 0.1, 0.1];
  assert.equal(believed(animals, heard), ["Dog", "Animal"]);
  assert.is(decide(animals, heard).best.label, "Dog");
  assert.ok(decide(animals, heard).accepted);
  assert.is(strongestClass(animals, heard), 1);
  assert.equal(believed(animals, [0.85, 0.67, 0.5, 0.1, 0.1]), ["Bark", "Dog", "Animal"]);
  assert.equal(believed(animals, [0.9, 0.6, 0.1, 0.8, 0.7]), ["Music", "Cat", "Dog", "Animal"]);
  // What is between them need not be believed.
  assert.equal(believed(animals, [0.9, 0.4, 0.6, 0.1, 0.1]), ["Bark", "Animal"]);
  // An animal that is none of the known ones.
  assert.equal(believed(animals, [0.9, 0.4, 0.1, 0.6, 0.3]), ["Animal", "Music"]);
  // Nothing is believed, so nothing is hidden.
  assert.is(decide(animals, [0.45, 0.4, 0.1, 0.1, 0.1]).best.label, "Animal");
  // The bars show the general too, before what is not heard.
  const ranked = rankedClasses(animals, [0.9, 0.6, 0.01, 0.3, 0.02]).map(({ label }) => label);
  assert.equal(ranked, ["Dog", "Animal", "Music", "Cat", "Bark"]);
});

/** A forest of so many classes: of an order by chance each is below one that was before it, or below none. */
function someForest(random: Random, classes: number): (number | null)[] {
  const order = Array.from({ length: classes }, (_, k) => k);
  random.shuffle(order);
  const found = new Array<number | null>(classes).fill(null);
  for (let k = 1; k < classes; k++) {
    if (random.chance(0.7)) found[order[k]] = order[random.integer(k)];
  }
  return found;
}

interface Trial {
  readonly classes: DecisionClasses;
  readonly probabilities: Float32Array;
}

function* trials(random: Random, count: number): Generator<Trial & { readonly parents: (number | null)[] }> {
  for (let trial = 0; trial < count; trial++) {
    const length = 2 + random.integer(12);
    const names = Array.from({ length }, (_, k) => `class ${k}`);
    const tree = someForest(random, length);
    const other = random.chance(0.3)
      ? names.find((_, k) => tree[k] === null && !tree.includes(k))
      : undefined;
    // A tenth of them are as probable as they need to be, to the last bit.
    const thresholds = Array.from(names, () => Math.fround(random.uniform(0.05, 0.95)));
    const probabilities = Float32Array.from(thresholds, (each) =>
      random.chance(0.1) ? each : random.uniform(0, 1),
    );
    const own = random.chance(0.5) ? { thresholds } : {};
    const classes = { labels: names, other, answers: "independent" as const, threshold: 0.5, ...own };
    yield { classes, parents: tree, probabilities };
  }
}

test("a tree hides no believed class, believes no other, and says each before all that is above it", () => {
  for (const { classes, parents, probabilities } of trials(new Random(7), 2000)) {
    const plain = decide(classes, probabilities);
    const tree = decide({ ...classes, parents }, probabilities);
    const indexes = tree.believed.map(({ index }) => index);
    assert.equal([...indexes].sort(), plain.believed.map(({ index }) => index).sort());
    for (const [place, index] of indexes.entries()) {
      for (const above of ancestors(parents, index)) {
        assert.ok(!indexes.includes(above) || indexes.indexOf(above) > place);
      }
    }
    assert.ok(tree.believed.length === 0 || tree.accepted || tree.best.label === classes.other);
    // Nothing is below what is explained when nobody asks.
    if (tree.accepted) {
      assert.ok(!indexes.some((each) => [...ancestors(parents, each)].includes(tree.best.index)));
    }
    if (plain.believed.length === 0) assert.equal(tree, plain);
    assert.equal(rankedClasses({ ...classes, parents }, probabilities, 1), [tree.best]);
    assert.is(strongestClass({ ...classes, parents }, probabilities), tree.best.index);
  }
});

test("a tree without branches changes nothing", () => {
  for (const { classes, probabilities } of trials(new Random(8), 500)) {
    const none = { ...classes, parents: classes.labels.map(() => null) };
    assert.equal(decide(none, probabilities), decide(classes, probabilities));
    assert.equal(rankedClasses(none, probabilities), rankedClasses(classes, probabilities));
  }
});

test("the graph's own winner is the decision's, with a tree as without", async () => {
  const random = new Random(9);
  for (const { classes, parents } of trials(random, 30)) {
    const count = classes.labels.length;
    const rows = 40;
    const thresholds = classes.thresholds ?? classes.labels.map(() => classes.threshold);
    const logits = Float32Array.from({ length: rows * count }, () => random.uniform(-5, 5));
    // One a row is just at its threshold, to a bit; of two whose excess is the same rounding would choose.
    for (let row = 0; row < rows; row++) {
      const index = random.integer(count);
      logits[row * count + index] = Math.log(thresholds[index] / (1 - thresholds[index]));
    }
    const g = new GraphBuilder();
    const input = g.input("logits", "float32", [rows, count]);
    const form = { answers: "independent" as const, thresholds };
    g.output("probabilities", probabilitiesOf(g, form, input));
    g.output("plain", g.cast(winningClass(g, form, input), "float32"));
    g.output("tree", g.cast(winningClass(g, { ...form, parents }, input), "float32"));
    const found = await (await compileGraph(g))({ logits });
    for (let row = 0; row < rows; row++) {
      const probabilities = found["probabilities"].slice(row * count, (row + 1) * count);
      const own = { ...classes, thresholds };
      assert.is(found["plain"][row], strongestClass(own, probabilities));
      assert.is(found["tree"][row], strongestClass({ ...own, parents }, probabilities));
    }
  }
});

test("what cannot win covers nothing that can, and a class that is asked for is explained, be it general", async () => {
  const g = new GraphBuilder();
  const logits = g.input("logits", "float32", [1, 5]);
  const form = { answers: "independent" as const, thresholds: labels.map(() => 0.5), parents };
  const among = g.constant([1, 0, 1, 1, 1], "float32", [1, 5]);
  g.output("among", explainedClass(g, form, logits, { among }));
  g.output("asked", explainedClass(g, form, logits, { target: g.constant([0], "int64", [1]) }));
  const found = await (await compileGraph(g))({ logits: Float32Array.of(2, 1, -1, -3, -3) });
  assert.equal([...found["among"]], [1, 0, 0, 0, 0]);
  assert.equal([...found["asked"]], [1, 0, 0, 0, 0]);
  assert.throws(() => winningClass(g, { parents, answers: "independent" }, logits), "thresholds");
});

test("below a class are those that follow it, and of a few classes the tree over those that are left out", () => {
  for (const { parents } of trials(new Random(10), 200)) {
    const { order, end } = depthFirst(parents);
    assert.equal(
      [...order].sort((a, b) => a - b),
      parents.map((_, k) => k),
    );
    for (const [place, index] of order.entries()) {
      const below = parents.flatMap((_, k) => ([...ancestors(parents, k)].includes(index) ? [k] : []));
      assert.equal(
        order.slice(place + 1, end[place]).sort((a, b) => a - b),
        below,
      );
    }
  }
  assert.equal(parentsAmong(parents, [2, 3, 0]), [2, null, null]);
  const chain = Array.from({ length: 20_000 }, (_, k) => (k === 0 ? null : k - 1));
  assert.is(depthFirst(chain).end[0], 20_000);
  assert.is(oddParents(chain, 20_000), undefined);
});

test("a pack's tree has a parent or none for each class, no circle, and is of independent classes", () => {
  const pack = {
    ...{
      format: 3,
      name: "animals",
      version: "1",
      title: "Animals",
      licence: "none",
      labels,
      threshold: 0.5,
    },
    ...{
      sampleRate: 16_000,
      stft: { window: 512, hop: 128, bins: 257 },
      windowFrames: 128,
      masking: "linear",
    },
    methods: [{ name: "saliency", title: "Saliency", graph: "saliency.onnx" }],
    ...{ answers: "independent", parents },
  };
  const parse = (more: Record<string, unknown>) => parsePack({ ...pack, ...more }, "pack.json");
  assert.equal(parse({}).parents, parents);
  assert.throws(() => parse({ parents: [null, 0] }), /2 parents for 5 labels/);
  assert.throws(() => parse({ parents: [null, 0, 1, null, 5] }), /parent 5 of class 4 is not in 0\.\.4/);
  assert.throws(() => parse({ parents: [null, 2, 1, null, 0] }), /circle/);
  assert.throws(() => parse({ parents: [0, null, null, null, null] }), /circle/);
  assert.throws(() => parse({ answers: "exclusive" }), /independent/);
  assert.throws(() => parse({ other: "Animal" }), /none of the classes/);
});

test.run();
