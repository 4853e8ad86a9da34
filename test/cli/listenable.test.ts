import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/index.ts";
import { withoutPackage } from "../without-package.ts";
import { runCli, runCliOn, TINY_PACK, temporaryFolder } from "./run-cli.ts";

test("help lists the commands, and every command has help with examples", async () => {
  const { status, stdout } = await runCli("--help");
  assert.is(status, 0);
  const names = [...stdout.slice(stdout.indexOf("Commands:")).matchAll(/^ {2}(\w+) /gm)].map(
    (match) => match[1],
  );
  for (const name of ["explain", "version"]) assert.ok(names.includes(name), `${name} is not listed`);
  for (const name of names.filter((each) => each !== "help")) {
    const help = await runCli(name, "--help");
    assert.is(help.status, 0);
    assert.match(help.stdout, /Examples?:\n {2}\$ listenable /, `${name} --help has no example`);
  }
});

test("without onnxruntime-node everything but training works", async () => {
  const without = ["--import", withoutPackage("onnxruntime-node")];
  const folder = await temporaryFolder();
  const recording = join(folder, "tone.wav");
  await writeFile(recording, writeWav([new Float32Array(16_000).map((_, n) => Math.sin(n / 5))], 16_000));
  const out = join(folder, "explained");
  const explained = await runCliOn(
    without,
    "explain",
    recording,
    "--pack",
    TINY_PACK,
    "--out",
    out,
    "--json",
  );
  assert.is(explained.status, 0, explained.stderr);
  assert.match(JSON.parse(explained.stdout).runtime, /onnxruntime-web/);
  await rm(folder, { recursive: true });
});

test("no command at all is a misuse that shows the help on standard error", async () => {
  const { status, stdout, stderr } = await runCli();
  assert.is(status, 2);
  assert.is(stdout, "");
  assert.match(stderr, /Usage: listenable/);
});

test("unknown commands and options are a misuse", async () => {
  const command = await runCli("frobnicate");
  assert.is(command.status, 2);
  assert.match(command.stderr, /unknown command 'frobnicate'/);
  const option = await runCli("version", "--loud");
  assert.is(option.status, 2);
  assert.match(option.stderr, /unknown option '--loud'/);
});

test("version as text and as JSON", async () => {
  const text = await runCli("version");
  assert.match(text.stdout, /^listenable \d+\.\d+\.\d+\nnode \d+/);
  const json = JSON.parse((await runCli("version", "--json")).stdout);
  assert.is(json.node, process.versions.node);
  assert.is((await runCli("--version")).stdout.trim(), json.listenable);
});

test("errors are JSON with --json and have a stack only with --debug", async () => {
  const words = ["explain", "no-such-file.wav", "--out", "nowhere", "--pack", "test/fixtures/tiny-pack"];
  const json = await runCli(...words, "--json");
  assert.is(json.status, 1);
  assert.match(JSON.parse(json.stderr).error.message, /no-such-file\.wav/);
  const debug = await runCli(...words, "--debug");
  assert.is(debug.status, 1);
  assert.match(debug.stderr, /\n\s+at /);
});

test.run();
