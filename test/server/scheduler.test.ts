import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Backend, Magnitudes, WindowQuery, WindowResult } from "../../server/explain/backend.ts";
import { type Job, Scheduler, type WindowTimes } from "../../server/explain/scheduler.ts";

const result: WindowResult = {
  probabilities: new Float32Array(1),
  mask: new Uint8Array(1),
  inferenceMs: 30,
};

/** A backend whose windows end when the test says so; jobs are named by their method. */
class SteppedBackend implements Backend {
  readonly description = "stepped";
  /** Of calls that end from now on. */
  inferenceMs = result.inferenceMs;
  readonly started: string[] = [];
  readonly #open: { count: number; resolve(results: WindowResult[]): void; reject(error: Error): void }[] =
    [];

  constructor(
    readonly lanes: number,
    private readonly most = 1,
  ) {}

  batch(): number {
    return this.most;
  }

  get calls(): number {
    return this.lanes;
  }

  explain(windows: readonly WindowQuery[]): Promise<WindowResult[]> {
    this.started.push(windows.map(({ magnitudes }) => names.get(magnitudes)).join("+"));
    return new Promise((resolve, reject) => this.#open.push({ count: windows.length, resolve, reject }));
  }

  async finish(error?: Error): Promise<void> {
    const first = this.#open.shift()!;
    if (error) first.reject(error);
    else first.resolve(Array<WindowResult>(first.count).fill({ ...result, inferenceMs: this.inferenceMs }));
    await new Promise((resolve) => setImmediate(resolve));
  }

  async prepare(): Promise<void> {}

  async close(): Promise<void> {}
}

/** What windows are called here, by the memory that is handed on. */
const names = new Map<Magnitudes, string>();
const pack = { folder: "pack", generation: 1 };

function setUp(lanes: number, batch = 1) {
  const backend = new SteppedBackend(lanes, batch);
  const clock = { ms: 0 };
  const scheduler = new Scheduler<object>(backend, { now: () => clock.ms, patienceMs: 250 });
  const log: string[] = [];
  const times: WindowTimes[] = [];
  const job = (name: string, method = "bands"): Job => {
    const magnitudes = new Float32Array(0);
    const kind = { pack, method, maskFrames: 8 };
    names.set(magnitudes, name);
    return {
      kind,
      begin: () => ({ ...kind, target: -1, magnitudes }),
      done: (_result, each) => {
        times.push(each);
        log.push(`${name} done`);
      },
      failed: (error) => log.push(`${name} ${error.message}`),
      late: () => log.push(`${name} late`),
    };
  };
  return { backend, scheduler, log, job, clock, times };
}

test("sessions take turns: a busy one waits behind the others", async () => {
  const { backend, scheduler, job } = setUp(1);
  const [a, b, c] = [{}, {}, {}];
  scheduler.submit(a, job("a1"));
  scheduler.submit(a, job("a2"));
  scheduler.submit(b, job("b1"));
  scheduler.submit(c, job("c1"));
  await backend.finish(); // a1: now a2 queues behind b1 and c1
  scheduler.submit(b, job("b2"));
  assert.equal(backend.started, ["a1", "b1"]);
  for (let i = 0; i < 4; i++) await backend.finish();
  assert.equal(backend.started, ["a1", "b1", "c1", "a2", "b2"]);
});

test("one window of a session runs and one waits; the newest wins and the displaced one is handed back", async () => {
  const { backend, scheduler, job, log } = setUp(4);
  const a = {};
  const [first, second, third] = [job("1"), job("2"), job("3")];
  assert.equal(scheduler.submit(a, first), []);
  assert.equal(scheduler.submit(a, second), []);
  assert.equal(scheduler.submit(a, third), [second]);
  assert.equal(backend.started, ["1"], "a free lane is not a second turn");
  await backend.finish();
  await backend.finish();
  assert.equal(backend.started, ["1", "3"]);
  assert.equal(log, ["1 done", "3 done"]);
});

test("lanes run side by side and no more than there are", async () => {
  const { backend, scheduler, job } = setUp(2);
  for (const name of ["a", "b", "c"]) scheduler.submit({}, job(name));
  assert.equal(backend.started, ["a", "b"]);
  await backend.finish();
  assert.equal(backend.started, ["a", "b", "c"]);
});

test("a failed window is told to its session alone and the rest goes on", async () => {
  const { backend, scheduler, job, log } = setUp(1);
  scheduler.submit({}, job("a"));
  scheduler.submit({}, job("b"));
  await backend.finish(new Error("broke"));
  await backend.finish();
  assert.equal(log, ["a broke", "b done"]);
});

test("a cancelled session hears nothing more, and cannot take a second lane while its old window runs", async () => {
  const { backend, scheduler, job, log } = setUp(2);
  const a = {};
  scheduler.submit(a, job("old"));
  scheduler.submit(a, job("old waiting"));
  scheduler.cancel(a);
  scheduler.submit(a, job("new"));
  assert.equal(backend.started, ["old"]);
  await backend.finish();
  assert.equal(backend.started, ["old", "new"]);
  await backend.finish();
  assert.equal(log, ["new done"]);
  scheduler.cancel(a);
  scheduler.cancel({});
});

test("a free lane takes the windows that wait together, if they are alike, in the order of their turns", async () => {
  const { backend, scheduler, job, log, times, clock } = setUp(1, 3);
  scheduler.submit({}, job("a"));
  for (const name of ["b", "c"]) scheduler.submit({}, job(name));
  scheduler.submit({}, job("other", "all-ones"));
  for (const name of ["d", "e"]) scheduler.submit({}, job(name));
  clock.ms = 20;
  for (let n = 0; n < 4; n++) await backend.finish();
  assert.equal(backend.started, ["a", "b+c+d", "other", "e"]);
  assert.equal(
    log,
    ["a", "b", "c", "d", "other", "e"].map((name) => `${name} done`),
  );
  assert.equal(times[1], { queueMs: 20, batch: 3 });
});

test("a batch that fails is told to each of its sessions", async () => {
  const { backend, scheduler, job, log } = setUp(1, 2);
  for (const name of ["a", "b", "c"]) scheduler.submit({}, job(name));
  await backend.finish();
  await backend.finish(new Error("broke"));
  assert.equal(log, ["a done", "b broke", "c broke"]);
});

test("a window that is not begun in time is dropped, and its session may ask again", async () => {
  const { backend, scheduler, job, log, clock } = setUp(1);
  const b = {};
  scheduler.submit({}, job("a"));
  scheduler.submit(b, job("b1"));
  clock.ms = 251;
  scheduler.submit({}, job("c"));
  await backend.finish();
  assert.equal(log, ["b1 late", "a done"]);
  assert.equal(backend.started, ["a", "c"]);
  scheduler.submit(b, job("b2"));
  await backend.finish();
  await backend.finish();
  assert.equal(log.slice(2), ["c done", "b2 done"]);
  assert.is(scheduler.takeLoad().late, 1);
});

test("where calls of many pay blocks wait for others as long as the call before took, 8 ms at most; a full call waits for nobody", async () => {
  const backend = new SteppedBackend(1, 3);
  const clock = { ms: 0 };
  const waits: { ms: number; over: () => void }[] = [];
  const scheduler = new Scheduler<object>(backend, {
    now: () => clock.ms,
    patienceMs: 250,
    wait: (ms, over) => waits.push({ ms, over }),
  });
  const { job } = setUp(1);
  const submit = (name: string) => scheduler.submit({}, { ...job(name), steady: true }, 3);
  const pass = (ms: number) => {
    clock.ms += ms;
    waits.shift()!.over();
  };
  submit("a");
  assert.equal(backend.started, ["a"], "nothing is known of calls yet");
  submit("b");
  clock.ms += 30;
  await backend.finish();
  assert.equal(backend.started, ["a", "b"], "it waited long enough while the lane was busy");
  clock.ms += 30;
  await backend.finish();
  submit("c");
  clock.ms += 3;
  submit("d");
  assert.equal(
    waits.map(({ ms }) => ms),
    [8],
  );
  assert.is(backend.started.length, 2);
  pass(5);
  assert.equal(backend.started.at(-1), "c+d");
  await backend.finish();
  for (const name of ["e", "f"]) submit(name);
  assert.is(backend.started.length, 3, "they wait");
  submit("g");
  assert.equal(backend.started.at(-1), "e+f+g");
  backend.inferenceMs = 2;
  await backend.finish();
  pass(8);
  assert.is(backend.started.length, 4, "nobody is left that the wait was for");
  submit("h");
  assert.equal(
    waits.map(({ ms }) => ms),
    [2],
  );
  pass(2);
  assert.equal(backend.started.at(-1), "h");
});

test("what may wait in order is run in order, one at a time, and together with others'", async () => {
  const { backend, scheduler, job, log } = setUp(2, 2);
  const [a, b] = [{}, {}];
  for (const name of ["a1", "a2", "a3"]) assert.equal(scheduler.submit(a, job(name), 3), []);
  scheduler.submit(b, job("b1"), 3);
  scheduler.submit(b, job("b2"), 3);
  assert.equal(backend.started, ["a1", "b1"]);
  await backend.finish();
  await backend.finish();
  assert.equal(backend.started, ["a1", "b1", "a2", "b2"]);
  for (let n = 0; n < 3; n++) await backend.finish();
  assert.equal(log, ["a1 done", "b1 done", "a2 done", "b2 done", "a3 done"]);
});

test("one too many displaces all that wait; of what waits in order only what is late is dropped", async () => {
  const { backend, scheduler, job, log, clock } = setUp(1);
  const a = {};
  const jobs = ["1", "2", "3", "4", "5"].map((name) => job(name));
  for (const each of jobs.slice(0, 3)) assert.equal(scheduler.submit(a, each, 2), []);
  assert.equal(scheduler.submit(a, jobs[3], 2), [jobs[1], jobs[2]]);
  clock.ms = 100;
  scheduler.submit(a, jobs[4], 2);
  clock.ms = 300;
  await backend.finish();
  await backend.finish();
  assert.equal(log, ["4 late", "1 done", "5 done"]);
  assert.equal(backend.started, ["1", "5"]);
});

test("a job is told what became of it before its owner's next one begins", async () => {
  const { backend, scheduler, job, log } = setUp(1, 2);
  const a = {};
  const told = (name: string): Job => ({
    ...job(name),
    ran: (outcome) => log.push(`${name} ${outcome instanceof Error ? outcome.message : "ran"}`),
  });
  const begun = (name: string): Job => {
    const each = told(name);
    const begin = () => {
      log.push(`${name} begins`);
      return each.begin();
    };
    return { ...each, begin };
  };
  scheduler.submit(a, told("1"), 3);
  for (const name of ["2", "3"]) scheduler.submit(a, begun(name), 3);
  await backend.finish();
  await backend.finish(new Error("broke"));
  assert.equal(log, ["1 ran", "2 begins", "1 done", "2 broke", "3 begins", "2 broke"]);
  scheduler.cancel(a);
  await backend.finish();
  assert.is(log.length, 6, "nobody waits for it any more");
});

test("the load tells of those who can't ask less often by themselves, and how long they wait", async () => {
  const { backend, scheduler, job, clock } = setUp(1);
  const steady = (name: string): Job => ({ ...job(name), steady: true });
  scheduler.submit({}, steady("a"), 3);
  scheduler.submit({}, steady("b"), 3);
  scheduler.submit({}, job("c"));
  clock.ms = 40;
  await backend.finish();
  const { active, steady: count, steadyWaitMs } = scheduler.takeLoad();
  assert.equal({ active, count, steadyWaitMs }, { active: 1, count: 2, steadyWaitMs: 20 });
  assert.is(scheduler.takeLoad().steadyWaitMs, 0);
});

const nobodySteady = { steady: 0, steadyWaitMs: 0 };

test("the load tells how busy the lanes were, what a window takes, and who asked", async () => {
  const { backend, scheduler, job, clock } = setUp(2);
  const a = {};
  scheduler.submit(a, job("a1"));
  clock.ms = 30;
  await backend.finish();
  scheduler.submit(a, job("a2"));
  scheduler.submit({}, job("b"));
  clock.ms = 60;
  await backend.finish();
  await backend.finish();
  clock.ms = 100;
  assert.equal(scheduler.takeLoad(), { busy: 0.45, windowMs: 30, active: 2, ...nobodySteady, late: 0 });
  clock.ms = 200;
  assert.equal(scheduler.takeLoad(), { busy: 0, windowMs: 30, active: 0, ...nobodySteady, late: 0 });
});

test.run();
