/** `add` and `packs` as they are called; what they do is tested in `test/lab/gallery`. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addPack } from "../../lab/gallery/add-pack.ts";
import { entryOf, publish, publishedFile } from "../lab/gallery/published.ts";
import { COMMAND, runCli } from "./run-cli.ts";

const test = suite("add and packs");
const home = await mkdtemp(join(tmpdir(), "listenable-home-"));
const before = process.env["LISTENABLE_HOME"];
test.before(() => {
  process.env["LISTENABLE_HOME"] = home;
});
test.after(async () => {
  if (before === undefined) delete process.env["LISTENABLE_HOME"];
  else process.env["LISTENABLE_HOME"] = before;
  await rm(home, { recursive: true });
});

test("add lists what can be added, with licences", async () => {
  const { stdout, status } = await runCli("add");
  assert.is(status, 0);
  assert.match(stdout, /^yamnet +YAMNet +Apache-2\.0 +521 +0\.975 s +fetched, 3\.9 MiB$/m);
  assert.match(stdout, /^birdnet +BirdNET 2\.4 +CC-BY-NC-SA-4\.0 .*--from FILE/m);
  const listed = JSON.parse((await runCli("add", "--json")).stdout) as { name: string }[];
  assert.equal(listed.map(({ name }) => name).slice(0, 2), ["yamnet", "ast"]);
});

test("the licence is told before anything is fetched, and a wrong file is refused by its sum", async () => {
  const asked: (string | undefined)[] = [];
  const server = await publish(({ url }, response) => {
    asked.push(url);
    response.end("something else");
  });
  try {
    const { stderr, status } = await runCli("add", "yamnet", "--from", `${server.address}?token=secret`);
    assert.is(status, 1);
    assert.match(
      stderr,
      /YAMNet, by Google.*\n.*Licence: Apache-2\.0\.\n[\s\S]*broke off after 14 of 4126810 bytes/,
    );
    assert.not.match(stderr, /secret/);
    assert.is(asked.length, 1);
  } finally {
    await server.close();
  }
  const { stderr, status } = await runCli("add", "birdnet");
  assert.is(status, 2);
  assert.match(stderr, /BirdNET 2\.4 has to be brought: --from FILE/);
  assert.match((await runCli("add", "nothing")).stderr, /no "nothing" in the gallery; there is: yamnet/);
  assert.equal(await readdir(join(home, "adding")), []);
});

test("Ctrl+C while it is fetched leaves nothing behind", async () => {
  let child: ReturnType<typeof spawn> | undefined;
  const server = await publish((_, response) => {
    response.write(Buffer.alloc(1000), () => child?.kill("SIGINT"));
  });
  try {
    const ended = await new Promise<number | null>((resolve) => {
      child = spawn(process.execPath, [...COMMAND, "add", "yamnet", "--from", server.address]);
      child.on("close", resolve);
    });
    assert.is(ended, 130);
    assert.equal(await readdir(join(home, "adding")), []);
  } finally {
    await server.close();
  }
});

test("packs lists, verifies and removes; every command finds what was added by its name", async () => {
  assert.match((await runCli("packs")).stdout, /^everyday +.*Apache-2\.0 .* comes with Listenable$/m);
  assert.match((await runCli("packs", "verify")).stdout, /no pack was added/);
  const from = join(home, "wave.tflite");
  const file = await publishedFile();
  await writeFile(from, file);
  const { out } = await addPack(entryOf(file, ""), { from });
  assert.is(out, join(home, "packs", "wave"));
  assert.match((await runCli("packs")).stdout, /^wave +Wave +CC0-1\.0 .*wave\.tflite, \d{4}-\d\d-\d\d$/m);
  assert.match((await runCli("packs", "verify")).stdout, /^wave: as it was added$/m);
  const sound = "test/fixtures/dsp/tone.flac";
  const words = ["--pack", "wave", "--out", join(home, "explained"), "--json"];
  const explained = await runCli("explain", sound, ...words);
  assert.is(explained.status, 0, explained.stderr);

  await writeFile(join(out, "weights.bin"), "gone bad");
  const bad = await runCli("packs", "verify", "wave", "--json");
  assert.is(bad.status, 1);
  assert.equal(JSON.parse(bad.stdout), [{ name: "wave", problems: ["weights.bin is not as it was added"] }]);
  assert.match(bad.stderr, /packs remove wave, and add again/);
  assert.is((await runCli("packs", "remove", "wave")).stdout, "removed: wave\n");
  const none = await runCli("packs", "remove", "wave");
  assert.equal([none.status, /no pack "wave" was added/.test(none.stderr)], [2, true]);
  assert.is((await runCli("packs", "remove", "everyday")).status, 2);
});

test.run();
