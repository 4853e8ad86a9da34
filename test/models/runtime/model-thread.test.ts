import { EventEmitter } from "node:events";
import type { Worker } from "node:worker_threads";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { PackError } from "../../../models/pack/pack.ts";
import {
  ModelThread,
  type ModelThreadOptions,
  ThreadLost,
} from "../../../models/runtime/model-thread-node.ts";
import { startThread } from "../../../models/runtime/start-thread-node.ts";
import type { OddThread } from "./odd-thread.ts";

const open = new Set<ModelThread<OddThread>>();
test.after.each(async () => {
  for (const thread of open) await thread.close("drop");
  open.clear();
});

interface Opened {
  readonly thread: ModelThread<OddThread>;
  /** In the order of their starts. */
  readonly workers: Worker[];
  readonly lost: ThreadLost[];
}

function opened(options: Partial<ModelThreadOptions> = {}, settings: OddThread["settings"] = {}): Opened {
  const workers: Worker[] = [];
  const lost: ThreadLost[] = [];
  const thread = new ModelThread<OddThread>({
    start: () => {
      workers.push(startThread("odd-thread", import.meta.url, settings));
      return workers.at(-1)!;
    },
    work: "a sum",
    atOnce: 2,
    hungMs: 60_000,
    backOff: { firstMs: 1, longestMs: 1 },
    onLost: (error) => lost.push(error),
    ...options,
  });
  open.add(thread);
  return { thread, workers, lost };
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.unreachable("expected an error") as never,
    (error) => error,
  );
}

async function loss(promise: Promise<unknown>): Promise<ThreadLost> {
  const error = await failure(promise);
  assert.instance(error, ThreadLost, error.message);
  return error as ThreadLost;
}

const exited = (worker: Worker) => new Promise((resolve) => worker.once("exit", resolve));

test("calls are answered in their order, more than the thread has at a time wait here", async () => {
  const { thread, workers } = opened();
  assert.equal(await thread.start(), { greeting: "hello" });
  const order: number[] = [];
  const calls = [30, 0, 0, 0, 0].map(async (ms, n) => {
    await thread.ask("wait", ms);
    order.push(n);
  });
  assert.is(thread.underWay, 5);
  await Promise.all(calls);
  assert.equal(order, [0, 1, 2, 3, 4]);
  assert.is(thread.underWay, 0);
  assert.is(await thread.ask("double", 4), 8);
  assert.is(workers.length, 1);
});

test("what a call fails of is told, a PackError with its code, and the thread goes on", async () => {
  const { thread, lost } = opened();
  assert.is((await failure(thread.ask("fail", "no such window"))).message, "no such window");
  const broken = await failure(thread.ask("break", "bands.onnx is no graph"));
  assert.instance(broken, PackError);
  assert.is((broken as PackError).code, "model-broken");
  assert.match((await failure(thread.ask("uncloneable", undefined))).message, "could not be cloned");
  // What cannot be sent is the caller's mistake, and costs it alone.
  await failure(thread.ask("double", (() => {}) as unknown as number));
  assert.is(await thread.ask("double", 1), 2);
  assert.is(lost.length, 0);
});

test("memory that is given moves there and back", async () => {
  const { thread } = opened();
  const values = Float32Array.of(1, 2);
  const memory = values.buffer;
  const reply = thread.ask("add", values, { give: [memory] });
  await thread.start();
  await Promise.resolve();
  assert.equal(await reply, Float32Array.of(2, 3));
  assert.is(memory.byteLength, 0);
});

test("a call tells how far it is", async () => {
  const { thread } = opened();
  const steps: number[] = [];
  assert.is(await thread.ask("steps", 3, { onProgress: (step) => steps.push(step) }), "done");
  assert.equal(steps, [1, 2, 3]);
});

test("a thread that ends takes the calls that it had with it; those that waited go to the next", async () => {
  const { thread, workers, lost } = opened();
  const running = loss(thread.ask("exit", 7));
  const atDoor = loss(thread.ask("double", 1));
  const waiting = thread.ask("count", undefined);
  assert.match((await running).message, "ended in the middle of a sum (exit code 7)");
  assert.is((await running).how, "died");
  assert.is((await atDoor).how, "died");
  assert.is(await waiting, 0, "another thread, which had answered nothing");
  assert.is(workers.length, 2);
  assert.is(lost.length, 1);
});

test("an error outside of every call ends the thread, and is the reason", async () => {
  const { thread } = opened();
  assert.match((await loss(thread.ask("throwOutside", "out of luck"))).message, "out of luck");
  assert.is(await thread.ask("double", 2), 4);
});

test("a thread that ended while nothing ran is replaced at the next call", async () => {
  const { thread, workers, lost } = opened();
  await thread.start();
  // It runs nothing.
  await workers[0].terminate();
  assert.is(lost.length, 1);
  assert.is(workers.length, 1, "nobody asked");
  assert.is(await thread.ask("double", 2), 4);
  assert.is(workers.length, 2);
});

test("threads that end again and again are replaced, until one answers", async () => {
  const { thread, workers } = opened();
  for (let n = 0; n < 3; n++) await loss(thread.ask("exit", 1));
  assert.is(await thread.ask("double", 1), 2);
  assert.is(workers.length, 4);
});

test("a call that is never answered: the thread is given up, and another one takes its place", async () => {
  const { thread, workers, lost } = opened({ hungMs: 100 });
  await thread.start();
  const left = exited(workers[0]);
  const error = await loss(thread.ask("wait", 1e6));
  assert.is(error.how, "hung");
  assert.match(error.message, "the model was silent for 0.1 s");
  assert.is(thread.lost, false);
  assert.is(await thread.ask("double", 1), 2);
  assert.is(workers.length, 2);
  assert.is(lost.length, 1);
  await left;
});

test("a run that blocks the thread is not ended from outside; it ends when it wakes", async () => {
  const { thread, workers } = opened({ hungMs: 100, mostHanging: 0 });
  await thread.start();
  const [worker] = workers;
  let woken = false;
  worker.on("message", (message: { type: string }) => {
    woken ||= message.type === "reply";
  });
  const left = exited(worker);
  assert.is((await loss(thread.ask("block", 500))).how, "hung");
  assert.ok(thread.lost);
  assert.match((await loss(thread.ask("double", 1))).message, "start the program again");
  assert.is(workers.length, 1);
  // Nothing else keeps this process.
  worker.ref();
  await left;
  assert.ok(woken, "it came to the end of its run");
  await Promise.resolve();
  assert.is(thread.lost, false, "the one that hung has ended");
  assert.is(await thread.ask("double", 1), 2);
});

test("a call may take longer than a thread may be silent when it tells of itself", async () => {
  const { thread, lost } = opened({ hungMs: 300 });
  await thread.start();
  assert.is(await thread.ask("steps", 15), "done");
  assert.is(await thread.ask("live", 600), "lived");
  assert.is(lost.length, 0);
});

test("what stops a start is told with its code; the next call tries again", async () => {
  const broken = opened({}, { start: "pack-error" });
  const error = await failure(broken.thread.start());
  assert.instance(error, PackError);
  assert.is(error.message, "somewhere/pack.json is missing");
  assert.is((error as PackError).code, "model-missing");
  assert.instance(await failure(broken.thread.ask("double", 1)), PackError);
  assert.is(broken.workers.length, 2);
  assert.is(broken.thread.underWay, 0);
  assert.is(
    (await failure(opened({}, { start: "error" }).thread.start())).message,
    "no runtime: install one",
  );
});

test("a thread that ends or hangs before it is ready", async () => {
  const ended = await loss(opened({}, { start: "exit" }).thread.start());
  assert.match(ended.message, "ended before it was ready (exit code 3)");
  const hanging = opened({ startMs: 300, mostHanging: 0 }, { start: "never" });
  const error = await loss(hanging.thread.ask("double", 1));
  assert.match(error.message, "not ready after 0.3 s");
  assert.is(error.how, "hung");
  assert.ok(hanging.thread.lost);
});

test("a thread whose file is not there says which, and the way out", async () => {
  const { message } = await failure(
    opened({ start: () => startThread("nowhere", import.meta.url, {}) }).thread.start(),
  );
  assert.match(message, "nowhere.ts is missing");
  assert.match(message, "install it again");
});

test("close waits for the run and answers all that was asked before", async () => {
  const { thread, workers } = opened();
  const running = thread.ask("block", 200);
  const more = [1, 2, 3].map((value) => thread.ask("double", value));
  await thread.start();
  const left = exited(workers[0]);
  await Promise.all([thread.close(), thread.close()]);
  await left;
  assert.is(await running, "blocked");
  assert.equal(await Promise.all(more), [2, 4, 6]);
  assert.is((await loss(thread.ask("double", 1))).how, "closed");
});

test("close that drops waits for the run only", async () => {
  const { thread, workers } = opened();
  await thread.start();
  let ended = false;
  workers[0].once("exit", () => {
    ended = true;
  });
  const running = loss(thread.ask("wait", 1e6));
  const waiting = loss(thread.ask("double", 1));
  await thread.close("drop");
  assert.ok(ended);
  assert.is((await running).how, "closed");
  assert.is((await waiting).how, "closed");
});

test("close of a thread that hangs, that waits to be started or that never was comes to an end", async () => {
  const hanging = opened({ hungMs: 100 });
  await hanging.thread.start();
  const error = loss(hanging.thread.ask("wait", 1e6));
  await hanging.thread.close();
  assert.is((await error).how, "hung");

  const waiting = opened({ backOff: { firstMs: 1e6, longestMs: 1e6 } });
  await loss(waiting.thread.ask("exit", 1));
  const call = loss(waiting.thread.ask("double", 1));
  await waiting.thread.close();
  assert.is((await call).how, "closed");

  const never = opened();
  await never.thread.close();
  assert.is(never.workers.length, 0);
});

test("a thread that is used for long gathers no listeners", async () => {
  const { thread, workers } = opened();
  await thread.ask("double", 1);
  const count = () => ["message", "error", "exit"].map((name) => workers[0].listenerCount(name));
  const before = count();
  for (let n = 0; n < 20; n++) await thread.ask("double", n);
  assert.equal(count(), before);
});

/** A worker that ends as soon as it is ready: Node then tells of both at once. */
function endsWhenReady(): Worker {
  const worker = Object.assign(new EventEmitter(), { postMessage() {}, unref() {} });
  setImmediate(() => {
    worker.emit("message", { type: "ready", ready: { greeting: "and goodbye" } });
    worker.emit("exit", 7);
  });
  return worker as unknown as Worker;
}

test("a thread that ends as soon as it is ready is replaced by the next call", async () => {
  let starts = 0;
  const { thread, lost } = opened({
    start: () => (starts++ === 0 ? endsWhenReady() : startThread("odd-thread", import.meta.url, {})),
  });
  assert.equal(await thread.start(), { greeting: "and goodbye" });
  assert.is(await thread.ask("double", 4), 8);
  assert.equal(
    lost.map(({ message }) => message),
    ["the model's thread ended by itself (exit code 7)"],
  );
  assert.is(starts, 2);
});

test.run();
