// Training and packing as calls of a program: progress by stages, stopping by a signal and going on, misuse by name.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import {
  InterruptedError,
  type Progress,
  packRuns,
  trainClassifier,
  trainLmac,
  UsageError,
} from "../../../lab/index.ts";
import { MODEL_RATE } from "../../../lab/networks/own-shape.ts";
import { trainingRuntime } from "../../../lab/training/training-runtime.ts";
import { chord, writeMadeUpEsc50 } from "../data/made-up-esc50.ts";

const test = suite("the lab as a library");
const trains = await trainingRuntime().then(
  () => true,
  () => false,
);
const run = trains ? test : test.skip;
if (!trains) console.log("skipped: training needs onnxruntime-node, which is not installed");

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "listenable-lab-"));
  await writeMadeUpEsc50(at("esc50"), { folds: [1], clips: 1, seconds: 2 });
  await mkdir(at("speech"));
  await writeFile(at("speech", "one.wav"), writeWav([chord(3000, 2)], MODEL_RATE));
});
test.after(() => rm(folder, { recursive: true }));

const sounds = () => ({ data: at("esc50"), folds: [1], speech: at("speech"), batch: 2 });

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

run("a training that its signal stops goes on with the same call; its stages are told", async () => {
  const options = { ...sounds(), out: at("classifier"), steps: 40 };
  const abort = new AbortController();
  const told: Progress[] = [];
  const onProgress = (progress: Progress) => {
    told.push(progress);
    if (progress.stage === "classifier" && progress.done > 0) abort.abort();
  };
  const stopped = await failureOf(trainClassifier(options, { signal: abort.signal, onProgress }));
  assert.instance(stopped, InterruptedError);
  assert.match((stopped as Error).message, "goes on from there");
  assert.equal([...new Set(told.map(({ stage }) => stage))], ["sounds", "classifier"]);
  assert.ok(told.every(({ done, total }) => total !== null && done <= total));

  const done = await trainClassifier(options);
  assert.is(done.stepsDone, 40);
  assert.is(done.sounds, told.findLast(({ stage }) => stage === "sounds")?.total);
  const { pack } = await packRuns({
    classifier: at("classifier"),
    out: at("pack"),
    methods: ["gradcam", "saliency"],
    settings: { gradcam: { layer: 1 } },
  });
  assert.equal(
    pack.methods.map(({ name, parameters }) => [name, parameters]),
    [
      ["gradcam", { layer: 1 }],
      ["saliency", undefined],
    ],
  );
});

test("what does not go together is a misuse, before anything is read", async () => {
  const options = { ...sounds(), classifier: at("none"), out: at("none") };
  for (const [wrong, why] of [
    [{ published: true }, "needs --sparsity"],
    [{ guidanceWeight: 2 }, "--finetune"],
  ] as const) {
    const error = await failureOf(trainLmac({ ...options, ...wrong }));
    assert.instance(error, UsageError);
    assert.match((error as Error).message, why);
  }
});

test.run();
