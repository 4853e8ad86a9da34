// A trained method of one's own is one file: the example of lab/methods/README.md, from its recipe to its mask.
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { WINDOW_FRAMES, windowMagnitudes } from "../../../lab/data/windows.ts";
import { type ClassifierShape, classify } from "../../../lab/networks/classifier.ts";
import { ownClassifier } from "../../../lab/networks/own-classifier.ts";
import { BINS, MODEL_RATE } from "../../../lab/networks/own-shape.ts";
import { initialWeights, planWeights, weightValues } from "../../../lab/networks/training-layers.ts";
import { packGraphs } from "../../../lab/packing/pack-graphs.ts";
import { type TrainingRecipe, withDefaults } from "../../../lab/training/recipe.ts";
import { runCourse } from "../../../lab/training/run-course.ts";
import { SoundPool } from "../../../lab/training/sound-pool.ts";
import { trainingRuntime } from "../../../lab/training/training-runtime.ts";
import { chord } from "../data/made-up-esc50.ts";
import { LMAC_SMALL } from "./lmac-small.ts";
import { runGraph } from "./run-graph.ts";

const test = suite("a new trained method");
const trains = await trainingRuntime().then(
  () => true,
  () => false,
);
const run = trains ? test : test.skip;
if (!trains) console.log("skipped: training needs onnxruntime-node, which is not installed");

const shape: ClassifierShape = {
  ...{ frames: WINDOW_FRAMES, bins: BINS, mels: 64, sampleRate: MODEL_RATE, classes: 3 },
  channels: [4, 4, 8, 8, 8],
};

run("its recipe is followed, and its mask comes out of what was learnt", async () => {
  const out = await mkdtemp(join(tmpdir(), "listenable-new-method-"));
  try {
    const plan = planWeights((layers) => {
      classify(layers, layers.g.input("magnitudes", "float32", [1, shape.frames, shape.bins]), shape);
    });
    const [weights, statistics] = [plan.parameters, plan.statistics].map((specs) =>
      initialWeights(specs, new Random(5)),
    );
    const values = weightValues(plan, weights, statistics);
    const labels = ["low", "high", "other"];
    const origin = { attributions: [], credits: [], settings: {} };
    const meta = { kind: "classifier", shape, labels, other: "other", categories: [], ...origin } as const;
    const recipe = LMAC_SMALL.learnt!.recipe as TrainingRecipe;
    const classifier = ownClassifier(values, shape);
    const prepared = await recipe.prepare(withDefaults(recipe.options, {}), {
      ...{ weights: { meta, values }, classifier, folder: "", out, seed: 1, threads: 1 },
      pools: async () => ({ classes: [200, 4000].map((hertz) => new SoundPool([chord(hertz, 2)])) }),
      runSettings: (own) => own,
      follow: {},
    });
    assert.equal(prepared.settings, { bands: 32, sparsity: 6 });
    const course = { ...recipe.course, steps: 2, batch: 2, seed: 1, threads: 1 };
    const place = { title: recipe.name, directory: out, settings: prepared.settings };
    const trained = await runCourse(prepared.task, { ...course, ...place });
    const window = windowMagnitudes(chord(440, 2), 0, new Float32Array(WINDOW_FRAMES * BINS));
    const learnt = { method: LMAC_SMALL, shape: prepared.meta.shape, values: trained.values! };
    const packed = packGraphs(classifier, [{ method: LMAC_SMALL }], { learnt: [learnt] });
    assert.equal(
      packed.methods.map(({ name, graph }) => [name, graph]),
      [["lmac-small", "lmac-small.onnx"]],
    );
    const { mask } = await runGraph(packed.files.get("lmac-small.onnx")!, window, [1, WINDOW_FRAMES, BINS]);
    assert.is(mask.length, WINDOW_FRAMES * BINS);
    assert.ok(mask.every((value) => value > 0 && value < 1));
  } finally {
    await rm(out, { recursive: true });
  }
});

test("the guide shows it as it is", () => {
  const text = (path: string) => readFileSync(path, "utf8");
  const source = text("test/lab/methods/lmac-small.ts");
  assert.ok(text("lab/methods/README.md").includes(source.slice(source.indexOf("const RECIPE"))));
});

test.run();
