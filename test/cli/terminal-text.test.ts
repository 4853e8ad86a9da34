// What others wrote (names of files, titles of packs, words of the command line) can neither forge a line nor steer the terminal.
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import { joined, quiet, RATE, tone } from "../monitor/rig.ts";
import { runCli, TINY_PACK, temporaryFolder } from "./run-cli.ts";

const FORGERY = "\nlistenable: forged\x1b]0;owned\x07\x9b2J\u202e";
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/;

const folder = await temporaryFolder();
const pack = join(folder, "pack");
await cp(TINY_PACK, pack, { recursive: true });
const manifest = JSON.parse(await readFile(join(pack, "pack.json"), "utf8"));
manifest.title += FORGERY;
manifest.labels[0] = `low${FORGERY}`;
await writeFile(join(pack, "pack.json"), JSON.stringify(manifest));
const sounds = join(folder, "sounds");
await mkdir(sounds);
const sound = join(sounds, `night${FORGERY.replace("/", "")}.wav`);
await writeFile(sound, writeWav([joined(quiet(3), tone(300, 2), quiet(6))], RATE));
const broken = join(sounds, `broken${FORGERY}.wav`);
await writeFile(broken, "no sound");

function isPlain(text: string): void {
  assert.not.match(text, STEERING);
  assert.not.match(text, /^listenable: forged/m);
}

test("the monitor's lines hold the names of files, packs and classes, and no more lines than events", async () => {
  process.env["TZ"] = "America/St_Johns";
  const { status, stdout, stderr } = await runCli(
    "monitor",
    sounds,
    "--pack",
    pack,
    "--data",
    join(folder, "a"),
  );
  delete process.env["TZ"];
  assert.is(status, 0, stderr);
  isPlain(stdout);
  isPlain(stderr);
  assert.is(stdout.trimEnd().split("\n").length, 1, stdout);
  assert.match(stdout, /low\\nlistenable: forged\\x1b]0;owned\\x07\\x9b2J\\u202e \d+ %/);
  assert.match(
    stdout,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d -0[23]:30 {2}sounds/,
    "the time of the wall, and its offset",
  );
});

test("as JSON the same values stand on one line each", async () => {
  const { stdout } = await runCli("monitor", sounds, "--pack", pack, "--json", "--data", join(folder, "b"));
  isPlain(stdout);
  const [line, ...more] = stdout.trimEnd().split("\n");
  assert.equal(more, []);
  assert.is(JSON.parse(line!).file, sound.slice(sounds.length + 1));
});

test("explain and failures too", async () => {
  const explained = await runCli("explain", sound, "--pack", pack, "--out", join(folder, `out${FORGERY}`));
  assert.is(explained.status, 0, explained.stderr);
  isPlain(explained.stdout + explained.stderr);
  const failures = [
    ["explain", broken, "--out", join(folder, "x"), "--json"],
    ["explain", broken, "--out", join(folder, "x"), "--debug"],
    ["explain", sound, "--out", join(folder, "x"), "--stride", `1${FORGERY}`],
    ["monitor", `nowhere${FORGERY}.wav`, "--data", join(folder, "c")],
  ].map((words) => runCli(...words));
  for (const { status, stdout, stderr } of await Promise.all(failures)) {
    assert.ok(status === 1 || status === 2, `${status}: ${stderr}`);
    isPlain(stdout + stderr);
    assert.match(stderr, /forged/, "it is told of, escaped");
  }
});

test("no complaint about the command line repeats what addresses hold", async () => {
  const secret = /geheim|admin/;
  const failures = [
    ["monitor", "rtsp://admin:ge#geheim@camera.local/live", "--debug", "--data", join(folder, "c")],
    ["monitor", sound, "--webhook", "ftp://admin:geheim@host/geheim", "--data", join(folder, "d")],
    ["monitor", sound, "--mqtt", "mqtt://admin:ge/geheim@broker.local", "--data", join(folder, "d")],
    ["monitor", sound, "--webhok=https://host/geheim?k=admin"],
    ["rtsp://admin:geheim@camera.local/live"],
    ["explain", "http://radio.local/geheim", "--out", join(folder, "d"), "--pack", "http://host/geheim"],
  ].map((words) => runCli(...words));
  for (const { status, stdout, stderr } of await Promise.all(failures)) {
    assert.ok(status === 1 || status === 2, `${status}: ${stderr}`);
    assert.not.match(stdout + stderr, secret);
  }
});

test.run();
