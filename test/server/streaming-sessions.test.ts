// Sessions of a streaming pack: whose memory their blocks are heard with, and what they are told when there is none.
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Pack } from "../../models/pack/pack.ts";
import {
  decodeServerMessage,
  encodeBlocks,
  encodeExplain,
  encodeFrames,
  encodeStart,
  type ServerMessage,
} from "../../protocol/wire.ts";
import { WireError, type WireErrorName } from "../../protocol/wire-errors.ts";
import type { Backend, WindowQuery, WindowResult } from "../../server/explain/backend.ts";
import { Scheduler } from "../../server/explain/scheduler.ts";
import { Session, type SessionJob } from "../../server/explain/session.ts";
import { NO_OBSERVER } from "../../server/observe.ts";

const BINS = 3;
const BLOCK = 2;
const PATIENCE_MS = 250;
const pack = {
  name: "steps",
  labels: ["a", "b"],
  stft: { window: 4, hop: 2, bins: BINS },
  windowFrames: BLOCK,
  streaming: { state: 2 },
  methods: [
    { name: "sum", target: true },
    { name: "winner", target: false },
  ],
} as unknown as Pack;
const limits = {
  ...{ maxMessageBytes: 24 + 2 * 8 * BINS, keptFrames: 8, framesPerSecond: 1000, frameBurst: 1000 },
  ...{ messagesPerSecond: 1000, messageBurst: 1000, idleSeconds: 600 },
};

/**
 * Runs calls when it is told to. It remembers the levels of all frames heard so far as a sum and their number, and answers
 * with what it remembers, so that an answer tells of each frame that was heard, and of each that was not.
 */
class Remembering implements Backend {
  readonly description = "remembering";
  readonly lanes = 1;
  readonly calls = 1;
  readonly calledWith: number[] = [];
  readonly #running: ((error?: Error) => void)[] = [];

  batch(): number {
    return 8;
  }

  explain(windows: readonly WindowQuery[]): Promise<WindowResult[]> {
    this.calledWith.push(windows.length);
    return new Promise((resolve, reject) => {
      this.#running.push((error) => (error ? reject(error) : resolve(windows.map(heard))));
    });
  }

  async step(error?: Error): Promise<void> {
    this.#running.shift()?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  }

  async stepAll(): Promise<void> {
    while (this.#running.length > 0) await this.step();
  }

  async prepare(): Promise<void> {}

  async close(): Promise<void> {}
}

function heard({ magnitudes, maskFrames, memory }: WindowQuery): WindowResult {
  if (memory === undefined) throw new Error("a streaming pack needs its memory");
  const now = Float32Array.from(memory?.values ?? [0, 0]);
  const rows: number[] = [];
  assert.instance(magnitudes, Uint8Array, "as they were sent");
  for (let frame = 0; frame < maskFrames; frame++) {
    now[0] += magnitudes[frame * BINS];
    now[1]++;
    if ((frame + 1) % BLOCK === 0) rows.push(...now);
  }
  const mask = new Uint8Array(maskFrames * BINS);
  return {
    probabilities: Float32Array.from(rows),
    mask,
    inferenceMs: 1,
    memory: { of: "steps", frames: now[1], values: now },
  };
}

function setUp() {
  const backend = new Remembering();
  const clock = { ms: 0 };
  const scheduler = new Scheduler<Session, SessionJob>(backend, {
    now: () => clock.ms,
    patienceMs: PATIENCE_MS,
    wait: (ms, then) => {
      clock.ms += ms;
      then();
    },
  });
  const service = { pack, reading: { folder: "steps", generation: 1 } };
  const begun: string[] = [];
  const dropped: string[] = [];
  const observer = {
    ...NO_OBSERVER,
    memoryBegan: (_pack: string, reason: string) => begun.push(reason),
    windowDropped: (_pack: string, reason: string) => dropped.push(reason),
  };
  const open = () => {
    const told: ServerMessage[] = [];
    const send = (message: Uint8Array) =>
      told.push(decodeServerMessage(message.slice().buffer as ArrayBuffer));
    const session = new Session({ service, limits, scheduler, observer, now: () => clock.ms, send });
    let requests = 0;
    const receive = (message: Uint8Array) => session.receive(message.slice().buffer as ArrayBuffer);
    const client = {
      session,
      told,
      receive,
      start: (method = "sum") => receive(encodeStart(method)),
      /** Blocks whose frames all have the same level, as 8 bits have it. */
      blocks: (first: number, level: number, frames = BLOCK, target = -1) =>
        receive(encodeBlocks(++requests, first, BINS, new Uint8Array(frames * BINS).fill(level), target)),
      /** What was answered since this was asked before: the memory at the end of each block, and whether it began there. */
      answers: () =>
        told.splice(0).map((message) => {
          if (message.type !== "explanation")
            return `${message.type} ${"request" in message ? message.request : ""}`;
          return [...message.probabilities, message.begins ? "begins" : "goes on"].join(" ");
        }),
    };
    client.start();
    return client;
  };
  return { backend, clock, scheduler, service, open, begun, dropped };
}

function refused(what: () => void, code: WireErrorName, part: string): void {
  try {
    what();
  } catch (error) {
    assert.instance(error, WireError);
    assert.is((error as WireError).code, code, (error as Error).message);
    assert.match((error as Error).message, part);
    return;
  }
  assert.unreachable(`no error ${code}`);
}

test("blocks are heard in their order, each with what is remembered of those before, a row for each block", async () => {
  const { backend, open, begun } = setUp();
  const client = open();
  client.blocks(-7, 120);
  client.blocks(-5, 240, 2 * BLOCK);
  client.blocks(-1, 60);
  await backend.stepAll();
  assert.equal(client.answers(), ["240 2 begins", "720 4 1200 6 goes on", "1320 8 goes on"]);
  assert.equal(begun, ["start"]);
});

test("interleaved sessions never come by another's memory, in whatever calls they meet, nor do those that come after them", async () => {
  const { backend, open } = setUp();
  const clients = Array.from({ length: 5 }, open);
  const expected = clients.map(() => [0, 0]);
  const told: string[][] = clients.map(() => []);
  const known: string[][] = clients.map(() => []);
  let seed = 7;
  const below = (n: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  for (let round = 0; round < 400; round++) {
    const n = below(clients.length);
    if (below(20) === 0) {
      // Another client in the same place, at once, while blocks of the one before may still run.
      clients[n].session.close();
      clients[n] = open();
      expected[n] = [0, 0];
      told[n] = [];
      known[n] = [];
    }
    const level = 40 * (1 + n);
    const begins = expected[n][1] === 0;
    clients[n].blocks(expected[n][1], level);
    expected[n] = [expected[n][0] + 2 * level, expected[n][1] + 2];
    known[n].push(`${expected[n].join(" ")} ${begins ? "begins" : "goes on"}`);
    if (below(3) > 0) await backend.step();
    // No more may wait than fit, so that nothing is dropped.
    if (round % 12 === 11) await backend.stepAll();
    for (const [each, client] of clients.entries()) told[each].push(...client.answers());
  }
  await backend.stepAll();
  for (const [n, client] of clients.entries()) {
    told[n].push(...client.answers());
    assert.equal(told[n], known[n], `client ${n}`);
  }
  assert.ok(Math.max(...backend.calledWith) > 2, "they met in calls");
});

test("a start forgets all, also of a block that still runs", async () => {
  const { backend, open, begun } = setUp();
  const client = open();
  client.blocks(0, 120);
  client.start();
  client.blocks(2, 120);
  await backend.stepAll();
  assert.equal(client.answers(), ["240 2 begins"]);
  assert.equal(begun, ["start", "start"]);
});

test("a hole begins anew, which is told and counted; repeats, steps back and other blocks end the session by name", async () => {
  const { backend, open, begun } = setUp();
  const client = open();
  client.blocks(0, 120);
  client.blocks(4, 120);
  client.blocks(6, 120);
  await backend.stepAll();
  assert.equal(client.answers(), ["240 2 begins", "240 2 begins", "480 4 goes on"]);
  assert.equal(begun, ["start", "missing"]);
  const cases: [(fresh: ReturnType<typeof open>) => void, WireErrorName, string][] = [
    [({ blocks }) => blocks(0, 1), "out-of-order", "frame 0 came after frame 1"],
    [({ blocks }) => blocks(1, 1), "out-of-order", "frame 1 came after frame 1"],
    [({ blocks }) => blocks(2, 1, 3), "wrong-blocks", "3 frames; pack steps hears blocks of 2"],
    [({ blocks }) => blocks(2, 1, 10), "too-large", "8 are allowed"],
    [({ blocks }) => blocks(2, 1, 2, 2), "bad-target", "class 2"],
    [({ receive }) => receive(encodeBlocks(1, 2, 4, new Uint8Array(8))), "malformed", "frames of 4 bins"],
    [({ receive }) => receive(encodeFrames(2, 3, new Uint8Array(6))), "wrong-blocks", "no windows"],
    [({ receive }) => receive(encodeExplain(1, 0)), "wrong-blocks", "no windows"],
  ];
  for (const [offend, code, part] of cases) {
    const fresh = open();
    fresh.blocks(0, 120);
    refused(() => offend(fresh), code, part);
  }
  const winner = open();
  winner.start("winner");
  winner.blocks(0, 120);
  refused(() => winner.blocks(2, 120, 2, 1), "bad-target", "only the winning class");
});

test("what waits too long is dropped, told and counted, and what follows begins anew", async () => {
  const { backend, clock, open, begun, dropped } = setUp();
  const client = open();
  client.blocks(0, 120);
  client.blocks(2, 120);
  clock.ms = PATIENCE_MS;
  client.blocks(4, 120);
  clock.ms = PATIENCE_MS + 1;
  await backend.stepAll();
  assert.equal(client.answers(), ["dropped 2", "240 2 begins", "240 2 begins"]);
  assert.equal(begun, ["start", "dropped"]);
  assert.equal(dropped, ["deadline"]);
  client.blocks(6, 120);
  await backend.stepAll();
  assert.equal(client.answers(), ["480 4 goes on"]);
});

test("whoever sends much more than can be done has a bounded queue, and is told what is left out of it", async () => {
  const { backend, open, begun, dropped } = setUp();
  const client = open();
  for (let n = 0; n < 40; n++) client.blocks(2 * n, 60);
  assert.equal(
    client.told.map((message) => message.type),
    Array(32).fill("dropped"),
  );
  await backend.stepAll();
  const answers = client.answers().slice(32);
  assert.is(answers.length, 8);
  assert.equal(answers.slice(0, 3), ["120 2 begins", "120 2 begins", "240 4 goes on"]);
  assert.equal(begun, ["start", "dropped"]);
  assert.equal(dropped, Array(32).fill("displaced"));
});

test("a model that fails fails its blocks, and what follows begins anew; so does what another reading of the pack hears", async () => {
  const { backend, service, open, begun } = setUp();
  const client = open();
  client.blocks(0, 120);
  client.blocks(2, 120);
  client.blocks(4, 120);
  await backend.step();
  await backend.step(new Error("out of memory"));
  await backend.stepAll();
  assert.equal(client.answers(), ["240 2 begins", "error 2", "240 2 begins"]);
  service.reading = { folder: "steps", generation: 2 };
  client.blocks(6, 120);
  await backend.stepAll();
  assert.equal(client.answers(), ["240 2 begins"]);
  assert.equal(begun, ["start", "failed", "reload"]);
});

test("after its end a session is told nothing, and nothing of it is left in the scheduler", async () => {
  const { backend, scheduler, open } = setUp();
  const client = open();
  client.blocks(0, 120);
  client.blocks(2, 120);
  client.session.close();
  await backend.stepAll();
  assert.equal(client.answers(), []);
  assert.is(scheduler.waiting, 0);
  client.blocks(4, 120);
  assert.equal(backend.calledWith, [1]);
});

test("sessions of blocks are never asked to come less often", () => {
  const { open } = setUp();
  const client = open();
  client.session.pace(500);
  assert.equal(client.told, []);
});

test.run();
