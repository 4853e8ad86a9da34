// The supervisor against an explainer that fails in every way it can, eight hours in a second.
import { BehaviorSubject, Subject } from "rxjs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ProblemCode, Source, SpectrogramColumns, Status } from "../../client/live/live-explainer.ts";
import { Supervisor } from "../../kiosk/page/supervisor.ts";
import { Random } from "../../lab/data/random.ts";
import { FakeClock } from "./fake-clock.ts";

const CODES: readonly ProblemCode[] = [
  "insecure-context",
  "permission-denied",
  "no-microphone",
  "microphone-busy",
  "microphone-lost",
  "file-unreadable",
  "file-empty",
  "audio-unsupported",
  "worklet-missing",
  "audio-suspended",
  "server-gone",
  "server-refused",
  "model-missing",
  "model-broken",
  "engine-failed",
  "unexpected",
];
const MICROPHONE: Source = { kind: "microphone" };
const RUNNING: Status = {
  state: "running",
  source: "microphone",
  engine: "local",
  engineDescription: "",
  explanation: "here",
  notices: [],
};

/** What a start does next. */
type Fate = "well" | "hangs" | ProblemCode;

class FakeExplainer {
  readonly status$ = new BehaviorSubject<Status>({ state: "idle" });
  readonly columns$ = new Subject<SpectrogramColumns>();
  fate: Fate = "well";
  starts = 0;

  async start(): Promise<void> {
    this.starts++;
    this.status$.next({ state: "starting", step: "audio" });
    if (this.fate === "hangs") return new Promise(() => {});
    if (this.fate === "well") return this.status$.next(RUNNING);
    const problem = { code: this.fate, detail: "" };
    this.status$.next({ state: "failed", problem });
    throw Object.assign(new Error(this.fate), problem);
  }

  column(): void {
    this.columns$.next({
      firstFrame: 0,
      frames: 0,
      bins: 0,
      magnitudes: new Float32Array(),
      mask: new Float32Array(),
    });
  }
}

function open(reloadedAt: number | null = null) {
  const clock = new FakeClock();
  const explainer = new FakeExplainer();
  let reloads = 0;
  const supervisor = new Supervisor({
    explainer,
    clock,
    random: () => 0.5,
    reloadedAt,
    reload: () => {
      reloads++;
    },
  });
  return { clock, explainer, supervisor, reloads: () => reloads };
}

/** Columns come as long as the explainer runs. */
async function flow(
  clock: FakeClock,
  explainer: FakeExplainer,
  seconds: number,
  flowing = true,
): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    if (flowing && explainer.status$.value.state === "running") explainer.column();
    await clock.pass(1_000);
  }
}

test("eight hours with every failure: it always runs again, and nothing is left behind", async () => {
  const { clock, explainer, supervisor } = open();
  const random = new Random(5);
  supervisor.want(async () => MICROPHONE);
  await clock.pass(0);
  let most = 0;
  let failures = 0;
  for (let minute = 0; minute < 8 * 60; minute++) {
    const kind = Math.floor(random.uniform() * 5);
    const code = CODES[Math.floor(random.uniform() * CODES.length)];
    if (kind === 0) explainer.status$.next({ state: "failed", problem: { code, detail: "" } });
    if (kind === 1) explainer.status$.next({ state: "stopped", reason: "ended" });
    if (kind < 2) explainer.fate = random.uniform() < 0.3 ? "hangs" : random.uniform() < 0.5 ? code : "well";
    if (kind < 2) failures++;
    await flow(clock, explainer, 30, kind !== 2);
    explainer.fate = "well";
    await flow(clock, explainer, 30);
    most = Math.max(most, clock.pending);
  }
  await flow(clock, explainer, 200);
  assert.is(supervisor.state$.value, "running");
  assert.ok(failures > 100 && supervisor.recoveries >= failures, `${supervisor.recoveries} of ${failures}`);
  assert.is(most, 1, "timers at a time");
  assert.is(supervisor.problems.length, 10);
  supervisor.close();
  assert.is(clock.pending, 0);
  assert.not(explainer.columns$.observed);
  assert.not(explainer.status$.observed);
});

test("a failure is counted once, attempts come at growing pauses, and steady running makes the next one a first one", async () => {
  const { clock, explainer, supervisor } = open();
  explainer.fate = "no-microphone";
  supervisor.want(async () => MICROPHONE);
  const at: number[] = [];
  let seen = 0;
  for (let second = 0; second < 30; second++) {
    await clock.pass(1_000);
    if (explainer.starts > seen) at.push(second);
    seen = explainer.starts;
  }
  assert.is(supervisor.recoveries, explainer.starts);
  assert.equal(at, [0, 2, 6, 14]);
  explainer.fate = "well";
  await flow(clock, explainer, 120);
  explainer.status$.next({ state: "failed", problem: { code: "engine-failed", detail: "" } });
  const { starts } = explainer;
  await clock.pass(1_100);
  assert.is(explainer.starts, starts + 1);
});

test("when starting again does not help the page is loaded, but not again and again", async () => {
  const { clock, explainer, supervisor, reloads } = open();
  explainer.fate = "audio-unsupported";
  supervisor.want(async () => MICROPHONE);
  await clock.pass(60_000);
  assert.is(reloads(), 1);
  await clock.pass(500_000);
  assert.is(reloads(), 1);
  await clock.pass(600_000);
  assert.is(reloads(), 2);
  const again = open(new FakeClock().now() - 30_000);
  again.explainer.fate = "audio-unsupported";
  again.supervisor.want(async () => MICROPHONE);
  await again.clock.pass(120_000);
  assert.is(again.reloads(), 0);
});

test("no columns although it runs, and a start without an end, are failures too", async () => {
  const { clock, explainer, supervisor } = open();
  supervisor.want(async () => MICROPHONE);
  await flow(clock, explainer, 40);
  assert.is(supervisor.recoveries, 0);
  explainer.fate = "hangs";
  await flow(clock, explainer, 26, false);
  assert.equal(supervisor.problems, ["stalled"]);
  await flow(clock, explainer, 100, false);
  assert.equal(supervisor.problems, ["stalled", "start-stuck"]);
});

test("a source that is wanted takes the place of the one before, whatever that did", async () => {
  const { clock, explainer, supervisor } = open();
  explainer.fate = "hangs";
  supervisor.want(async () => MICROPHONE);
  await clock.pass(5_000);
  explainer.fate = "well";
  supervisor.want(async () => MICROPHONE);
  await clock.pass(1);
  assert.is(supervisor.state$.value, "running");
  explainer.fate = "no-microphone";
  supervisor.want(async () => MICROPHONE);
  await clock.pass(1);
  assert.is(supervisor.state$.value, "recovering");
  explainer.fate = "well";
  supervisor.hurry();
  await clock.pass(1);
  assert.is(supervisor.state$.value, "running");
});

test.run();
