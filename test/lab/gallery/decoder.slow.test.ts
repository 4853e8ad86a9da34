/** A decoder that was trained for a classifier's very file is taken with it, and for no other file. */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readHeard } from "../../../lab/data/heard-sounds.ts";
import { addPack } from "../../../lab/gallery/add-pack.ts";
import type { GalleryEntry } from "../../../lab/gallery/entries.ts";
import { packClassifier } from "../../../lab/packing/pack-classifier.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { at, makeSounds, removeSounds, trains } from "../../cli/foreign-sounds.ts";
import { FOLDER } from "../import/fixtures.ts";

const test = suite("decoders that come with Listenable");
const run = trains ? test : test.skip;
test.before(makeSounds);
test.after(removeSounds);

run("the pack has it, and says what it has heard; of another file it is left out, with a word", async () => {
  const file = join(FOLDER, "mel44.onnx");
  const front = join(FOLDER, "mel44.front.json");
  const course = { steps: 2, batch: 2, channels: 8 };
  const labels = at("labels.txt");
  await packClassifier({ file, front, labels, data: at("sounds"), out: at("trained"), ...course });
  await mkdir(at("decoders", "mel"), { recursive: true });
  await copyFile(at("trained-training", "weights.bin"), at("decoders", "mel", "weights.bin"));

  const bytes = await readFile(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const entry: GalleryEntry = {
    ...{ name: "mel", title: "Mel", publisher: "Nobody", home: "http://127.0.0.1/", licence: "CC0-1.0" },
    file: { address: "http://127.0.0.1:9/", bytes: bytes.length, sha256 },
    ...{ needs: "its file", front: "input=waveform,sampleRate=16000", answers: "exclusive" },
    ...{ classes: 4, seconds: 1, labels: "here", methods: ["saliency"] },
  };
  const options = { from: file, front, labels, decoders: at("decoders") };
  const { out, pack } = await addPack(entry, { ...options, home: at("home") });
  assert.equal(
    pack.methods.map(({ name }) => name),
    ["lmac"],
  );
  const [added, trained] = await Promise.all([out, at("trained")].map((folder) => openPackFolder(folder)));
  assert.equal((await added!.graph()).bytes, (await trained!.graph()).bytes);
  const [heard, wanted] = await Promise.all([readHeard(added!), readHeard(trained!)]);
  assert.is(heard!.size, wanted!.size);

  const other = join(FOLDER, "mel44-half.onnx");
  const { file: _, ...brought } = entry;
  const notices: string[] = [];
  const second = await addPack(
    brought,
    { ...options, from: other, home: at("other") },
    { onNotice: (notice) => notices.push(notice) },
  );
  assert.is(second.pack.methods[0]!.name, "saliency");
  assert.match(notices.join("\n"), /for another file of Mel, and is left out/);
  const words = { file: other, front, labels, out: at("refused"), decoders: [at("trained-training")] };
  const refused = await packClassifier(words).catch((error: Error) => error.message);
  assert.match(String(refused), /decoder of another classifier than mel44-half.onnx/);
  await rm(at("home"), { recursive: true });
});

test.run();
