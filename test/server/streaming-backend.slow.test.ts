// Blocks of a streaming pack on the threads that run it: many sounds in one call, each with its own memory, on any thread.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { loadWhole } from "../../models/runtime/load-cut.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import type { StreamState } from "../../models/runtime/streaming.ts";
import { encodeMask } from "../../protocol/wire-levels.ts";
import type { Backend, WindowQuery, WindowResult } from "../../server/explain/backend.ts";
import { openWorkerBackend } from "../../server/explain/worker-backend.ts";
import { BINS, BLOCK, STATE } from "../models/runtime/streaming-pack.ts";
import { noise } from "../worklets/rig.ts";

const PACK = { folder: "test/fixtures/tiny-streaming", generation: 1 };
const FRAMES = 2 * BLOCK;
const SIZE = FRAMES * BINS;
const STEPS = 12;
const SOUNDS = 5;

/** Loud in another band for each sound, and changing from step to step. */
const step = (sound: number, n: number) =>
  noise(SIZE, 100 * sound + n, 2).map(
    (value, i) => Math.abs(value) * ((i % BINS) % SOUNDS === sound ? 4 : 0.1),
  );

function query(sound: number, n: number, memory: StreamState | null, method = "bands"): WindowQuery {
  return { pack: PACK, method, maskFrames: FRAMES, target: -1, magnitudes: step(sound, n), memory };
}

async function results(backend: Backend, windows: readonly WindowQuery[]): Promise<readonly WindowResult[]> {
  const outcomes = await backend.explain(windows);
  for (const outcome of outcomes) if (outcome instanceof Error) throw outcome;
  return outcomes as readonly WindowResult[];
}

/** What is answered is the call's. */
const copyOf = (state: StreamState): StreamState => ({ ...state, values: state.values.slice() });

/** What each sound's steps are answered where it is alone, in one thread, by the method itself. */
async function alone(): Promise<{ mask: Uint8Array; probabilities: Float32Array }[][]> {
  const runtime = await nodeRuntime();
  const method = await loadWhole(runtime, await openPackFolder(PACK.folder), "bands");
  const all = [];
  for (let sound = 0; sound < SOUNDS; sound++) {
    let states = [method.streaming!.begin()] as readonly StreamState[];
    const steps = [];
    for (let n = 0; n < STEPS; n++) {
      const heard = await method.streaming!.hear(step(sound, n), states);
      states = heard.states;
      steps.push({ mask: encodeMask(heard.masks), probabilities: heard.probabilities });
    }
    all.push(steps);
  }
  await method.close();
  return all;
}

function assertSame(
  result: WindowResult,
  known: { mask: Uint8Array; probabilities: Float32Array },
  what: string,
) {
  assert.is(result.mask.length, known.mask.length);
  const steps = result.mask.map((value, i) => Math.abs(value - known.mask[i]));
  assert.ok(Math.max(...steps) <= 1, what);
  for (const [i, p] of known.probabilities.entries())
    assert.ok(Math.abs(result.probabilities[i] - p) < 1e-5, what);
}

for (const build of ["native", "wasm"] as const) {
  test(`${build}: sounds that meet in calls of any size, on either thread, are heard as each is alone`, async () => {
    const known = await alone();
    const backend = await openWorkerBackend({ pack: PACK, lanes: 2, batch: 4, build });
    assert.is(backend.batch(PACK), 4);
    const memories: (StreamState | null)[] = Array(SOUNDS).fill(null);
    const at = Array<number>(SOUNDS).fill(0);
    for (let round = 0; at.some((n) => n < STEPS); round++) {
      const going = [...at.keys()].filter((sound) => at[sound] < STEPS && (round + sound) % 3 > 0);
      // Two calls at a time, so that both lanes have one.
      const halves = [
        going.filter((_, i) => i % 2 === round % 2),
        going.filter((_, i) => i % 2 !== round % 2),
      ];
      await Promise.all(
        halves.map(async (sounds) => {
          if (sounds.length === 0) return;
          const windows = sounds.map((sound) => query(sound, at[sound], memories[sound]));
          const answers = await results(backend, windows);
          for (const [i, sound] of sounds.entries()) {
            assertSame(answers[i], known[sound][at[sound]], `sound ${sound}, step ${at[sound]}`);
            memories[sound] = copyOf(answers[i].memory!);
            at[sound]++;
            assert.is(memories[sound]!.frames, at[sound] * FRAMES);
            assert.is(windows[i].magnitudes.length, SIZE, "copied");
          }
        }),
      );
    }
    await backend.close();
  });
}

test("memory that is foreign, of another size or no number fails its own sound by name, and the others are heard", async () => {
  const known = await alone();
  const backend = await openWorkerBackend({ pack: PACK, lanes: 1, batch: 4 });
  const [first] = await results(backend, [query(0, 0, null)]);
  const bad: [StreamState, string][] = [
    [{ of: "another 1.0.0 bands", frames: 8, values: new Float32Array(STATE) }, "is nothing to"],
    [{ ...first.memory!, values: new Float32Array(3) }, "has 3 numbers"],
    [{ ...first.memory!, values: new Float32Array(STATE).fill(Number.NaN) }, "numbers that are none"],
  ];
  for (const [state, part] of bad) {
    const outcomes = await backend.explain([query(1, 0, null), query(0, 1, state), query(2, 0, null)]);
    assert.instance(outcomes[1], Error);
    assert.match((outcomes[1] as Error).message, part);
    for (const [n, sound] of [
      [0, 1],
      [2, 2],
    ]) {
      assertSame(outcomes[n] as WindowResult, known[sound][0], `beside ${part}`);
    }
    const [alone] = await backend.explain([query(0, 1, state)]).catch((e) => [e]);
    assert.match((alone as Error).message, part);
  }
  await backend.close();
});

test("other methods, longer pieces and reloads have memories of their own", async () => {
  const backend = await openWorkerBackend({ pack: PACK, lanes: 1, batch: 4 });
  const [heard] = await results(backend, [query(0, 0, null)]);
  const [other] = await backend.explain([query(0, 1, heard.memory!, "gate")]).catch((error) => [error]);
  assert.match(
    (other as Error).message,
    "tiny-streaming 1.0.0 bands is nothing to tiny-streaming 1.0.0 gate",
  );
  const long = {
    ...query(0, 0, null),
    maskFrames: 20 * BLOCK,
    magnitudes: noise(20 * BLOCK * BINS, 5, 2).map(Math.abs),
  };
  const [answer] = await results(backend, [long]);
  assert.is(answer.mask.length, 20 * BLOCK * BINS);
  assert.is(answer.probabilities.length, 20 * 3);
  await backend.close();
});

test.run();
