import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { isFreelyLicensed, readEsc50 } from "../../../lab/data/esc50.ts";
import { loadSoundSet } from "../../../lab/data/sound-sets.ts";

const test = suite<{ folder: string }>("ESC-50");

const TABLE = `filename,fold,target,category,esc10,src_file,take
1-100-A-0.wav,1,0,dog,True,100,A
1-200-B-3.wav,1,3,cow,False,200,B
2-300-A-10.wav,2,10,rain,True,300,A
`;
const LICENCES = `Dataset licence

101 - Dog:
- [1-100-A.ogg]: clip derived from bark (one).wav (http://www.freesound.org/people/x/sounds/100/) by An Author [CC-BY]
- [1-200-B.ogg]: clip derived from moo.wav (http://www.freesound.org/people/y/sounds/200/) by Other [CC-BY-NC]
`;

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), "listenable-esc50-"));
  await mkdir(join(context.folder, "meta"));
  await mkdir(join(context.folder, "audio"));
  await writeFile(join(context.folder, "meta", "esc50.csv"), TABLE);
  await writeFile(join(context.folder, "LICENSE"), LICENCES);
  const tone = Float32Array.from({ length: 44100 }, (_, n) => 0.5 * Math.sin(n / 10));
  for (const file of ["1-100-A-0.wav", "1-200-B-3.wav"]) {
    await writeFile(join(context.folder, "audio", file), writeWav([tone], 44100));
  }
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it went through");
}

test("clips carry their fold, class and licence", async ({ folder }) => {
  const [dog, cow, rain] = await readEsc50(folder);
  assert.is(dog.fold, 1);
  assert.is(dog.esc10, true);
  assert.equal(dog.licence, {
    name: "CC-BY",
    author: "An Author",
    title: "bark (one).wav",
    url: "http://www.freesound.org/people/x/sounds/100/",
  });
  assert.is(isFreelyLicensed(dog), true);
  assert.is(isFreelyLicensed(cow), false);
  assert.is(isFreelyLicensed(rain), false, "a clip without a licence line is not free");
});

test("the published 44.1 kHz recordings come at the model's rate; only free clips when asked", async ({
  folder,
}) => {
  const options = { data: folder, folds: [1], without: [] };
  const all = await loadSoundSet({ ...options, freeOnly: false });
  assert.equal(
    all.sounds.map(({ label, samples }) => [label, samples.length]),
    [
      ["dog", 16000],
      ["cow", 16000],
    ],
  );
  const free = await loadSoundSet({ ...options, freeOnly: true });
  assert.equal(
    free.sounds.map(({ label }) => label),
    ["dog"],
  );
});

test("a missing file is left out with its name, the others are loaded", async ({ folder }) => {
  const set = await loadSoundSet({ data: folder, folds: [1, 2], without: [], freeOnly: false });
  assert.is(set.sounds.length, 2);
  assert.is(set.skipped.length, 1);
  assert.match(set.skipped[0], "2-300-A-10.wav");
});

test("what is not there is said: layout, column, fold, category", async ({ folder }) => {
  const base = { data: folder, folds: [1], without: [], freeOnly: false };
  assert.match(await refusal(() => readEsc50(join(folder, "nowhere"))), "official layout");
  assert.match(await refusal(() => loadSoundSet({ ...base, folds: [5] })), /fold 5; it has the folds 1, 2/);
  assert.match(await refusal(() => loadSoundSet({ ...base, without: ["unicorn"] })), "unicorn");
  await writeFile(join(folder, "meta", "esc50.csv"), "filename,fold\na.wav,1\n");
  assert.match(await refusal(() => readEsc50(folder)), 'no column "target"');
});

test.run();
