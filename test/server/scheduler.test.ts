import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Backend, WindowResult } from "../../server/backend.ts";
import { type Job, Scheduler } from "../../server/scheduler.ts";

const result: WindowResult = { probabilities: new Float32Array(1), mask: new Uint8Array(1), inferenceMs: 0 };

/** A backend whose windows end when the test says so; jobs are named by their method. */
class SteppedBackend implements Backend {
  readonly description = "stepped";
  readonly started: string[] = [];
  readonly #open: { resolve(result: WindowResult): void; reject(error: Error): void }[] = [];

  constructor(readonly lanes: number) {}

  explain(method: string): Promise<WindowResult> {
    this.started.push(method);
    return new Promise((resolve, reject) => this.#open.push({ resolve, reject }));
  }

  async finish(error?: Error): Promise<void> {
    const first = this.#open.shift()!;
    if (error) first.reject(error);
    else first.resolve(result);
    await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {}
}

function setUp(lanes: number) {
  const backend = new SteppedBackend(lanes);
  const scheduler = new Scheduler<object>(backend);
  const log: string[] = [];
  const job = (method: string): Job => ({
    method,
    target: -1,
    magnitudes: new Float32Array(0),
    done: () => log.push(`${method} done`),
    failed: (error) => log.push(`${method} ${error.message}`),
  });
  return { backend, scheduler, log, job };
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
  assert.is(scheduler.submit(a, first), undefined);
  assert.is(scheduler.submit(a, second), undefined);
  assert.is(scheduler.submit(a, third), second);
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

test.run();
