// What a pack says of the sounds that it has heard: written from its trainings, read by whoever judges it.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { checkSound, readSound } from "../../../lab/data/check-sound.ts";
import { HEARD_FILE, readHeard, type TrainingHeard, writeHeard } from "../../../lab/data/heard-sounds.ts";
import { Random } from "../../../lab/data/random.ts";
import { soundHash } from "../../../lab/data/sound-hash.ts";
import { MODEL_RATE } from "../../../lab/networks/own-shape.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { PackError } from "../../../models/pack/pack.ts";
import { explainingFiles } from "../../../models/pack/pack-files.ts";

const test = suite("heard sounds");
const TINY = "test/fixtures/tiny-pack";
let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "listenable-heard-"));
});
test.after(() => rm(folder, { recursive: true }));

const random = new Random(3);
const sounds = (count: number) =>
  Array.from({ length: count }, () => soundHash(Float32Array.from({ length: 50 }, () => random.uniform())));

async function packThatHeard(name: string, ...trainings: TrainingHeard[]): Promise<string> {
  await cp(TINY, at(name), { recursive: true });
  await writeHeard(at(name), trainings);
  return at(name);
}
const read = async (pack: string) => readHeard(await openPackFolder(pack));
const failure = (pack: string) => read(pack).then(String, (error: Error) => error);

test("a pack remembers what any of its trainings heard, in six bytes a sound", async () => {
  const [first, second, others] = [sounds(300), sounds(200), sounds(1000)];
  const pack = await packThatHeard(
    "both",
    { name: "classifier", heard: [...first, first[0]] },
    { name: "lmac", heard: [...first, ...second] },
  );
  const heard = (await read(pack))!;
  assert.is(heard.size, 500);
  assert.equal(heard.unknown, []);
  assert.ok([...first, ...second].every((hash) => heard.has(hash)));
  assert.not.ok(others.some((hash) => heard.has(hash)));
  const { length } = await readFile(join(pack, HEARD_FILE));
  assert.ok(length < 500 * 8 + 200, `${length} bytes`);
});

test("trainings that don't say what they heard are named, and where none says it there is no file", async () => {
  const known = { name: "lmac", heard: sounds(3) };
  const pack = await packThatHeard("one", { name: "classifier" }, known);
  assert.equal((await read(pack))!.unknown, ["classifier"]);
  // The same folder, a pack that says nothing: what lay there is not its.
  await writeHeard(pack, [{ name: "classifier" }]);
  assert.is(await read(pack), undefined);
  assert.is(await read(TINY), undefined);
});

test("a file that is cut, wrong or another pack's is an error that names it", async () => {
  const pack = await packThatHeard("broken", { name: "classifier", heard: sounds(40) });
  const file = join(pack, HEARD_FILE);
  const whole = await readFile(file, "utf8");
  const json = JSON.parse(whole);
  const changed = (change: object) => JSON.stringify({ ...json, ...change });
  for (const [text, why] of [
    [whole.slice(0, -100), /is not JSON/],
    ["", /is not JSON/],
    ["[]", /format/],
    [changed({ format: 2 }), /format/],
    [changed({ sounds: "no base64!" }), /sounds/],
    [changed({ sounds: json.sounds.slice(0, -8) }), /holds 39 sounds where it says 40/],
    [changed({ sounds: json.sounds.slice(0, -4) }), /where it says 40/],
    [changed({ count: 41 }), /holds 40 sounds where it says 41/],
  ] as const) {
    await writeFile(file, text);
    const error = await failure(pack);
    assert.instance(error, PackError, text);
    assert.is((error as PackError).code, "model-broken");
    assert.match((error as PackError).message, file);
    assert.match((error as PackError).message, why);
  }
  await writeFile(file, whole);
  await cp(join(pack, "all-ones.onnx"), join(pack, "bands.onnx"));
  assert.match(String(await failure(pack)), "other weights");
});

test("the released pack says what it has heard, and nobody who explains with it fetches that", async () => {
  const opened = await openPackFolder("models/packs/everyday");
  const heard = (await readHeard(opened))!;
  assert.is(heard.size, 2414);
  assert.equal(heard.unknown, []);
  assert.not.ok(explainingFiles(opened.pack).includes(HEARD_FILE));
  assert.is(await read("models/packs/esc10-speech"), undefined);
});

// Released packs know their sounds by these numbers: whoever changes how sounds are read gives the file another format, so that
// none of them is taken for new.
test("a sound is told by the same hash as ever, resampled and mixed, and whichever channel is measured", async () => {
  let state = 1;
  const noise = () =>
    Float32Array.from({ length: 44_100 }, () => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state / 2 ** 31 - 0.5;
    });
  await writeFile(at("stereo.wav"), writeWav([noise(), noise()], 44_100));
  const hash = soundHash(await readSound(at("stereo.wav"), MODEL_RATE));
  assert.is(hash, "1bc68175cd1926f8");
  assert.is(soundHash(await readSound("test/fixtures/sound/plain.mp3", MODEL_RATE)), "37eb919541877382");
  const left = await checkSound(at("stereo.wav"), MODEL_RATE, "left");
  assert.ok(left.usable && left.heardAs === hash);
});

test.run();
