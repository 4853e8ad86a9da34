import { link, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { checkSound } from "../../../lab/data/check-sound.ts";
import { findBackgrounds, findSentences, findSounds } from "../../../lab/data/sound-folder.ts";

const test = suite<{ folder: string }>("folders of sounds");
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), "listenable-sounds-"));
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

const tone = (seconds: number, rate = 16000) =>
  Float32Array.from({ length: seconds * rate }, (_, n) => 0.5 * Math.sin(n / 10));

async function put(folder: string, file: string, bytes: Uint8Array | string = writeWav([tone(1)], 16000)) {
  const path = join(folder, file);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it went through");
}

const ESC50 = `filename,fold,target,category,esc10,src_file,take
1-100-A-0.wav,1,0,dog,True,100,A
1-200-A-10.wav,1,0,dog,True,200,A
2-300-A-10.wav,2,10,rain,True,300,A
`;
const URBAN = `slice_file_name,fsID,start,end,salience,fold,classID,class
100032-3-0-0.wav,100032,0.0,0.31,1,5,3,dog_bark
100263-2-0-117.wav,100263,58.5,62.5,1,10,2,children_playing
100264-1-0-1.wav,100264,58.5,62.5,1,10,2,children_playing
`;

test("ESC-50 is known by its table, also in the folder that its archive unpacks to", async ({ folder }) => {
  await put(folder, "ESC-50-master/meta/esc50.csv", ESC50);
  for (const root of [folder, join(folder, "ESC-50-master")]) {
    const found = await findSounds(root, 2);
    assert.is(found.layout, "ESC-50");
    assert.equal(found.sounds, [
      {
        name: "2-300-A-10.wav",
        path: join(folder, "ESC-50-master", "audio", "2-300-A-10.wav"),
        label: "rain",
      },
    ]);
  }
});

test("a clip whose name contradicts the table is refused with the reason", async ({ folder }) => {
  await put(folder, "meta/esc50.csv", ESC50);
  const { sounds, refused } = await findSounds(folder, 1);
  assert.equal(
    sounds.map(({ name }) => name),
    ["1-100-A-0.wav"],
  );
  assert.is(refused.length, 1);
  assert.match(refused[0], "mislabelled: its name says fold 1 and target 10");
});

test("a fold that does not exist is refused with those that do", async ({ folder }) => {
  await put(folder, "meta/esc50.csv", ESC50);
  assert.match(await refusal(() => findSounds(folder, 7)), "no clips of fold 7; it has the folds 1, 2");
});

test("UrbanSound8K lies in folders of folds", async ({ folder }) => {
  await put(folder, "metadata/UrbanSound8K.csv", URBAN);
  const all = await findSounds(folder);
  assert.is(all.layout, "UrbanSound8K");
  assert.equal(all.sounds[0], {
    name: "100032-3-0-0.wav",
    path: join(folder, "audio", "fold5", "100032-3-0-0.wav"),
    label: "dog_bark",
  });
  const tenth = await findSounds(folder, 10);
  assert.is(tenth.sounds.length, 1);
  assert.match(tenth.refused[0], "mislabelled");
});

test("UrbanSound8K's class may also stand under class_name", async ({ folder }) => {
  await put(folder, "metadata/UrbanSound8K.csv", URBAN.replace("classID,class", "classID,class_name"));
  assert.is((await findSounds(folder)).sounds[0].label, "dog_bark");
});

test("backgrounds are files and folders; what stands for the unknown is none", async ({ folder }) => {
  const street = await put(folder, "street.wav");
  const unknown = await put(folder, "camel_01.wav");
  await put(folder, "rooms/hall.wav");
  await put(folder, "rooms/owl_hoot.wav");
  const found = await findBackgrounds([street, unknown, join(folder, "rooms")]);
  assert.equal(
    found.map(({ name }) => name),
    ["street.wav", "hall.wav"],
  );
  assert.match(await refusal(() => findBackgrounds([unknown])), "stand for the unknown");
  assert.match(
    await refusal(() => findBackgrounds([join(folder, "nowhere")])),
    /no file or folder .*nowhere/,
  );
});

test("any other folder is searched to its depths, without labels", async ({ folder }) => {
  await put(folder, "b/second.flac", "x");
  await put(folder, "first.WAV");
  await put(folder, "notes.txt", "no sound");
  await put(folder, "b/._second.wav", "what macOS leaves behind");
  const { layout, sounds } = await findSounds(folder);
  assert.is(layout, "a folder of sounds");
  assert.equal(sounds, [
    { name: "b/second.flac", path: join(folder, "b/second.flac") },
    { name: "first.WAV", path: join(folder, "first.WAV") },
  ]);
  assert.match(await refusal(() => findSounds(folder, 1)), "leave --fold out");
});

test("links that lead in circles and second names list no sound twice; a name that is no UTF-8 is told", async ({
  folder,
}) => {
  const path = await put(folder, "a.wav");
  await link(path, join(folder, "b.wav"));
  for (const name of ["l1", "l2"]) await symlink(".", join(folder, name));
  if (process.platform === "linux") await writeFile(Buffer.from(`${folder}/caf\xe9.wav`, "latin1"), "x");
  const { sounds, refused } = await findSounds(folder);
  assert.equal(
    sounds.map(({ name }) => name),
    ["a.wav"],
  );
  if (process.platform !== "linux") return;
  assert.is(refused.length, 1);
  assert.match(refused[0], "caf\\xE9.wav: its name is no UTF-8; rename it");
});

test("an empty folder and a missing one say what would do", async ({ folder }) => {
  assert.match(await refusal(() => findSounds(folder)), "holds no sound files; it may be ESC-50");
  assert.match(await refusal(() => findSounds(join(folder, "nowhere"))), "there is no folder");
  const file = await put(folder, "a.wav");
  assert.match(await refusal(() => findSounds(file)), "is a file");
});

test("LJSpeech is found from above, from its folder and from its sounds", async ({ folder }) => {
  const wavs = join(folder, "LJSpeech-1.1", "wavs");
  await put(wavs, "LJ001-0001.wav");
  await put(folder, "LJSpeech-1.1/metadata.csv", "");
  for (const root of [folder, join(folder, "LJSpeech-1.1"), wavs]) {
    const { layout, sounds } = await findSentences(root);
    assert.is(layout, "LJSpeech");
    assert.equal(sounds, [{ name: "LJ001-0001.wav", path: join(wavs, "LJ001-0001.wav") }]);
  }
});

test("silent, short and broken files are told apart, sound ones have a hash of their samples", async ({
  folder,
}) => {
  const reason = async (file: string, bytes: Uint8Array | string) => {
    const check = await checkSound(await put(folder, file, bytes));
    assert.is(check.usable, false);
    return check.usable ? "" : check.reason;
  };
  assert.match(await reason("silent.wav", writeWav([new Float32Array(16000)], 16000)), "silent");
  assert.match(await reason("short.wav", writeWav([tone(0.05)], 16000)), "too short: 50 ms");
  assert.match(await reason("text.wav", "hello"), "text.wav");
  assert.match(await reason("empty.wav", ""), "empty.wav");
  const missing = await checkSound(join(folder, "missing.wav"));
  assert.is(missing.usable, false);

  const hashes = new Set<string>();
  for (const [file, sound] of [
    ["a.wav", tone(1)],
    ["b.wav", tone(1)],
    ["c.wav", tone(0.9)],
  ] as const) {
    const check = await checkSound(await put(folder, file, writeWav([sound], 16000)));
    assert.ok(check.usable);
    hashes.add(check.hash);
  }
  assert.is(hashes.size, 2);
});

test.run();
