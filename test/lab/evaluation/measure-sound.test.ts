import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { Random } from "../../../lab/data/random.ts";
import {
  measureMethod,
  measureOracle,
  prepareSounds,
  type SoundFile,
} from "../../../lab/evaluation/measure/measure-sound.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";

const RATE = 16_000;
const LABELS = ["low", "high", "other"];
const FRAMES = 32;
const BINS = 257;
const SPLIT = 64;

/** Low and high by themselves, half as sure as they are of each other. */
const independent = (thresholds: readonly number[]) => ({
  ...{ labels: ["low", "high"], other: undefined, answers: "independent", threshold: 0.5, thresholds },
});

/** Calls what has more energy below 2 kHz low; its mask for a class keeps what it hears as that class. */
function method(masks: boolean, form: object = {}): LoadedMethod {
  const pack = {
    name: "two",
    labels: LABELS,
    other: "other",
    threshold: 0.5,
    ...form,
    sampleRate: RATE,
    windowFrames: FRAMES,
    stft: { window: 512, hop: 128, bins: BINS },
    masking: "linear",
  };
  return {
    pack,
    method: { name: "bands", title: "Bands", graph: "x", target: true },
    async run(magnitudes: Float32Array, batch: number, targets?: number | readonly number[]) {
      const size = FRAMES * BINS;
      const classes = pack.labels.length;
      const sure = "answers" in pack ? 0.5 : 1;
      const probabilities = new Float32Array(batch * classes);
      const out = new Float32Array(batch * size);
      for (let item = 0; item < batch; item++) {
        const energy = [1e-3, 0];
        for (let k = 0; k < size; k++) energy[k % BINS < SPLIT ? 0 : 1] += magnitudes[item * size + k] ** 2;
        const low = energy[0] / (energy[0] + energy[1]);
        probabilities.set([sure * low, sure * (1 - low), 0].slice(0, classes), item * classes);
        const asked = (typeof targets === "number" ? targets : targets?.[item]) ?? -1;
        const target = asked >= 0 ? asked : low > 0.5 ? 0 : 1;
        for (let k = 0; k < size; k++) {
          out[item * size + k] = !masks || (k % BINS < SPLIT ? 0 : 1) === target ? 1 : 0;
        }
      }
      return { probabilities, masks: out };
    },
  } as unknown as LoadedMethod;
}

const test = suite<{ folder: string }>("measuring a sound");
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), "listenable-measure-"));
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

/** A tone, and faintly one above 2 kHz. */
async function soundFile(folder: string, name: string, hertz: number, label?: string): Promise<SoundFile> {
  const sine = (frequency: number, n: number) => Math.sin((2 * Math.PI * frequency * n) / RATE);
  const samples = Float32Array.from({ length: RATE }, (_, n) => 0.3 * sine(hertz, n) + 0.003 * sine(5000, n));
  const path = join(folder, `${name}.wav`);
  await writeFile(path, writeWav([samples], RATE));
  return { name, path, label };
}

async function rowsOf(files: readonly SoundFile[], form?: object) {
  const classifier = method(false, form);
  const pools = { clips: files, sentences: [] };
  const sounds = await prepareSounds(classifier, files[0], "mixtures", pools, 1, FRAMES);
  return measureMethod(method(true, form), classifier, sounds, new Random(1));
}

test("a mask of the target's band parts the clip, and what is there by its label is not wrong to ask for", async ({
  folder,
}) => {
  const files = [await soundFile(folder, "a", 500, "low"), await soundFile(folder, "b", 4000, "high")];
  const { own } = await rowsOf(files);
  assert.ok(own!.selectivity! > 20 && own!.siSdr! > 10, JSON.stringify(own));
  assert.is(own!.forcing, undefined, "both classes are there, and other is none");
});

test("a mask that makes the classifier hear what is not there is counted", async ({ folder }) => {
  const files = [await soundFile(folder, "a", 500, "low"), await soundFile(folder, "b", 700, "low")];
  const { own } = await rowsOf(files);
  assert.is(own!.forcing, 100);
});

test("a scene's mask is held against the event that it is of: its band and its time", async ({ folder }) => {
  const files = [await soundFile(folder, "a", 500, "low"), await soundFile(folder, "b", 4000, "high")];
  const classifier = method(false);
  const pools = { clips: files, sentences: [] };
  const sounds = await prepareSounds(classifier, files[0], "scenes", pools, 1, FRAMES);
  assert.is(sounds.length, 1);
  const [{ located, labels, samples }] = sounds;
  assert.is(labels[0], "low");
  const { span, stem, rest } = located.event!;
  assert.ok(samples.every((sample, n) => Math.abs(sample - stem[n] - rest[n]) < 1e-6));
  assert.is(span.to - span.from, RATE);

  const { own } = await measureMethod(method(true), classifier, sounds, new Random(1));
  // Asked about low everywhere: it keeps the band of the event, at all times.
  assert.ok(own!.relevanceMass! > 0.5, JSON.stringify(own));
  assert.ok(own!.selectivity! > 0, JSON.stringify(own));
  assert.is(own!.timeAuc, 0.5);
  assert.is(own!.silenceMass, undefined, "the background is everywhere");
  const oracle = await measureOracle("ideal-binary-mask", classifier, sounds);
  assert.ok(oracle.own!.relevanceMass! > own!.relevanceMass!);
  assert.ok(oracle.own!.relevanceInTime! > 0.99, JSON.stringify(oracle.own));
});

test("of a sound that is padded with zeros the mask's share on them is told", async ({ folder }) => {
  const tone = Float32Array.from({ length: RATE }, (_, n) =>
    n < RATE / 2 ? 0.3 * Math.sin((2 * Math.PI * 500 * n) / RATE) : 0,
  );
  const path = join(folder, "padded.wav");
  await writeFile(path, writeWav([tone], RATE));
  const classifier = method(false);
  const sounds = await prepareSounds(
    classifier,
    { name: "padded", path },
    "clean",
    { clips: [], sentences: [] },
    1,
    FRAMES,
  );
  const { own } = await measureMethod(method(true), classifier, sounds, new Random(1));
  // Windows of zeros alone are never asked about; of the others the mask lies on sound and zeros alike.
  assert.ok(own!.silenceMass! > 0.05 && own!.silenceMass! < 0.5, JSON.stringify(own));
  assert.is(own!.relevanceMass, undefined);
});

test("of independent classes a wrong one is forced where it is believed, and AD on the published scale is left out", async ({
  folder,
}) => {
  const files = [await soundFile(folder, "a", 500, "low"), await soundFile(folder, "b", 700, "low")];
  const believed = (await rowsOf(files, independent([0.3, 0.3]))).own!;
  assert.is(believed.forcing, 100);
  assert.is(believed.fidIn, 1);
  assert.not("adPublished" in believed);
  // Half a probability is no yes for high, however much more than low it is.
  assert.is((await rowsOf(files, independent([0.3, 0.6]))).own!.forcing, 0);
});

test.run();
