import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Asked } from "../../../client/live/engines/candidates.ts";
import { EngineKeeper, type KeeperState } from "../../../client/live/engines/engine-keeper.ts";
import { reconnectMs } from "../../../client/live/engines/reconnect.ts";
import { WarmingError } from "../../../client/live/engines/warming-server.ts";
import type { Problem } from "../../../client/live/live-explainer.ts";
import type { Told } from "../../../client/live/told.ts";
import { PackError } from "../../../models/pack/pack.ts";
import { EngineError } from "../../../protocol/engine.ts";
import { FakeEngine, settled } from "./fakes.ts";

const window = { firstFrame: 0, magnitudes: new Float32Array(8) };

/** A keeper with engines of the given speeds; an error in place of a speed refuses to open. */
function rig(
  speeds: { local: number | Error; remote: number | Error | null },
  more: Partial<ConstructorParameters<typeof EngineKeeper>[0]> = {},
) {
  const clock = { now: 0 };
  const engines: FakeEngine[] = [];
  const states: KeeperState[] = [];
  const notices: (Told | null)[] = [];
  const problems: Problem[] = [];
  const waits: { ms: number; done: () => void }[] = [];
  const open =
    (kind: "local" | "remote") =>
    async ({ method }: Asked) => {
      const speed = speeds[kind];
      if (speed instanceof Error || speed === null) throw speed;
      const engine = new FakeEngine(kind, clock, speed, method);
      engines.push(engine);
      return engine;
    };
  const fetched: Asked[] = [];
  const keeper = new EngineKeeper({
    factories: {
      local: open("local"),
      remote: speeds.remote === null ? null : open("remote"),
      fetchLocal: async (asked) => {
        fetched.push(asked);
      },
    },
    shape: { windowFrames: 4, bins: 2, strideFrames: 2 },
    strideMs: 64,
    deadlineMs: () => 80,
    onEngine: (state) => states.push(state),
    onNotice: (notice) => notices.push(notice),
    onProblem: (problem) => problems.push(problem),
    now: () => clock.now,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const done = () => {
          signal.removeEventListener("abort", done);
          waits.splice(0, waits.length, ...waits.filter((each) => each !== pause));
          resolve();
        };
        const pause = { ms, done };
        waits.push(pause);
        signal.addEventListener("abort", done);
      }),
    random: () => 0.5,
    ...more,
  });
  const live = () => engines.filter(({ closed }) => !closed).map(({ kind }) => kind);
  /** Lets the next attempt to reach the server happen. */
  const retry = async () => {
    waits[0]?.done();
    for (let n = 0; n < 5; n++) await settled();
  };
  /** So many windows, one a second; the numbers of those that nobody answered. */
  const answer = async (count: number, msBetween = 1_000) => {
    const unanswered: number[] = [];
    for (let n = 0; n < count; n++) {
      clock.now += msBetween;
      if ((await keeper.explain(window)) === null) unanswered.push(n);
      for (let turn = 0; turn < 5; turn++) await settled();
    }
    return unanswered;
  };
  const newest = (kind: "local" | "remote") =>
    engines.findLast((engine) => engine.kind === kind) as FakeEngine;
  const kind = () => states.at(-1)?.kind;
  return {
    keeper,
    speeds,
    engines,
    states,
    notices,
    problems,
    waits,
    live,
    retry,
    answer,
    newest,
    kind,
    clock,
    fetched,
  };
}

test("auto takes the server when it is faster, and keeps the local engine ready", async () => {
  const { keeper, states, live, notices } = rig({ local: 20, remote: 5 });
  await keeper.select("auto", {});
  assert.equal(states, [
    {
      kind: "remote",
      description: "fake remote",
      warmUpMs: 5,
      reason: { why: "measured" },
    },
  ]);
  assert.equal(live(), ["local", "remote"]);
  assert.equal(notices, [null]);
  await keeper.close();
  assert.equal(live(), []);
});

test("auto takes the local engine when it is faster, and lets the server go", async () => {
  const { keeper, states, live } = rig({ local: 20, remote: 30 });
  await keeper.select("auto", {});
  assert.is(states[0].kind, "local");
  assert.equal(live(), ["local"]);
});

test("auto takes a slower server when this device can't keep the stride", async () => {
  const { keeper, states } = rig({ local: 65, remote: 80 });
  await keeper.select("auto", {});
  assert.is(states[0].kind, "remote");
});

test("auto uses whichever engine there is, and tells why; with none the local reason is thrown", async () => {
  const missing = new PackError("no such pack", "model-missing");
  const gone = new EngineError("lost", "nobody there");
  const local = rig({ local: 10, remote: gone });
  await local.keeper.select("auto", {});
  assert.is(local.states[0].kind, "local");
  assert.equal(local.notices, [{ code: "engine-failed", detail: "nobody there", next: "nothing" }]);
  const remote = rig({ local: missing, remote: 10 });
  await remote.keeper.select("auto", {});
  assert.is(remote.states[0].kind, "remote");
  const none = rig({ local: missing, remote: gone });
  const error = await none.keeper.select("auto", {}).catch((reason) => reason);
  assert.is(error.code, "model-missing");
  const alone = rig({ local: 10, remote: null });
  await alone.keeper.select("auto", {});
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
    assert.is((await keeper.select("remote", {}).catch((error) => error)).code, expected);
  }
  const nowhere = await rig({ local: 1, remote: null })
    .keeper.select("remote", {})
    .catch((error) => error);
  assert.is(nowhere.code, "server-gone");
});

test("when the server is lost, this device answers the same window; the server is tried with growing pauses, and answers again after a clean run", async () => {
  const { keeper, speeds, notices, waits, live, retry, answer, newest, kind } = rig({ local: 20, remote: 5 });
  await keeper.select("auto", {});
  newest("remote").error = new EngineError("lost", "connection lost");
  assert.equal(await answer(2), [], "no window goes without an answer");
  assert.is(kind(), "local");
  assert.match(JSON.stringify(notices.at(-1)), "connection lost");
  assert.equal(live(), ["local"]);

  speeds.remote = new EngineError("lost", "still gone");
  for (const expected of [1_000, 2_000, 4_000]) {
    assert.is(waits[0].ms, expected);
    await retry();
  }
  assert.equal(await answer(1), []);
  speeds.remote = 5;
  await retry();
  assert.is(kind(), "local", "it has to show a clean run first");
  assert.equal(await answer(7), []);
  assert.is(kind(), "local");
  assert.equal(await answer(2), []);
  assert.is(kind(), "remote");
  assert.is(notices.at(-1), null);
  assert.equal(live(), ["local", "remote"]);
  assert.equal(waits, []);

  // Back, but slower than this device: measured anew and let go.
  newest("remote").error = new EngineError("timeout", "silent");
  await answer(1);
  speeds.remote = 50;
  await retry();
  await answer(20);
  assert.is(kind(), "local");
  assert.equal(live(), ["local"]);
});

test("a full server is not asked before the time that it named", async () => {
  const { keeper, speeds, waits, retry, answer, newest } = rig({ local: 20, remote: 5 });
  await keeper.select("auto", {});
  newest("remote").error = new EngineError("lost", "shutting down", { retryAfterSeconds: 20 });
  await answer(1);
  assert.is(waits[0].ms, 25_000);
  speeds.remote = new EngineError("refused", "full", { retryAfterSeconds: 8 });
  await retry();
  assert.is(waits[0].ms, 10_000);
});

test("a server that answers too late too often is put aside, watched, and taken again after a clean run", async () => {
  const { keeper, states, notices, waits, live, answer, newest, kind } = rig({ local: 20, remote: 5 });
  await keeper.select("auto", {});
  const remote = newest("remote");
  remote.ms = 90;
  await answer(6);
  assert.is(kind(), "remote", "six in two seconds are forgiven");
  remote.ms = 5;
  await answer(32);
  remote.ms = 90;
  await answer(7);
  assert.is(kind(), "local");
  assert.equal(states.at(-1)?.reason, { why: "late", misses: 7, windows: 32 });
  assert.equal(notices.at(-1), { code: "server-late" });
  assert.equal(live(), ["local", "remote"], "it stays connected");

  const asked = remote.windows.length;
  await answer(30, 100);
  assert.ok(remote.windows.length - asked <= 5, "a window now and then");
  remote.ms = 5;
  await answer(7);
  remote.ms = 90;
  await answer(1);
  remote.ms = 5;
  await answer(7);
  assert.is(kind(), "local", "one late window begins the run anew");
  await answer(1);
  assert.is(kind(), "remote");
  assert.equal(waits, []);

  // It fails again soon: this time it has to show twice as much.
  remote.ms = 90;
  await answer(7);
  assert.is(kind(), "local");
  remote.ms = 5;
  await answer(15);
  assert.is(kind(), "local");
  await answer(1);
  assert.is(kind(), "remote");
});

test("a frozen server costs no window: this device answers each in time, and the server is given up when it stays silent", async () => {
  const { keeper, waits, live, newest, kind, clock } = rig({ local: 20, remote: 5 });
  await keeper.select("auto", {});
  let thaw: (error: EngineError) => void = () => {};
  newest("remote").explain = () =>
    new Promise((_, reject) => {
      thaw = reject;
    });
  for (let n = 0; n < 7; n++) {
    clock.now += 64;
    const answer = keeper.explain(window);
    await settled();
    if (n === 0) {
      assert.is(waits[0].ms, 60, "what is left of 80 ms when this device takes 20");
      waits[0]?.done();
    } else assert.equal(waits, [], "the window in flight is not waited for again");
    assert.ok(await answer);
    await settled();
  }
  assert.is(kind(), "local");
  thaw(new EngineError("timeout", "silent"));
  for (let n = 0; n < 5; n++) await settled();
  assert.equal(live(), ["local"]);
  assert.is(waits[0].ms, 1_000, "it is connected to anew");
});

test("engines that remember don't take turns: a late server goes on, and this device takes over for good", async () => {
  const { keeper, states, answer, newest, kind } = rig({ local: 20, remote: 5 }, { remembers: true });
  await keeper.select("auto", {});
  const heard = () => newest("local").windows.length;
  const before = heard();
  newest("remote").ms = 90;
  await answer(6);
  assert.equal([kind(), heard() - before], ["remote", 0], "late answers are answers");
  await answer(1);
  assert.equal(states.at(-1)?.reason, { why: "late", misses: 7, windows: 32 });
  await answer(3);
  assert.equal([kind(), heard() - before], ["local", 3]);
});

test("engines that remember: a frozen server is waited for while masks are held, then this device answers for good", async () => {
  const { keeper, states, waits, live, newest, kind } = rig({ local: 20, remote: 5 }, { remembers: true });
  await keeper.select("auto", {});
  let thaw: (error: EngineError) => void = () => {};
  newest("remote").explain = () =>
    new Promise((_, reject) => {
      thaw = reject;
    });
  const answer = keeper.explain(window);
  await settled();
  assert.is(waits[0].ms, 280, "80 ms, and 200 in which nobody notices");
  assert.is(kind(), "remote");
  waits[0]?.done();
  assert.ok(await answer, "and the very same frames are answered");
  assert.equal(states.at(-1)?.reason, { why: "late", misses: 1, windows: 32 });
  assert.is(kind(), "local");
  thaw(new EngineError("timeout", "silent"));
  for (let n = 0; n < 5; n++) await settled();
  assert.equal(live(), ["local"]);
});

test("a late server goes on answering where this device is too slow to do better", async () => {
  const { keeper, answer, newest, kind } = rig({ local: 100, remote: 5 });
  await keeper.select("auto", {});
  newest("remote").ms = 90;
  await answer(40);
  assert.is(kind(), "remote");
});

test("a device that becomes too slow asks for the server again, and not all the time", async () => {
  const { keeper, speeds, engines, waits, retry, answer, newest, kind } = rig({ local: 20, remote: 30 });
  await keeper.select("auto", {});
  assert.is(kind(), "local");
  newest("local").ms = 120;
  await answer(7);
  assert.is(waits.length, 1);
  await retry();
  await answer(9);
  assert.is(kind(), "remote");
  assert.is(engines.length, 3);
  speeds.remote = new EngineError("lost", "gone");
});

test("a server that was asked for is tried for as long as it takes, and the page says so", async () => {
  const { keeper, speeds, engines, notices, problems, live, retry, waits, kind } = rig({
    local: 20,
    remote: 5,
  });
  await keeper.select("remote", {});
  engines[0].error = new EngineError("lost", "connection lost");
  await keeper.explain(window);
  assert.is(await keeper.explain(window), null, "no engine meanwhile");
  assert.match(JSON.stringify(notices.at(-1)), /connection lost","next":"trying"/);
  speeds.remote = new EngineError("refused", "full");
  for (let n = 0; n < 20; n++) await retry();
  assert.match(JSON.stringify(notices.at(-1)), /full","next":"until-back"/);
  assert.is(waits[0].ms, 30_000);
  speeds.remote = 5;
  await retry();
  assert.is(kind(), "remote");
  assert.ok(await keeper.explain(window));
  assert.is(notices.at(-1), null);
  assert.equal(problems, []);
  assert.equal(live(), ["remote"]);
});

test("while the server alone answers, what this device needs is fetched, for every method that is asked", async () => {
  const { keeper, fetched } = rig({ local: 20, remote: 5 });
  await keeper.select("auto", {});
  await keeper.select("local", {});
  assert.equal(fetched, [], "it is open already");
  await keeper.select("remote", { method: "a" });
  await keeper.select("remote", { method: "b" });
  assert.equal(fetched, [{ method: "a" }, { method: "b" }]);
});

test("a server that is gone, and this device is chosen: it answers from then on, and the server is sought no more", async () => {
  const { keeper, engines, speeds, waits, live, kind, notices } = rig({ local: 20, remote: 5 });
  await keeper.select("remote", {});
  engines[0].error = new EngineError("lost", "connection lost");
  speeds.remote = new EngineError("lost", "gone");
  await keeper.explain(window);
  assert.is(await keeper.explain(window), null);
  await keeper.select("local", {});
  assert.is(kind(), "local");
  assert.ok(await keeper.explain(window));
  assert.equal([live(), waits.length, notices.at(-1)], [["local"], 0, null]);
});

test("single failures are forgiven, three in a row are not", async () => {
  const { keeper, engines, problems } = rig({ local: 20, remote: null });
  await keeper.select("local", {});
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
  await keeper.select("local", { method: "lmac" });
  const change = keeper.select("local", { method: "saliency" });
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
  assert.is(
    (await keeper.select("remote", { method: "lmac" }).catch((error) => error)).code,
    "server-refused",
  );
  assert.ok(await keeper.explain(window));
  assert.equal(live(), ["local"]);
  assert.is(states.length, 2);
});

test("of several requests only the newest is carried out, and nothing stays open of the others", async () => {
  const { keeper, engines, live } = rig({ local: 20, remote: 5 });
  const requests = ["a", "b", "c"].map((method) =>
    keeper.select("auto", { method }).catch((error) => error.name),
  );
  assert.equal(await Promise.all(requests), ["AbortError", "AbortError", undefined]);
  await settled();
  assert.equal(live(), ["local", "remote"]);
  assert.ok(engines.filter(({ closed }) => !closed).every(({ method }) => method === "c"));
  const late = keeper.select("auto", { method: "d" }).catch((error) => error.name);
  await keeper.close();
  assert.is(await late, "AbortError");
  await settled();
  assert.equal(live(), []);
});

test("what is open is taken as it is: the same choice opens nothing, another one only what it lacks", async () => {
  const { keeper, engines, states, live } = rig({ local: 20, remote: 5 });
  await keeper.select("local", {});
  await keeper.select("local", {});
  assert.equal(
    states.map(({ kind }) => kind),
    ["local", "local"],
    "and it is said each time",
  );
  await keeper.select("auto", {});
  assert.equal(
    engines.map(({ kind }) => kind),
    ["local", "remote"],
  );
  assert.equal(live(), ["local", "remote"]);
  await keeper.select("auto", { method: "other" });
  assert.is(engines.length, 4, "another method needs engines of its own");
  await keeper.close();
  assert.equal(live(), []);
});

test("at rest the server is let go of and not sought, and this device's model stays", async () => {
  const { keeper, engines, live, waits, newest, answer, speeds } = rig({ local: 20, remote: 5 });
  await keeper.select("auto", {});
  keeper.rest();
  assert.equal(live(), ["local"]);
  await keeper.select("auto", {});
  assert.equal(
    engines.map(({ kind }) => kind),
    ["local", "remote", "remote"],
  );
  newest("remote").error = new EngineError("lost", "gone");
  await answer(1);
  assert.is(waits.length, 1, "a lost server is sought while there are windows");
  keeper.rest();
  await settled();
  assert.is(waits.length, 0);
  // Stopped while it connects.
  speeds.remote = 5;
  const late = keeper.select("auto", {}).catch((error) => error.name);
  keeper.rest();
  assert.is(await late, "AbortError");
  await settled();
  assert.equal(live(), ["local"]);
  await keeper.select("local", {});
  assert.is(engines.filter(({ kind }) => kind === "local").length, 1);
});

test("a server that was chosen and is warming up is waited for, and said so; automatically this device answers meanwhile", async () => {
  const { keeper, states, notices, speeds, live, waits, retry } = rig({
    local: 20,
    remote: new WarmingError("warming up", 1, 0.5),
  });
  const chosen = keeper.select("remote", {});
  await settled();
  assert.equal(notices.at(-1), { code: "server-warming", progress: 0.5 });
  assert.equal(
    waits.map(({ ms }) => ms),
    [1_000],
  );
  speeds.remote = new WarmingError("warming up", 1, undefined);
  await retry();
  assert.equal(notices.at(-1), { code: "server-warming", progress: undefined });
  speeds.remote = 5;
  await retry();
  await chosen;
  assert.is(states.at(-1)?.kind, "remote");
  assert.is(notices.at(-1), null);
  keeper.rest();

  speeds.remote = new WarmingError("warming up", 1, 0.9);
  const waiting = keeper.select("remote", {}).catch((error) => error.name);
  await settled();
  await keeper.select("local", {});
  assert.is(await waiting, "AbortError");
  assert.is(notices.at(-1), null, "nobody waits any more");
  assert.equal(live(), ["local"]);
  await keeper.select("auto", {});
  assert.is(states.at(-1)?.kind, "local");
  speeds.remote = 5;
  await retry();
  assert.equal(live(), ["local", "remote"], "it is watched once it is there");
  await keeper.close();
});

test("warm-up sends windows that follow on one another, as a live stream does", async () => {
  const { keeper, engines } = rig({ local: 20, remote: null });
  await keeper.select("local", {});
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
    [0, 1, 2, 3, 4, 5, 6, 1_000].map((attempt) => reconnectMs(attempt, () => 0.5)),
    [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
  );
  assert.is(
    reconnectMs(0, () => 0),
    500,
  );
  assert.ok(reconnectMs(0, () => 0.999) < 1_500);
});

test.run();
