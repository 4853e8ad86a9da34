/** Fronts and labels as transformers models carry them, and files with what differs from them. */
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseFrontWords } from "../../../lab/import/front.ts";
import { readFront } from "../../../lab/import/read-front.ts";
import { labelsOfConfig } from "../../../lab/import/transformers-config.ts";

const test = suite("a transformers model's files");
const file = join(tmpdir(), `preprocessor_config-${process.pid}.json`);
test.after(() => rm(file, { force: true }));

const read = async (json: object, words = "") => {
  await writeFile(file, JSON.stringify(json));
  return readFront(`${file}${words}`);
};

// As transformers 5.24 writes them, without a Whisper's filters.
const common = { feature_size: 1, padding_side: "right", padding_value: 0, return_attention_mask: false };
const AST = {
  ...common,
  feature_extractor_type: "ASTFeatureExtractor",
  ...{ do_normalize: true, max_length: 1024, mean: -4.2677393, num_mel_bins: 128, sampling_rate: 16_000 },
  std: 4.5689974,
};
const WAV2VEC2 = {
  ...common,
  feature_extractor_type: "Wav2Vec2FeatureExtractor",
  ...{ do_normalize: true, sampling_rate: 16_000 },
};
const WHISPER = {
  ...common,
  feature_extractor_type: "WhisperFeatureExtractor",
  ...{ chunk_length: 30, dither: 0, feature_size: 80, hop_length: 160, n_fft: 400, n_samples: 480_000 },
  ...{ nb_max_frames: 3000, sampling_rate: 16_000 },
};

test("their fronts are the presets'", async () => {
  assert.equal(await read(AST), parseFrontWords("ast"));
  assert.equal(await read(WAV2VEC2), parseFrontWords("wav2vec2"));
  assert.equal(await read(WHISPER), parseFrontWords("whisper"));
});

test("what differs in them differs in the front", async () => {
  const short = await read({ ...AST, max_length: 128, mean: -6.8, std: 5.5 });
  assert.equal([short.frames, short.mean, short.std], [128, -6.8, 11]);
  assert.equal(await read({ ...AST, do_normalize: false }), parseFrontWords("ast,mean=0,std=1"));
  const plain = await read({ ...WAV2VEC2, do_normalize: false, sampling_rate: 8000 });
  assert.equal(plain, parseFrontWords("input=waveform,sampleRate=8000"));
  const five = await read({ ...WHISPER, feature_size: 128, chunk_length: 5 });
  assert.equal(five, parseFrontWords("whisper,nMels=128,frames=500,samples=80000"));
});

test("words behind a file count more than the file", async () => {
  assert.is((await read(AST, ",emptyFrames=26")).emptyFrames, 26);
  const own = { input: "mel", sampleRate: 16_000, nFft: 512, nMels: 40 };
  assert.is((await read(own, ",melScale=htk,gain=32768")).melScale, "htk");
  assert.is((await read({ preset: "yamnet" }, ",frames=48")).frames, 48);
  await assertRefused(own, ",melscale=htk", /melscale/);
});

test("other kinds and impossible values are refused by name", async () => {
  await assertRefused(
    { feature_extractor_type: "ClapFeatureExtractor" },
    "",
    /"ClapFeatureExtractor" is not known \(ASTFeature/,
  );
  await assertRefused({ ...AST, max_length: "long" }, "", /preprocessor_config.*max_length: .*"long"/);
});

async function assertRefused(json: object, words: string, message: RegExp): Promise<void> {
  let told = "";
  await read(json, words).catch((error: Error) => {
    told = error.message;
  });
  assert.match(told, message);
}

test("labels come in the order of their numbers", () => {
  const id2label = { "10": "k", "0": "a", "2": "c", "1": "b" };
  assert.equal(labelsOfConfig({ id2label, model_type: "x" }), ["a", "b", "c", "k"]);
  assert.is(labelsOfConfig(["a", "b"]), undefined);
});

test.run();
