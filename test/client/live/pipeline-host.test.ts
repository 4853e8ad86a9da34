import { readFile } from "node:fs/promises";
import { MessageChannel } from "node:worker_threads";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Asked, EngineFactories } from "../../../client/live/engines/candidates.ts";
import type { SpectrogramColumns } from "../../../client/live/live-explainer.ts";
import { PipelineHost } from "../../../client/live/pipeline/pipeline-host.ts";
import type { PipelineToPage } from "../../../client/live/pipeline/pipeline-messages.ts";
import { PackError, parsePack } from "../../../models/pack/pack.ts";
import { EngineError } from "../../../protocol/engine.ts";
import { Explainer } from "../../../worklets/explainer.ts";
import { WorkerLink } from "../../../worklets/worker-link.ts";
import { noise, OWN_SHAPE } from "../../worklets/rig.ts";
import { FakeEngine, PIPELINE_OPTIONS as options, settled } from "./fakes.ts";

const packFile = "test/fixtures/tiny-pack/pack.json";
const pack = parsePack(JSON.parse(await readFile(packFile, "utf8")), packFile);

const streamingFile = "test/fixtures/tiny-streaming/pack.json";
const streamingPack = parsePack(JSON.parse(await readFile(streamingFile, "utf8")), streamingFile);

function rig(factories: Partial<EngineFactories> = {}, openPack?: () => Promise<never>, given = pack) {
  const messages: PipelineToPage[] = [];
  const engines: FakeEngine[] = [];
  const open =
    (kind: "local" | "remote") =>
    async ({ method }: Asked) => {
      const engine = new FakeEngine(kind, { now: 0 }, 1, method);
      engines.push(engine);
      return engine;
    };
  const host = new PipelineHost({
    post: (message) => messages.push(message),
    openPack:
      openPack ??
      (async () => ({
        pack: given,
        source: options.packUrl,
        graph: async () => ({ bytes: new Uint8Array(), weights: new Map() }),
        read: async () => ({ bytes: new Uint8Array(), weights: new Map() }),
        file: async () => new Uint8Array(),
      })),
    factories: () => ({ local: open("local"), remote: open("remote"), ...factories }),
  });
  const types = () => messages.map(({ type }) => type);
  const until = async (type: PipelineToPage["type"]) => {
    for (let n = 0; n < 200 && !types().includes(type); n++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(types().includes(type), `${type} never came, but ${types()}`);
    return messages.findLast((message) => message.type === type) as PipelineToPage;
  };
  return { host, messages, engines, types, until };
}

test("opens, connects, explains, and leaves nothing open", async () => {
  const { host, engines, types, until, messages } = rig();
  host.receive({ type: "open", options });
  const ready = await until("ready");
  assert.equal(types().slice(0, 3), ["measuring", "engine", "ready"]);
  assert.ok(ready.type === "ready" && ready.delayFrames >= 14 && ready.delayFrames <= 20);

  // Whoever draws answers each message, and one who never does.
  const drawing = new MessageChannel();
  const asleep = new MessageChannel();
  const drawn: SpectrogramColumns[] = [];
  const slept: SpectrogramColumns[] = [];
  drawing.port1.on("message", (columns: SpectrogramColumns) => {
    drawn.push(columns);
    drawing.port1.postMessage(null);
  });
  const drawingClosed = new Promise((resolve) => drawing.port1.once("close", resolve));
  asleep.port1.on("message", (columns: SpectrogramColumns) => slept.push(columns));
  host.receive({ type: "column-port", id: 0, port: drawing.port2 as unknown as MessagePort });

  const { port1, port2 } = new MessageChannel();
  const link = new WorkerLink(null, OWN_SHAPE, options.longestDelayFrames, (frames) =>
    explainer.setDelay(frames),
  );
  const explainer = new Explainer({
    sampleRate: 16_000,
    shape: OWN_SHAPE,
    masking: "linear",
    delayFrames: 20,
    maxDelayFrames: options.longestDelayFrames,
    listening: "explanation",
    masks: link.masks,
    records: link,
  });
  link.connect(port1 as unknown as MessagePort);
  host.receive({ type: "connect", port: port2 as unknown as MessagePort, memory: null });
  host.receive({ type: "column-port", id: 1, port: asleep.port2 as unknown as MessagePort });
  const input = noise(128, 1);
  for (let hop = 0; hop < 60; hop++) {
    explainer.process(input, new Float32Array(128));
    if (hop % 6 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
    if (messages.at(-1)?.type === "columns") host.receive({ type: "columns-received" });
  }
  await until("decision");
  const columns = await until("columns");
  assert.ok(columns.type === "columns" && columns.columns.bins === 257);
  for (let n = 0; n < 2_000 && drawn.length < 3; n++) {
    explainer.process(input, new Float32Array(128));
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  assert.ok(drawn.length >= 3 && drawn[0].bins === 257);
  for (let n = 1; n < drawn.length; n++) {
    assert.is(drawn[n].firstFrame, drawn[n - 1].firstFrame + drawn[n - 1].frames, "without gaps");
  }
  assert.ok(slept.length <= 2, "who does not answer gets no more, and holds nobody up");
  host.receive({ type: "column-port-closed", id: 1 });
  asleep.port1.close();
  await until("timing");

  host.receive({ type: "ask", asked: { method: "all-ones" } });
  for (let n = 0; n < 10; n++) await settled();
  assert.equal(
    engines.map(({ method, closed }) => [method, closed]),
    [
      [undefined, true],
      ["all-ones", false],
    ],
  );
  host.receive({ type: "close" });
  await until("closed");
  assert.ok(engines.every(({ closed }) => closed));
  await drawingClosed;
  link.disconnect();
});

/** A stream's audio thread: every call gives it so many hops of noise, or of silence. */
function stream(host: PipelineHost) {
  const link = new WorkerLink(null, OWN_SHAPE, options.longestDelayFrames, (frames) =>
    explainer.setDelay(frames),
  );
  const explainer = new Explainer({
    sampleRate: 16_000,
    shape: OWN_SHAPE,
    masking: "linear",
    delayFrames: 14,
    maxDelayFrames: options.longestDelayFrames,
    listening: "explanation",
    masks: link.masks,
    records: link,
  });
  const { port1, port2 } = new MessageChannel();
  link.connect(port1 as unknown as MessagePort);
  host.receive({ type: "connect", port: port2 as unknown as MessagePort, memory: null });
  return {
    async hear(input: Float32Array, hops: number) {
      for (let hop = 0; hop < hops; hop++) {
        explainer.process(input, new Float32Array(128));
        if (hop % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
      }
    },
    close: () => link.disconnect(),
  };
}

const { engine, asked, plan } = options;
const silence = new Float32Array(128);

test("the next stream has the model of the one before, and nothing else of it", async () => {
  const { host, messages, engines, until } = rig();
  host.receive({ type: "open", options });
  await until("ready");
  const first = stream(host);
  await first.hear(noise(128, 1), 160);
  await until("decision");
  await until("columns");
  host.receive({ type: "end" });
  assert.is(messages.at(-1)?.type, "ended");
  // What the audio thread still says, and what an engine is still at, goes nowhere.
  await first.hear(noise(128, 1), 30);
  for (let n = 0; n < 20; n++) await settled();
  assert.is(messages.at(-1)?.type, "ended");
  const heard = engines[0].windows.length;

  messages.length = 0;
  host.receive({ type: "again", engine, asked, plan });
  await until("ready");
  assert.equal(
    messages.map(({ type }) => type),
    ["measuring", "engine", "ready"],
  );
  const second = stream(host);
  await second.hear(silence, 160);
  await until("decision");
  const columns = messages.find((message) => message.type === "columns");
  assert.is(columns?.type === "columns" && columns.columns.firstFrame, 0, "frames are counted anew");
  assert.is(engines.length, 1);
  const windows = engines[0].windows.slice(heard);
  assert.ok(windows.length > 1);
  assert.ok(
    windows.every(({ magnitudes }) => magnitudes.every((value) => value === 0)),
    "sound of the stream before is in a window",
  );
  host.receive({ type: "close" });
  await until("closed");
  first.close();
  second.close();
});

test("a streaming pack: every block in order, the class goes along, each stream begins, and a restart is told", async () => {
  const { host, messages, engines, until } = rig({}, undefined, streamingPack);
  const wishes = { engine, asked: { target: 1 }, plan: { ...plan, strideFrames: 4, lookAheadFrames: 0 } };
  host.receive({ type: "open", options: { ...options, ...wishes } });
  await until("ready");
  const [first] = engines;
  const measured = first.windows.splice(0);
  const next = measured.at(-1)!.firstFrame + 4;
  assert.ok(next < -1_000, "no stream follows on what the engine was measured with");
  const one = stream(host);
  await one.hear(noise(128, 1), 80);
  await until("decision");
  const before = messages.length;
  host.receive({ type: "ask", asked: { target: 0 } });
  assert.is(messages.length, before, "nothing else answers from now on");
  await one.hear(noise(128, 1), 80);
  host.receive({ type: "end" });
  const heard = first.windows.splice(0);
  assert.equal(
    heard.map(({ firstFrame, begins }) => [firstFrame, begins ?? false]),
    heard.map((_, n) => [
      heard.slice(0, n).reduce((sum, each) => sum + each.magnitudes.length / 257, 0),
      n === 0,
    ]),
  );
  const targets = heard.map(({ target }) => target);
  const changed = targets.indexOf(0);
  assert.ok(changed > 0 && targets.every((target, n) => target === (n < changed ? 1 : 0)), `${targets}`);

  host.receive({ type: "again", ...wishes });
  await until("ready");
  const two = stream(host);
  first.forgets = true;
  await two.hear(noise(128, 2), 80);
  assert.equal(await until("restarted"), { type: "restarted", why: "engine" });
  assert.equal([first.windows[0].firstFrame, first.windows[0].begins], [0, true]);
  assert.is(engines.length, 1);
  host.receive({ type: "ask", asked: { method: "gate" } });
  for (let n = 0; n < 10; n++) await settled();
  assert.equal([engines.length, first.closed], [2, true], "another method is another model");
  host.receive({ type: "close" });
  await until("closed");
  one.close();
  two.close();
});

test("an answer to the stream before is nobody's, and its window does not make the next one fail", async () => {
  let answer = () => {};
  const inHand: number[] = [];
  const slow = new FakeEngine("local", { now: 0 }, 1);
  const explain = slow.explain.bind(slow);
  let busy = false;
  slow.explain = async (window) => {
    if (busy) throw new EngineError("busy", "still at the window before");
    busy = true;
    inHand.push(window.firstFrame);
    if (inHand.length > 6) {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    }
    busy = false;
    return explain(window);
  };
  const { host, messages, until, types } = rig({ local: async () => slow });
  host.receive({ type: "open", options });
  await until("ready");
  const first = stream(host);
  await first.hear(noise(128, 1), 30);
  for (let n = 0; n < 200 && inHand.length < 7; n++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.is(inHand.length, 7, "a window is under way");
  host.receive({ type: "end" });
  host.receive({ type: "again", engine, asked, plan });
  messages.length = 0;
  const second = stream(host);
  await second.hear(silence, 60);
  assert.is(inHand.length, 7, "the engine is not asked while it is at the window before");
  assert.not.ok(types().includes("decision"));
  answer();
  for (let n = 0; n < 200 && inHand.length < 8; n++) await new Promise((resolve) => setTimeout(resolve, 5));
  answer();
  await until("decision");
  const decided = messages.filter((message) => message.type === "decision");
  assert.equal(
    decided.map(({ decision }) => decision.firstFrame),
    [inHand[7]],
  );
  assert.not.ok(types().some((type) => type === "problem" || type === "notice"));
  host.receive({ type: "close" });
  await until("closed");
  first.close();
  second.close();
});

test("a stream that ended before its model was there leaves it to the next one; a pack that failed is fetched again", async () => {
  let attempts = 0;
  const { host, engines, messages, until } = rig({}, async () => {
    attempts++;
    throw new PackError("status 404", "model-missing");
  });
  host.receive({ type: "open", options });
  await until("problem");
  host.receive({ type: "end" });
  messages.length = 0;
  host.receive({ type: "again", engine, asked, plan });
  await until("problem");
  assert.is(attempts, 2);
  assert.is(engines.length, 0);

  let loaded = () => {};
  let opened = 0;
  const quick = rig({
    local: async () => {
      opened++;
      await new Promise<void>((resolve) => {
        loaded = resolve;
      });
      return new FakeEngine("local", { now: 0 }, 1);
    },
  });
  quick.host.receive({ type: "open", options });
  for (let n = 0; n < 10; n++) {
    await settled();
    quick.host.receive({ type: "end" });
    quick.host.receive({ type: "again", engine, asked, plan });
  }
  loaded();
  await quick.until("ready");
  assert.is(opened, 1);
  assert.is(quick.types().filter((type) => type === "ended").length, 10);
  assert.is(quick.types().filter((type) => type === "ready").length, 1, "for the last stream alone");
  quick.host.receive({ type: "close" });
  await quick.until("closed");
});

test("a missing pack and an engine that does not open are problems with their own codes", async () => {
  const missing = rig({}, async () => {
    throw new PackError("status 404", "model-missing");
  });
  missing.host.receive({ type: "open", options });
  assert.equal(await missing.until("problem"), {
    type: "problem",
    problem: { code: "model-missing", detail: "status 404" },
  });
  const refused = rig({
    remote: async () => {
      throw new EngineError("refused", "full");
    },
  });
  refused.host.receive({ type: "open", options: { ...options, engine: "remote" } });
  const problem = await refused.until("problem");
  assert.ok(problem.type === "problem" && problem.problem.code === "server-refused");
});

test("a change of mind while it opens counts, and a failed one afterwards changes nothing but the notice", async () => {
  const { host, messages, until, engines, types } = rig({
    remote: async () => {
      throw new EngineError("lost", "nobody there");
    },
  });
  host.receive({ type: "open", options });
  host.receive({ type: "ask", asked: { method: "all-ones" } });
  await until("ready");
  assert.equal(
    engines.filter(({ closed }) => !closed).map(({ method }) => method),
    ["all-ones"],
  );
  host.receive({ type: "engine", engine: "remote" });
  for (let n = 0; n < 10; n++) await settled();
  assert.equal(messages.at(-1), {
    type: "notice",
    notice: { code: "engine-failed", detail: "nobody there", next: "nothing" },
  });
  assert.not.ok(types().includes("problem"));
  assert.not.ok(engines.at(-1)?.closed);
  host.receive({ type: "close" });
  await until("closed");
});

test("closing while it opens leaves nothing open", async () => {
  const { host, until, engines, types } = rig();
  host.receive({ type: "open", options });
  await settled();
  host.receive({ type: "close" });
  await until("closed");
  for (let n = 0; n < 20; n++) await settled();
  assert.ok(engines.every(({ closed }) => closed));
  assert.not.ok(types().includes("problem"));
});

test.run();
