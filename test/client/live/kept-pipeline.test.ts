/** The page's end of the worker: streams one after the other, and what each of them may hear. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { KeptPipeline } from "../../../client/live/pipeline/kept-pipeline.ts";
import type { PageToPipeline, PipelineToPage } from "../../../client/live/pipeline/pipeline-messages.ts";
import { VERSION } from "../../../protocol/version.ts";
import { PIPELINE_OPTIONS as options, settled } from "./fakes.ts";

/** A worker that says what the test has it say. */
class FakeWorker extends EventTarget {
  static made: FakeWorker[] = [];
  /** Scripts take their time. */
  static silent = false;
  readonly heard: PageToPipeline[] = [];
  onmessage: ((event: MessageEvent) => void) | null = null;
  terminated = false;
  constructor() {
    super();
    FakeWorker.made.push(this);
    if (!FakeWorker.silent) queueMicrotask(() => this.say({ type: "hello", version: VERSION }));
  }
  postMessage(message: PageToPipeline): void {
    this.heard.push(message);
    if (message.type === "close") this.say({ type: "closed" });
  }
  say(data: PipelineToPage): void {
    const event = new MessageEvent("message", { data });
    this.onmessage?.(event);
    this.dispatchEvent(event);
  }
  terminate(): void {
    this.terminated = true;
  }
}

Object.assign(globalThis, {
  Worker: FakeWorker,
  document: { baseURI: "http://localhost/" },
  location: { origin: "http://localhost" },
});

const place = { ...options, worker: "http://localhost/pipeline.js" };
const forever = new AbortController().signal;
const types = (messages: readonly { readonly type: string }[]) => messages.map(({ type }) => type);

test.before.each(() => {
  FakeWorker.made = [];
});

async function begun() {
  const kept = new KeptPipeline();
  const client = await kept.take(place, forever);
  const [worker] = FakeWorker.made;
  await settled();
  const told: PipelineToPage[] = [];
  const stream = client.begin(options, (message) => told.push(message));
  return { kept, client, worker, told, stream };
}

test("what comes before the end is said to be through is of the stream before, and told to nobody", async () => {
  const { client, worker, told, stream } = await begun();
  worker.say({ type: "ready", delayFrames: 14 });
  stream.end();
  stream.end();
  worker.say({ type: "notice", notice: { code: "server-late" } });
  const next: PipelineToPage[] = [];
  const second = client.begin(options, (message) => next.push(message));
  worker.say({ type: "problem", problem: { code: "server-gone", detail: "of the first" } });
  worker.say({ type: "ended" });
  worker.say({ type: "ready", delayFrames: 15 });
  assert.equal(types(told), ["ready"]);
  assert.equal(next, [{ type: "ready", delayFrames: 15 }]);
  assert.equal(types(worker.heard), ["open", "end", "again"]);
  // What the first one still says goes nowhere.
  stream.post({ type: "engine", engine: "remote" });
  stream.end();
  second.post({ type: "engine", engine: "auto" });
  assert.equal(types(worker.heard), ["open", "end", "again", "engine"]);
});

test("one worker serves streams of one place; another place or a problem makes a new one", async () => {
  const { kept, client, worker, stream } = await begun();
  stream.end();
  const waiting = kept.take(place, forever);
  worker.say({ type: "ended" });
  assert.is(await waiting, client);
  assert.is(FakeWorker.made.length, 1);

  const elsewhere = await kept.take({ ...place, packUrl: "http://localhost/packs/other/" }, forever);
  await settled();
  assert.is.not(elsewhere, client);
  assert.ok(worker.terminated);

  const told: PipelineToPage[] = [];
  elsewhere.begin(options, (message) => told.push(message));
  FakeWorker.made[1].dispatchEvent(Object.assign(new Event("error"), { message: "out of memory" }));
  assert.match(JSON.stringify(told), "out of memory");
  await kept.take({ ...place, packUrl: "http://localhost/packs/other/" }, forever);
  await settled();
  assert.equal(
    FakeWorker.made.map(({ terminated }) => terminated),
    [true, true, false],
  );
  await kept.discard();
  assert.ok(FakeWorker.made.every(({ terminated }) => terminated));
});

test("a worker whose script is still on its way does not hang, however long that takes", async () => {
  FakeWorker.silent = true;
  const kept = new KeptPipeline();
  const client = await kept.take(place, forever);
  const stream = client.begin(options, () => {});
  stream.end();
  let taken = false;
  const waiting = kept.take(place, forever).then((again) => {
    taken = true;
    return again;
  });
  for (let n = 0; n < 20; n++) await settled();
  assert.not.ok(taken);
  FakeWorker.silent = false;
  FakeWorker.made[0].say({ type: "hello", version: VERSION });
  FakeWorker.made[0].say({ type: "ended" });
  assert.is(await waiting, client);
  assert.is(FakeWorker.made.length, 1);
});

test("whoever has gone while the worker was busy gets none, and none is opened for it", async () => {
  const { kept, worker, stream } = await begun();
  stream.end();
  const gone = new AbortController();
  const waiting = kept.take(place, gone.signal).catch((error: Error) => error.name);
  gone.abort();
  await kept.discard();
  worker.say({ type: "ended" });
  assert.is(await waiting, "AbortError");
  assert.is(FakeWorker.made.length, 1);
});

test.run();
