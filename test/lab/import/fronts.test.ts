/** Fronts, and presets by name, give a classifier what the published preprocessing gives it; gradients pass through all of it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { WindowCutter } from "../../../lab/data/window-cutter.ts";
import { foreignClassifier } from "../../../lab/import/foreign-classifier.ts";
import { samplesForFront } from "../../../lab/import/frame-transform.ts";
import { bandsOf, type Front, frontWords, parseFront, parseFrontWords } from "../../../lab/import/front.ts";
import { inputOf } from "../../../lab/import/heard.ts";
import { PRESETS } from "../../../lab/import/presets.ts";
import { readClassifier } from "../../../lab/import/read-classifier.ts";
import { windowInputs } from "../../../lab/networks/explained-classifier.ts";
import { encodeModel, GraphBuilder, gradients } from "../../../models/graph/index.ts";
import { checkGradients } from "../../models/graph/check.ts";
import { compileGraph } from "../../models/graph/run.ts";
import { madeUpSound, type PublishedFront, publishedFronts } from "./published-fronts.ts";

const test = suite("fronts");

/** A classifier of three classes that takes a front's pictures, or samples. */
function anyClassifier(front: Front) {
  const bands = bandsOf(front);
  const g = new GraphBuilder();
  const x = g.input("x", "float32", front.input === "waveform" ? ["B", "S"] : ["B", "T", bands]);
  const mean = g.reduceMean(x, [1], front.input === "waveform");
  const width = front.input === "waveform" ? 1 : bands;
  g.output("logits", g.matmul(mean, g.constant(new Float32Array(3 * width).fill(1), "float32", [width, 3])));
  return readClassifier(encodeModel(g), { source: "any.onnx" });
}

/** What a classifier is given of a sound that is heard in windows, as far as it was kept. */
async function heard({ front: words, samples: length, rows, frames }: PublishedFront): Promise<Float32Array> {
  const given = parseFrontWords(words);
  const front = given.input === "waveform" ? given : { ...given, frames };
  const explained = foreignClassifier(anyClassifier(front), { front });
  assert.is(explained.inputSize[0], frames);
  const cutter = new WindowCutter(explained);
  // Samples are put together from the first on at which all frames overlap.
  const { window, hop } = explained.stft;
  const samples = new Float32Array(cutter.length);
  const sound = madeUpSound(front.sampleRate, length);
  samples.set(sound.subarray(0, cutter.length), explained.needsPhases ? window - hop : 0);
  const { magnitudes, phases } = cutter.cut(samples);
  const g = new GraphBuilder();
  const inputs = windowInputs(g, explained, 1);
  g.output("y", explained.features(g, inputs.magnitudes, inputs.phases));
  const { y } = await (await compileGraph(g))({ magnitudes, ...(phases && { phases }) });
  const bands = y.length / frames;
  return Float32Array.from(rows.flatMap((row) => Array.from(y.subarray(row * bands, (row + 1) * bands))));
}

for (const published of publishedFronts) {
  test(`${published.name}: as published, to a ten-thousandth of the largest value`, async () => {
    const found = await heard(published);
    assert.is(found.length, published.values.length);
    const scale = published.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = found.reduce((most, value, i) => Math.max(most, Math.abs(value - published.values[i])), 0);
    assert.ok(error < 1e-4 * scale, `${error} of ${scale}`);
  });
}

// A part of each front that a gradient has to pass, on 24 frames' worth of samples and less.
const SMALL = "input=mel,sampleRate=2000,nFft=32,hop=8,nMels=6,log=ln,floor=0.01,floorBy=add";
const GRADIENTS = {
  "emphasis of frames without their mean": `${SMALL},removeDc=true,preEmphasis=0.97,window=povey,winLength=24`,
  "emphasis of the sound, reflected": `${SMALL},preEmphasis=0.9,preEmphasisBy=sound,pad=reflect`,
  "emphasis of the sound but its first sample, edges held": `${SMALL},preEmphasis=0.9,preEmphasisBy=valid,pad=edge`,
  "mean and peak": `${SMALL},soundMean=true,soundPeak=0.25,pad=constant,window=blackman`,
  "triangles straight in mel, means of bands": `${SMALL},melScale=kaldi,melNorm=none,normalise=bandMean`,
  "cepstrum, liftered, with deltas":
    "input=mfcc,sampleRate=2000,nFft=32,hop=8,nMels=6,log=log10,floor=0.01,floorBy=add,nMfcc=4,lifter=22,energy=true,deltas=2,deltaWidth=5",
  "deltas as librosa fits them": `${SMALL},deltas=2,deltaWidth=5,deltaEdge=fit`,
  PCEN: "input=mel,sampleRate=2000,nFft=32,hop=8,nMels=6,power=1,log=pcen,pcenTime=0.02,pcenGain=0.8,floor=0.01",
  "PCEN from the first frame, and frames of zeros":
    "input=mel,sampleRate=2000,nFft=32,hop=8,nMels=6,power=2,log=pcen,pcenTime=0.02,pcenStart=first,floor=0.01,emptyFrames=2",
  "samples of mean 0 and spread 1": "input=waveform,sampleRate=2000,normalise=window,epsilon=0.01",
  "samples, emphasised":
    "input=waveform,sampleRate=2000,preEmphasis=0.97,preEmphasisBy=sound,soundPeak=1,normalise=mean",
};

for (const [name, words] of Object.entries(GRADIENTS)) {
  test(`${name}: gradients are those of finite differences`, async () => {
    const front = parseFrontWords(words);
    const samples = front.input === "waveform" ? 40 : samplesForFront(front, 7);
    await checkGradients({
      inputs: [[1, 1, samples]],
      build: (g, [x]) => inputOf(g, x, front, 7),
      // The loudest sample stays the loudest.
      values: (value, index) => (index === 20 ? 2 : 0.8 * value),
      step: 2e-3,
      tolerance: 5e-3,
    });
  });
}

test("a preset by name, and what differs from it, as words and as JSON", () => {
  for (const [name, { front }] of Object.entries(PRESETS)) {
    const parsed = parseFrontWords(name);
    for (const [field, value] of Object.entries(front)) assert.is(parsed[field as keyof Front], value);
    assert.equal(parseFrontWords(frontWords(parsed)), parsed, name);
  }
  assert.is(parseFrontWords("ast,emptyFrames=26").emptyFrames, 26);
  assert.is(parseFront({ preset: "whisper", nMels: 128 }, "front.json").nMels, 128);
  assert.throws(
    () => parseFrontWords("yamnett"),
    /there is no preset "yamnett"; there are: yamnet, panns-cnn14/,
  );
  assert.throws(() => parseFront({ preset: "ast", hopp: 3 }, "front.json"), /front\.json.*hopp/);
});

test("fields that do not go together are refused by name, with the way out", () => {
  const wrong = (words: string, message: RegExp) => assert.throws(() => parseFrontWords(words), message);
  const mel = "input=mel,sampleRate=16000,nFft=512,nMels=40";
  wrong("input=mfcc,sampleRate=16000,nFft=512,nMels=40", /mfcc input needs nMfcc/);
  wrong("input=mfcc,sampleRate=16000,nFft=512,nMels=40,nMfcc=41", /nMfcc 41 is beyond nMels 40/);
  wrong(`${mel},nMfcc=13`, /nMfcc means nothing without input=mfcc/);
  wrong(`${mel},energy=true`, /energy means nothing without input=mfcc/);
  wrong(`${mel},topDb=80`, /topDb means nothing without log=db/);
  wrong(`${mel},deltas=1,deltaWidth=4`, /deltaWidth 4 is even/);
  wrong(`${mel},frames=8,emptyFrames=8`, /emptyFrames 8 leaves nothing of 8 frames/);
  wrong(`${mel},window=kaiser`, /window: .*"kaiser"/);
  wrong("input=mel,sampleRate=16000,nFft=401,hop=160,nMels=40", /nFft: must be even/);
  wrong("input=waveform,sampleRate=16000,preEmphasis=0.97", /preEmphasisBy/);
  wrong("input=waveform,sampleRate=16000,normalise=band", /normalise band means nothing for a waveform/);
  const front = parseFrontWords(`${mel},hop=128,frames=20,samples=1000`);
  assert.throws(
    () => foreignClassifier(anyClassifier(front), { front }),
    /1000 samples give 4 frames, not the 20/,
  );
});

test("a front of pictures for a file that hears samples, and the other way round, says what to say instead", () => {
  const waveform = parseFrontWords("input=waveform,sampleRate=16000");
  const mel = parseFrontWords("yamnet");
  assert.throws(
    () => foreignClassifier(anyClassifier(waveform), { front: mel }),
    /takes samples, so its spectrogram is inside the file: say --front input=waveform,sampleRate=16000/,
  );
  assert.throws(
    () => foreignClassifier(anyClassifier(mel), { front: waveform }),
    /the front says how it is made: input=mel/,
  );
});

test("a cepstrum has no bands: latents are handed out without frequency, and masks lie over time alone", async () => {
  const front = parseFrontWords(
    "input=mfcc,sampleRate=16000,nFft=512,hop=160,nMels=40,nMfcc=13,log=ln,frames=32",
  );
  for (const order of ["TF", "FT"] as const) {
    const g = new GraphBuilder();
    const sizes = order === "TF" ? [32, 13] : [13, 32];
    const x = g.input("x", "float32", ["B", 1, ...sizes]);
    const kernel = g.constant(
      Float32Array.from({ length: 36 }, (_, i) => Math.sin(i)),
      "float32",
      [4, 1, 3, 3],
    );
    const latent = g.relu(g.op("Conv", [x, kernel], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }));
    g.output("logits", g.reduceMean(latent, [2, 3]));
    const read = readClassifier(encodeModel(g), { source: "mfcc.onnx" });
    const explained = foreignClassifier(read, { front });
    assert.is(explained.layout, `B1${order}`);
    const whole = new GraphBuilder();
    const input = whole.input("x", "float32", [1, 1, 32, 13]);
    const { logits, latents } = explained.classify(whole, input);
    assert.equal(latents[0].shape, [1, 4 * 13, 32]);
    whole.output("logits", logits);
    whole.output("gradient", gradients(whole, whole.reduceSum(logits), [latents[0]])[0]);
    const feed = Float32Array.from({ length: 32 * 13 }, (_, i) => Math.cos(i));
    const found = await (await compileGraph(whole))({ x: feed });
    assert.ok(Math.abs(found["gradient"][0] - 1 / (32 * 13)) < 1e-6);
  }
});

test.run();
