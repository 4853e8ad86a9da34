// `listenable pack` of this project's classifier, with weights that nobody trained.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../lab/data/random.ts";
import { WINDOW_FRAMES } from "../../lab/data/windows.ts";
import { type ClassifierShape, classify } from "../../lab/networks/classifier.ts";
import { BINS, MODEL_RATE } from "../../lab/networks/own-shape.ts";
import { initialWeights, planWeights, weightValues } from "../../lab/networks/training-layers.ts";
import { saveWeights } from "../../lab/training/weights-file.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { packFeatureJudge, packFeatureMethod } from "../../models/pack/pack.ts";
import { loadFeatureJudge } from "../../models/runtime/load-feature-judge.ts";
import { loadFeatureMethod, loadMethod } from "../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { runCli, temporaryFolder } from "./run-cli.ts";

const test = suite<{ folder: string; run: string }>("pack");
const labels = ["low", "high", "other"];
const shape: ClassifierShape = {
  ...{ frames: WINDOW_FRAMES, bins: BINS, mels: 64, sampleRate: MODEL_RATE, classes: labels.length },
  channels: [4, 4, 8, 8, 8],
};

test.before(async (context) => {
  context.folder = await temporaryFolder();
  context.run = join(context.folder, "run");
  await mkdir(context.run);
  const plan = planWeights((layers) => {
    classify(layers, layers.g.input("magnitudes", "float32", [1, shape.frames, shape.bins]), shape);
  });
  const [weights, statistics] = [plan.parameters, plan.statistics].map((specs) =>
    initialWeights(specs, new Random(5)),
  );
  const made = { categories: labels, attributions: [], credits: [], settings: {} };
  const meta = { kind: "classifier", shape, labels, other: "other", ...made } as const;
  await saveWeights(join(context.run, "weights.bin"), meta, weightValues(plan, weights, statistics));
});
test.after(({ folder }) => rm(folder, { recursive: true }));

test("methods that need no training: graphs, settings and the form on the features", async ({
  folder,
  run,
}) => {
  const out = join(folder, "pack");
  const words = ["--methods", "gradcam,ig,all-ones", "--ig-steps", "3", "--features", "--out", out];
  const { status, stdout, stderr } = await runCli("pack", "--classifier", run, ...words, "--json");
  assert.is(status, 0, stderr);
  assert.equal(JSON.parse(stdout).methods, ["gradcam", "ig", "all-ones"]);

  const { pack, graph, read } = await openPackFolder(out);
  assert.equal(
    pack.methods.map(({ name, target, parameters }) => [name, target, parameters]),
    [
      ["gradcam", true, { layer: -1 }],
      ["ig", true, { steps: 3, power: 4 }],
      ["all-ones", false, undefined],
    ],
  );
  const runtime = await nodeRuntime();
  const random = new Random(2);
  const window = Float32Array.from(
    { length: WINDOW_FRAMES * BINS },
    () => -5 * Math.log(1 - random.uniform()),
  );
  const judge = await loadFeatureJudge(runtime, await read(packFeatureJudge(pack)), pack);
  for (const { name } of pack.methods) {
    const method = await loadMethod(runtime, await graph(name), pack, name);
    const { masks, probabilities } = await method.run(window, 1);
    assert.ok(masks.every((value) => value >= 0 && value <= 1));
    await method.close();

    const featureGraph = await read(packFeatureMethod(pack, name));
    const onFeatures = await loadFeatureMethod(runtime, featureGraph, pack, name);
    const featureMask = (await onFeatures.run(window, 1)).masks;
    assert.is(featureMask.length, judge.maskShape[0] * judge.maskShape[1]);
    const judged = await judge.run(window, featureMask, 1);
    if (name === "all-ones") {
      judged.forEach((value, k) => {
        assert.ok(Math.abs(value - probabilities[k]) < 1e-5);
      });
    }
    await onFeatures.close();
  }
  await judge.close();
});

test("what cannot be: unknown methods, parameters of others, methods without their weights", async ({
  folder,
  run,
}) => {
  for (const [words, message] of [
    [["--methods", "lime"], /no method "lime"/],
    [["--methods", "saliency", "--ig-steps", "4"], /--methods does not name ig/],
    [["--methods", "ig", "--ig-steps", "0"], /whole number from 1 to 128/],
    [["--methods", "ig,ig"], /named twice/],
    [["--methods", "lmac"], /needs trained weights/],
  ] as const) {
    const out = join(folder, "refused");
    const { status, stderr } = await runCli("pack", "--classifier", run, "--out", out, ...words);
    assert.is(status, 2, words.join(" "));
    assert.match(stderr, message);
  }
});

test.run();
