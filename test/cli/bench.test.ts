import { test } from "uvu";
import * as assert from "uvu/assert";
import { lagBetween } from "../../cli/bench/lag.ts";
import { percentiles } from "../../cli/bench/percentiles.ts";
import { clickTrain } from "../../cli/bench/sounds.ts";
import { runCli, TINY_PACK } from "./run-cli.ts";

const RATE = 48_000;

test("the lag of an echo is found to the sample, whatever its strength and sign", () => {
  const clicks = clickTrain(3, RATE);
  for (const [lag, gain] of [
    [0, 1],
    [777, 0.3],
    [8641, -0.1],
    [40_000, 1],
  ]) {
    const echo = new Float32Array(clicks.length);
    for (let n = lag; n < echo.length; n++) echo[n] = gain * clicks[n - lag];
    assert.is(lagBetween(clicks, echo, RATE)?.samples, lag);
  }
});

test("without an echo there is no lag", () => {
  const clicks = clickTrain(3, RATE);
  assert.is(lagBetween(clicks, new Float32Array(clicks.length), RATE), null);
  assert.is(lagBetween(clicks, clickTrain(3, RATE, 99).reverse(), RATE), null);
});

test("percentiles are values that occurred", () => {
  assert.equal(percentiles([5, 1, 4, 2, 3], [0, 0.5, 0.99, 1]), [1, 3, 5, 5]);
  assert.ok(Number.isNaN(percentiles([], [0.5])[0]));
});

test("bench measures the model in every runtime there is", async () => {
  const run = await runCli(
    "bench",
    "--no-browser",
    "--windows",
    "5",
    "--streams",
    "2",
    "--pack",
    TINY_PACK,
    "--json",
  );
  assert.is(run.status, 0, run.stderr);
  const report = JSON.parse(run.stdout);
  assert.ok(report.engines.length >= 1);
  for (const engine of report.engines) {
    assert.is(engine.windows, 5);
    assert.ok(engine.p50Ms > 0 && engine.p50Ms <= engine.p99Ms);
  }
  assert.is(report.clips.length, report.engines.length);
  for (const clip of report.clips) {
    assert.is(clip.runs, 5, "windows of a second, side by side");
    assert.ok(clip.modelMs > 0 && clip.modelMs < clip.wholeMs);
  }
  assert.is(report.streams.streams, 2);
  assert.ok(report.streams.answered > 0 && report.streams.p50Ms <= report.streams.p99Ms);
  const misused = await runCli("bench", "--no-browser", "--pack", TINY_PACK, "--method", "magic");
  assert.is(misused.status, 2);
});

test("bench --methods puts every method of a pack side by side", async () => {
  const run = await runCli("bench", "--methods", "--windows", "3", "--pack", TINY_PACK, "--json");
  assert.is(run.status, 0, run.stderr);
  const { methods } = JSON.parse(run.stdout);
  assert.equal(
    methods.map((each: { method: string }) => each.method),
    ["bands", "all-ones"],
  );
  assert.ok(methods.every((each: { wasmMs: number }) => each.wasmMs > 0));
  assert.equal(methods[0].passes, null);
  assert.equal(methods[1].passes, { forward: 1, backward: 0 });
});

test.run();
