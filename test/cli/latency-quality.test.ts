import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/index.ts";
import { chord } from "../lab/data/made-up-esc50.ts";
import { runCli, TINY_PACK } from "./run-cli.ts";

const folder = await mkdtemp(join(tmpdir(), "listenable-latency-"));
test.after(() => rm(folder, { recursive: true, force: true }));

test("bench latency-quality compares every look-ahead and stride with the offline masks", async () => {
  await writeFile(join(folder, "long.wav"), writeWav([chord(440, 3.2)], 16_000));
  await writeFile(join(folder, "short.wav"), writeWav([chord(330, 1)], 16_000));
  const svg = join(folder, "curves.svg");
  const run = await runCli(
    ...["bench", "latency-quality", "--data", folder, "--pack", TINY_PACK, "--json"],
    ...["--look-ahead", "0,4", "--stride", "2,8", "--lag", "1", "--svg", svg],
  );
  assert.is(run.status, 0, run.stderr);
  const { clips, windows, offline, streams, heard } = JSON.parse(run.stdout);
  assert.is(heard.told, false);
  assert.match(run.stderr, "Pack tiny doesn't say which sounds it has heard");
  assert.equal([clips, windows], [1, 2], "a second is too short for a stream that has begun");
  assert.ok(offline.correlation > 0.9999 && offline.distance === 0);
  assert.equal(
    streams.map(({ stride, lookAhead, delay, latencyMs }: Record<string, number>) => [
      ...[stride, lookAhead, delay],
      Math.round(latencyMs),
    ]),
    [
      [2, 0, 3, 61],
      [2, 4, 7, 93],
      [8, 0, 9, 109],
      [8, 4, 13, 141],
    ],
  );
  for (const { quality } of streams) assert.ok(quality.correlation <= 1.0001 && quality.fidIn <= 1);
  const picture = await readFile(svg, "utf8");
  assert.ok(picture.startsWith("<svg") && picture.includes("stride 8") && !picture.includes("NaN"));
});

test("bench latency-quality: the live masks of a streaming pack are the offline ones, for blocks at once of any number", async () => {
  const pack = ["--data", folder, "--pack", "test/fixtures/tiny-streaming"];
  const run = await runCli("bench", "latency-quality", ...pack, "--stride", "3,4,8", "--lag", "1", "--json");
  assert.is(run.status, 0, run.stderr);
  const { windows, offline, streams } = JSON.parse(run.stdout);
  assert.ok(windows > 0);
  assert.equal(
    streams.map(({ stride, lookAhead, latencyMs }: Record<string, number>) => [
      stride,
      lookAhead,
      Math.round(latencyMs),
    ]),
    [
      [4, 0, 77],
      [8, 0, 109],
    ],
  );
  for (const { quality, ofOffline } of streams) {
    assert.ok(ofOffline.ai === null || Math.abs(ofOffline.ai - 1) < 1e-2);
    assert.ok(Math.abs(ofOffline.fidIn - 1) < 1e-2);
    assert.ok(quality.distance < 1e-5, `${quality.distance}`);
    assert.ok(Math.abs(quality.fidIn - offline.fidIn) < 1e-3 && Math.abs(quality.ai - offline.ai) < 0.1);
  }
  const { status, stderr } = await runCli("bench", "latency-quality", ...pack, "--stride", "2,3");
  assert.is(status, 2);
  assert.match(stderr, "whole blocks of 4 frames");
});

test("bench latency-quality says what is wrong with its lists and its clips", async () => {
  const words = ["bench", "latency-quality", "--data", folder, "--pack", TINY_PACK];
  for (const more of [
    ["--stride", "0"],
    ["--look-ahead", "2,x"],
  ]) {
    const { status, stderr } = await runCli(...words, ...more);
    assert.is(status, 2, stderr);
  }
  await rm(join(folder, "long.wav"), { force: true });
  const { status, stderr } = await runCli(...words);
  assert.is(status, 1);
  assert.match(stderr, "long enough");
});

test.run();
