// A streaming pack from run folders: it opens, its graphs share their weights in 16 bits, and hear a sound alike however it is cut.
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readHeard } from "../../../lab/data/heard-sounds.ts";
import { OWN_STFT } from "../../../lab/networks/own-shape.ts";
import { packRuns } from "../../../lab/packing/pack-runs.ts";
import { saveWeights, weightsIn } from "../../../lab/training/weights-file.ts";
import { explainSound, openPack } from "../../../models/index-node.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import {
  CLASSES,
  classifierValues,
  decoderShape,
  decoderValues,
  form,
  shape,
} from "../networks/small-stream.ts";

const test = suite("streaming pack of runs");
const HEARD = ["00112233445566aa", "8899aabbccddeeff"];
const LABELS = ["dog", "rain", "speech", "train", "music"];
let folder: string;
const at = (name: string) => join(folder, name);

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-pack-"));
  for (const run of ["classifier", "decoder"]) await mkdir(at(run));
  const origin = { attributions: [], credits: ["Nobody's sounds."], settings: {} };
  const { answers } = form;
  const classifier = {
    kind: "stream-classifier",
    shape,
    labels: LABELS,
    answers,
    categories: [],
    heard: HEARD,
    ...origin,
  } as const;
  await saveWeights(weightsIn(at("classifier")), classifier, classifierValues);
  const decoder = { kind: "lmac", method: "lmac-selective", shape: decoderShape, ...origin };
  await saveWeights(weightsIn(at("decoder")), { ...decoder, heard: HEARD.slice(1) }, decoderValues);
  await mkdir(at("older"));
  await saveWeights(weightsIn(at("older")), decoder, decoderValues);
});
test.after(() => rm(folder, { recursive: true }));

test("is written, and explains a sound", async () => {
  assert.is(LABELS.length, CLASSES);
  const { pack } = await packRuns({
    out: at("pack"),
    classifier: at("classifier"),
    decoders: [at("decoder")],
    name: "small-stream",
    threshold: 0.5,
    thresholds: { rain: 0.7 },
  });
  assert.is(pack.format, 3);
  assert.is(pack.answers, "independent");
  assert.equal(pack.thresholds, [0.5, 0.7, 0.5, 0.5, 0.5]);
  assert.equal(pack.stft, { ...OWN_STFT, bins: 257 });
  assert.equal(
    pack.methods[0].blocks?.map(({ frames }) => frames),
    [8, 128],
  );
  const opened = await openPack(at("pack"));
  const samples = Float32Array.from({ length: 24_000 }, (_, n) => 0.3 * Math.sin(n / (5 + n / 4000)));
  const explained = await explainSound(opened, samples, { rate: 16_000, target: "rain" });
  assert.is(explained.explanation.length, samples.length);
  assert.ok(Math.max(...explained.mask) > 0.01);
  await opened.close();
});

test("says which sounds its runs have heard, and which of them doesn't say it", async () => {
  const runs = { classifier: at("classifier"), decoders: [at("decoder")] };
  const { pack } = await packRuns({ out: at("heard"), ...runs });
  assert.not.ok(JSON.stringify(pack).includes("8899"), "it is no part of pack.json");
  const heard = async (name: string) => readHeard(await openPackFolder(at(name)));
  const whole = (await heard("heard"))!;
  assert.equal([whole.size, whole.unknown], [2, []]);
  assert.ok(HEARD.every((hash) => whole.has(hash)) && !whole.has("0123456789abcdef"));
  for (const windows of [false, true]) {
    await packRuns({ out: at("heard"), ...runs, decoders: [at("older")], windows });
    const part = (await heard("heard"))!;
    assert.equal([part.size, part.unknown], [2, ["lmac-selective"]]);
  }
});

test("a class that there is not has no threshold", async () => {
  const options = { out: at("other"), classifier: at("classifier"), decoders: [at("decoder")] };
  const refused = await packRuns({ ...options, thresholds: { cat: 0.5 } }).catch((error) => error);
  assert.match(refused.message, /no class "cat"/);
  const without = await packRuns({ ...options, decoders: [] }).catch((error) => error);
  assert.match(without.message, "--decoder");
});

test("as windows it takes any method", async () => {
  const { pack } = await packRuns({
    out: at("windows"),
    classifier: at("classifier"),
    decoders: [at("decoder")],
    methods: ["lmac-selective", "saliency"],
    windows: true,
  });
  assert.is(pack.windowFrames, shape.frames);
  assert.is(pack.streaming, undefined);
  assert.ok((await stat(join(at("windows"), "saliency.onnx"))).size > 0);
});

test.run();
