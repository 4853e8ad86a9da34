// Thresholds are chosen on sounds that a run has not heard, and on none that figures are measured on.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { readSound } from "../../../lab/data/check-sound.ts";
import { soundHash } from "../../../lab/data/sound-hash.ts";
import { heldOutThresholds } from "../../../lab/evaluation/held-out/thresholds.ts";
import { MODEL_RATE } from "../../../lab/networks/own-shape.ts";
import { saveWeights, weightsIn } from "../../../lab/training/weights-file.ts";
import { chord, writeMadeUpEsc50 } from "../data/made-up-esc50.ts";
import { classifierValues, form, shape } from "../networks/small-stream.ts";

const test = suite("held-out thresholds");
const LABELS = ["dog", "rain", "speech", "rooster", "music"];
let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

async function soundIn(where: string, name: string, fundamental: number): Promise<void> {
  await mkdir(at(where), { recursive: true });
  await writeFile(at(where, name), writeWav([chord(fundamental, 1.5)], MODEL_RATE));
}

/** A run that has heard the clips of fold 1 and one of the voices. */
async function savedRun(name: string, settings: Record<string, unknown>, heard?: string[]): Promise<string> {
  await mkdir(at(name), { recursive: true });
  const learnt = ["dog", "rooster", "rain"].map((_, k) => `1-${1000 + 20 * k}-A-${[0, 1, 10][k]}.wav`);
  const attributions = learnt.map((file) => ({ file, licence: "CC0", author: "", title: "", url: "" }));
  const meta = {
    ...({ kind: "stream-classifier", labels: LABELS, answers: "independent", shape } as const),
    ...{ categories: [], credits: [], attributions, settings, heard },
  };
  await saveWeights(weightsIn(at(name)), meta, classifierValues);
  return at(name);
}

test.before(async () => {
  assert.is(form.answers, "independent");
  folder = await mkdtemp(join(tmpdir(), "listenable-held-out-"));
  await writeMadeUpEsc50(at("esc50"), { folds: [1, 2], clips: 1, seconds: 1.5 });
  await soundIn("voices", "known.wav", 700);
  await soundIn("voices", "new.wav", 900);
  for (const [k, name] of ["zebra", "camel_01", "jet_land"].entries()) {
    await soundIn("other", `${name}.wav`, 2_000 + 100 * k);
  }
});
test.after(() => rm(folder, { recursive: true }));

const options = (classifier: string, out: string) => ({
  ...{ classifier, data: at("esc50"), folds: [1, 2], speech: [at("voices")], unknown: [at("other")] },
  out: at(out),
});

test("what the run has heard is left out, and of the collection all but what it spared", async () => {
  const known = soundHash(await readSound(at("voices", "known.wav"), MODEL_RATE));
  const run = await savedRun("spared", { spare: true }, [known]);
  const notices: string[] = [];
  const result = await heldOutThresholds(options(run, "thresholds.json"), {
    onNotice: (line) => notices.push(line),
  });
  assert.match(notices.join("\n"), /known\.wav: it was heard in training/);
  assert.match(notices.join("\n"), /3 of 6 clips were heard/);
  const { groups, unknown, pairs } = result.asTheyAre;
  assert.equal(
    groups.map(({ name, right }) => [name, right.of]),
    [
      ["known classes", 3],
      ["speech", 1],
    ],
  );
  assert.equal(
    unknown.map(({ source, label }) => [source, label]),
    [["other", "zebra"]],
  );
  assert.is(pairs!.atSomeTime.of, 3);
  assert.ok(result.chosen.unknownTaken.right <= 0.1 * result.chosen.unknownTaken.of);
  const written = JSON.parse(await readFile(at("thresholds.json"), "utf8"));
  assert.equal(written, result.thresholds);
  assert.equal(Object.keys(written), LABELS);
  const values = Object.values<number>(written);
  assert.ok(values.every((value) => value >= 0.05 && value <= 1));
  assert.match(await readFile(at("thresholds.md"), "utf8"), "Two sounds at once");
});

test("a run that spared nothing is judged on known sounds without their class, and that is said", async () => {
  const run = await savedRun("plain", {});
  const { notes, chosen } = await heldOutThresholds({ ...options(run, "plain.json"), asTheyAre: true });
  assert.match(notes.join("\n"), /was not told to spare anything/);
  assert.match(notes.join("\n"), /doesn't say which sounds it has heard/);
  assert.match(notes.join("\n"), /known sounds without their class stand in/);
  assert.is(chosen.unknownTaken.of, chosen.accepted.of);
  assert.ok(chosen.unknownTaken.right <= 0.1 * chosen.unknownTaken.of);
});

test("a fold that was heard as a whole holds nothing out", async () => {
  const run = await savedRun("again", {});
  const refused = await heldOutThresholds({ ...options(run, "x.json"), folds: [1] }).catch((error) => error);
  assert.match(refused.message, "heard all of their clips");
});

test.run();
