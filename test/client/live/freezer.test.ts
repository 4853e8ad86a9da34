// The page's end of a freeze, and the moment that is made of it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PackSummary } from "../../../client/live/live-explainer.ts";
import { Freezer } from "../../../client/live/session/freezer.ts";
import { momentOf } from "../../../client/live/session/moment.ts";
import { BINS, HOP } from "../../../lab/networks/own-shape.ts";
import { MaskState } from "../../../protocol/mask-state.ts";
import type { PageToProcessor } from "../../../protocol/port.ts";
import { Recent, recentBytes } from "../../../worklets/recent.ts";
import { RecentSender } from "../../../worklets/recent-sender.ts";
import { constantMask, noise, OWN_SHAPE } from "../../worklets/rig.ts";

const test = suite("freezer");
const FACTS = {
  source: "a test",
  engine: "local",
  engineDescription: "none",
  method: undefined,
  target: -1,
} as const;
const PACK = { name: "tiny", labels: ["a", "b"], methods: [{ name: "first" }] } as unknown as PackSummary;

function write(recent: Recent, count: number, first = 100): void {
  for (let n = 0; n < count; n++) {
    recent.write(first + n, noise(HOP, n), noise(HOP, n + 1e5), constantMask(n / count), 0, MaskState.own);
  }
}

/** A freezer over shared memory, or over an audio thread that answers in pieces. */
function setUp(shared: boolean) {
  const memory = shared ? new SharedArrayBuffer(recentBytes(OWN_SHAPE)) : null;
  const recent = new Recent(memory ?? new ArrayBuffer(recentBytes(OWN_SHAPE)), OWN_SHAPE);
  const clock = { now: 1_000_000 };
  const sender = new RecentSender(recent, OWN_SHAPE, (message) => {
    const copied = structuredClone(message);
    if (copied.type === "recent") queueMicrotask(() => freezer.received(copied));
  });
  let freezes = 0;
  const freezer: Freezer = new Freezer({
    shape: OWN_SHAPE,
    memory,
    now: () => clock.now,
    post: (message: PageToProcessor) => {
      if (message.type !== "freeze") throw new Error(message.type);
      freezes++;
      sender.begin(message.freeze);
      for (let block = 0; block < 30; block++) sender.step();
    },
  });
  return { freezer, recent, clock, freezes: () => freezes };
}

for (const shared of [true, false]) {
  const how = shared ? "over shared memory" : "by messages";
  test(`${how}, all three sounds come out and add up`, async () => {
    const { freezer, recent } = setUp(shared);
    write(recent, 1_400);
    const moment = momentOf(await freezer.freeze(FACTS), PACK);
    assert.is(moment.original.length, 1_250 * HOP);
    assert.is(moment.frames, 1_253);
    assert.equal([...moment.original.slice(-HOP)], [...noise(HOP, 1_399)]);
    for (const n of [0, 777, moment.original.length - 1]) {
      assert.is(moment.rest[n], Math.fround(moment.original[n] - moment.explanation[n]));
    }
    assert.is(moment.facts.method, "first", "the default of the pack where none was chosen");
    // Frames that begin before the moment have their neighbour's mask; the last one has the last.
    assert.is(moment.mask[0], moment.mask[3 * BINS]);
    assert.is(moment.mask[1_252 * BINS], Math.fround(1_399 / 1_400));
  });

  test(`${how}, nothing went out yet`, async () => {
    const { freezer } = setUp(shared);
    try {
      await freezer.freeze(FACTS);
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, "no moment to keep");
    }
  });
}

test("two who ask at once get the same answer", async () => {
  const { freezer, recent, freezes } = setUp(false);
  write(recent, 20);
  const [one, two] = await Promise.all([freezer.freeze(FACTS), freezer.freeze(FACTS)]);
  assert.is(one.hops, two.hops);
  assert.is(freezes(), 1);
  const later = await freezer.freeze(FACTS);
  assert.is.not(later.hops, one.hops);
});

test("decisions lie where their windows begin in the moment, and others are left out", async () => {
  const { freezer, recent } = setUp(true);
  write(recent, 200, 5_000);
  const probabilities = Float32Array.of(0.5, 0.5);
  for (const firstFrame of [4_990, 5_010, 5_300]) freezer.decided({ firstFrame, probabilities });
  const { decisions } = momentOf(await freezer.freeze(FACTS), PACK);
  assert.equal(
    decisions.map(({ firstFrame }) => firstFrame),
    [13],
  );
});

test("a moment's explanation and rest are silent where frames had no mask, and fade in the hops beside", async () => {
  const { freezer, recent } = setUp(true);
  const states = { 40: MaskState.held, 50: MaskState.fading, 51: MaskState.none, 52: MaskState.none };
  for (let n = 0; n < 100; n++) {
    const state = states[n as keyof typeof states] ?? MaskState.own;
    recent.write(
      n,
      new Float32Array(HOP).fill(1),
      new Float32Array(HOP).fill(0.25),
      constantMask(0.25),
      0,
      state,
    );
  }
  const decisions = [10, 40, 41, 90].map((firstFrame) => ({
    firstFrame,
    probabilities: Float32Array.of(1, 0),
  }));
  for (const decision of decisions) freezer.decided(decision);
  const moment = momentOf(await freezer.freeze(FACTS), { ...PACK, windowFrames: 11 });
  // The frame that hop 50 was the first to hear is touched by it and by the three after it.
  const hopOf = (samples: Float32Array, hop: number) => [
    ...new Set(samples.subarray(hop * HOP, (hop + 1) * HOP)),
  ];
  for (let hop = 0; hop < 100; hop++) {
    const silent = hop >= 50 && hop <= 55;
    const beside = hop === 49 || hop === 56;
    const [explanation, rest] = [hopOf(moment.explanation, hop), hopOf(moment.rest, hop)];
    if (beside) assert.ok(explanation.length === HOP && Math.max(...explanation) <= 0.25, `${hop}`);
    else assert.equal([explanation, rest], silent ? [[0], [0]] : [[0.25], [0.75]], `hop ${hop}`);
    assert.equal(hopOf(moment.original, hop), [1]);
  }
  assert.is(moment.states?.length, 103);
  assert.is(moment.states?.[54], MaskState.none);
  assert.equal(
    moment.decisions.map(({ firstFrame }) => firstFrame),
    [13, 93],
    "the windows that end with the frames 50 and 51 explained nothing",
  );
});

test("a moment tells when method or class were changed within it", async () => {
  const { freezer, recent, clock } = setUp(true);
  write(recent, 20);
  const mixed = async () => (await freezer.freeze(FACTS)).facts.mixed;
  freezer.asked({ method: "a", target: -1 }, { method: "a", target: -1 });
  assert.not(await mixed());
  freezer.asked({ method: "a", target: 2 }, { method: "a", target: -1 });
  assert.ok(await mixed());
  clock.now += 10_001;
  assert.not(await mixed());
});

test.run();
