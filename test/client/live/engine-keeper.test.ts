import { test } from "uvu";
import * as assert from "uvu/assert";
import { backOffMs } from "../../../client/live/back-off.ts";
import { EngineKeeper, type KeeperState } from "../../../client/live/engine-keeper.ts";
import type { Problem } from "../../../client/live/live-explainer.ts";
import { PackError } from "../../../models/pack.ts";
import { EngineError } from "../../../protocol/engine.ts";
import { FakeEngine, settled } from "./fakes.ts";

const window = { firstFrame: 0, magnitudes: new Float32Array(8) };

/** A keeper with engines of the given speeds; an error in place of a speed refuses to open. */
function rig(speeds: { local: number | Error; remote: number | Error | null }) {
  const clock = { now: 0 };
  const engines: FakeEngine[] = [];
  const states: KeeperState[] = [];
  const notices: (string | null)[] = [];
  const problems: Problem[] = [];
  const waits: { ms: number; done: () => void }[] = [];
  const open = (kind: "local" | "remote") => async (method: string | undefined) => {
    const speed = speeds[kind];
    if (speed instanceof Error || speed === null) throw speed;
    const engine = new FakeEngine(kind, clock, speed, method);
    engines.push(engine);
    return engine;
  };
  const keeper = new EngineKeeper({
    factories: { local: open("local"), remote: speeds.remote === null ? null : open("remote") },
    shape: { windowFrames: 4, bins: 2, strideFrames: 2 },
    strideMs: 64,
    onEngine: (state) => states.push(state),
    onNotice: (notice) => notices.push(notice),
    onProblem: (problem) => problems.push(problem),
    now: () => clock.now,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        waits.push({ ms, done: resolve });
        signal.addEventListener("abort", () => resolve());
      }),
    random: () => 0.5,
  });
  const live = () => engines.filter(({ closed }) => !closed).map(({ kind }) => kind);
  /** Lets the next attempt to reach the server happen. */
  const retry = async () => {
    waits.shift()?.done();
    for (let n = 0; n < 5; n++) await settled();
  };
  return { keeper, speeds, engines, states, notices, problems, waits, live, retry };
}

test("auto takes the server when it is faster, and keeps the local engine ready", async () => {
  const { keeper, states, live, notices } = rig({ local: 20, remote: 5 });
  await keeper.select("auto", undefined);
  assert.equal(states, [{ kind: "remote", description: "fake remote", warmUpMs: 5 }]);
  assert.equal(live(), ["local", "remote"]);
  assert.equal(notices, [null]);
  await keeper.close();
  assert.equal(live(), []);
});

test("auto takes the local engine when it is faster, and lets the server go", async () => {
  const { keeper, states, live } = rig({ local: 20, remote: 30 });
  await keeper.select("auto", undefined);
  assert.is(states[0].kind, "local");
  assert.equal(live(), ["local"]);
});

test("auto takes a slower server when this device can't keep the stride", async () => {
  const { keeper, states } = rig({ local: 65, remote: 80 });
  await keeper.select("auto", undefined);
  assert.is(states[0].kind, "remote");
});

test("auto uses whichever engine there is, and tells why; with none the local reason is thrown", async () => {
  const missing = new PackError("no such pack", "model-missing");
  const gone = new EngineError("lost", "nobody there");
  const local = rig({ local: 10, remote: gone });
  await local.keeper.select("auto", undefined);
  assert.is(local.states[0].kind, "local");
  assert.equal(local.notices, ["nobody there"]);
  const remote = rig({ local: missing, remote: 10 });
  await remote.keeper.select("auto", undefined);
  assert.is(remote.states[0].kind, "remote");
  const none = rig({ local: missing, remote: gone });
  const error = await none.keeper.select("auto", undefined).catch((reason) => reason);
  assert.is(error.code, "model-missing");
  const alone = rig({ local: 10, remote: null });
  await alone.keeper.select("auto", undefined);
  assert.is(alone.states[0].kind, "local");
});

test("problems have the code that the page has a sentence for", async () => {
  for (const [code, expected] of [
    ["lost", "server-gone"],
    ["timeout", "server-gone"],
    ["refused", "server-refused"],
    ["failed", "engine-failed"],
  ] as const) {
    const { keeper } = rig({ local: 1, remote: new EngineError(code, "x") });
    assert.is((await keeper.select("remote", undefined).catch((error) => error)).code, expected);
  }
  const nowhere = await rig({ local: 1, remote: null })
    .keeper.select("remote", undefined)
    .catch((error) => error);
  assert.is(nowhere.code, "server-gone");
});

test("when the server is lost, the very next window is answered here, and the server is tried with growing pauses", async () => {
  const { keeper, speeds, engines, states, notices, waits, live, retry } = rig({ local: 20, remote: 5 });
  await keeper.select("auto", undefined);
  const remote = engines.find(({ kind }) => kind === "remote") as FakeEngine;
  remote.error = new EngineError("lost", "connection lost");
  assert.is(await keeper.explain(window), null);
  assert.ok(await keeper.explain(window), "the local engine has taken over");
  assert.is(states.at(-1)?.kind, "local");
  assert.match(String(notices.at(-1)), "connection lost");
  assert.equal(live(), ["local"]);

  speeds.remote = new EngineError("lost", "still gone");
  for (const expected of [1_000, 2_000, 4_000]) {
    assert.is(waits[0].ms, expected);
    await retry();
  }
  assert.ok(await keeper.explain(window));
  speeds.remote = 5;
  await retry();
  assert.is(states.at(-1)?.kind, "remote");
  assert.is(notices.at(-1), null);
  assert.equal(live(), ["local", "remote"]);
  assert.equal(waits, []);

  // Back, but slower than this device: measured anew and let go.
  engines.findLast(({ kind }) => kind === "remote")!.error = new EngineError("timeout", "silent");
  await keeper.explain(window);
  speeds.remote = 50;
  await retry();
  assert.is(states.at(-1)?.kind, "local");
  assert.equal(live(), ["local"]);
});

test("a server that was asked for is tried a few times, then it is a problem", async () => {
  const { keeper, speeds, engines, problems, live, retry, waits } = rig({ local: 20, remote: 5 });
  await keeper.select("remote", undefined);
  engines[0].error = new EngineError("lost", "connection lost");
  await keeper.explain(window);
  assert.is(await keeper.explain(window), null, "no engine meanwhile");
  speeds.remote = new EngineError("lost", "still gone");
  for (let n = 0; n < 5; n++) {
    assert.equal(problems, []);
    await retry();
  }
  assert.equal(problems, [{ code: "server-gone", detail: "connection lost" }]);
  assert.equal(waits, []);
  assert.equal(live(), []);
});

test("single failures are forgiven, three in a row are not", async () => {
  const { keeper, engines, problems } = rig({ local: 20, remote: null });
  await keeper.select("local", undefined);
  const failed = new EngineError("failed", "out of memory");
  for (const error of [failed, failed, null, failed, failed]) {
    engines[0].error = error;
    await keeper.explain(window);
  }
  assert.equal(problems, []);
  engines[0].error = failed;
  await keeper.explain(window);
  assert.equal(problems, [{ code: "engine-failed", detail: "out of memory" }]);
  assert.ok(engines[0].closed);
});

test("another method or choice: the old engine answers until the new one does, and goes on if there is none", async () => {
  const { keeper, speeds, engines, live, states } = rig({ local: 20, remote: 5 });
  await keeper.select("local", "lmac");
  const change = keeper.select("local", "saliency");
  assert.ok(await keeper.explain(window));
  await change;
  assert.equal(
    engines.map(({ method, closed }) => [method, closed]),
    [
      ["lmac", true],
      ["saliency", false],
    ],
  );
  speeds.remote = new EngineError("refused", "full");
  assert.is((await keeper.select("remote", "lmac").catch((error) => error)).code, "server-refused");
  assert.ok(await keeper.explain(window));
  assert.equal(live(), ["local"]);
  assert.is(states.length, 2);
});

test("of several requests only the newest is carried out, and nothing stays open of the others", async () => {
  const { keeper, engines, live } = rig({ local: 20, remote: 5 });
  const requests = ["a", "b", "c"].map((method) =>
    keeper.select("auto", method).catch((error) => error.name),
  );
  assert.equal(await Promise.all(requests), ["AbortError", "AbortError", undefined]);
  await settled();
  assert.equal(live(), ["local", "remote"]);
  assert.ok(engines.filter(({ closed }) => !closed).every(({ method }) => method === "c"));
  const late = keeper.select("auto", "d").catch((error) => error.name);
  await keeper.close();
  assert.is(await late, "AbortError");
  await settled();
  assert.equal(live(), []);
});

test("warm-up sends windows that follow on one another, as a live stream does", async () => {
  const { keeper, engines } = rig({ local: 20, remote: null });
  await keeper.select("local", undefined);
  const { windows } = engines[0];
  assert.equal(
    windows.map(({ firstFrame }) => firstFrame),
    [0, 2, 4, 6, 8, 10],
  );
  // Two frames of two bins on, the rest is the same.
  assert.equal(windows[0].magnitudes.slice(4), windows[1].magnitudes.slice(0, 4));
  assert.ok(windows[0].magnitudes.every((value) => value >= 0 && value < 4));
});

test("pauses double up to half a minute and are spread", () => {
  assert.equal(
    [0, 1, 2, 3, 4, 5, 6, 1_000].map((attempt) => backOffMs(attempt, () => 0.5)),
    [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
  );
  assert.is(
    backOffMs(0, () => 0),
    500,
  );
  assert.ok(backOffMs(0, () => 0.999) < 1_500);
});

test.run();
