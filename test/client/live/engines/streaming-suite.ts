// What every engine must do with a streaming pack, whichever it is: run by local-engine.test.ts and remote-engine.test.ts.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openPackFolder } from "../../../../models/pack/open-pack-node.ts";
import { loadWhole } from "../../../../models/runtime/load-cut.ts";
import { nodeRuntime } from "../../../../models/runtime/runtime-node.ts";
import type { Engine, Explanation, SpectralWindow } from "../../../../protocol/engine.ts";
import { BINS, BLOCK, BLOCKS } from "../../../models/runtime/streaming-pack.ts";
import { random } from "../../../worklets/rig.ts";
import { rejects } from "./engine-suite.ts";

/** So many blocks of a sound that is low, silent and high in turns. */
export function blocksOf(firstFrame: number, blocks: number, begins = false): SpectralWindow {
  const magnitudes = new Float32Array(blocks * BLOCK * BINS);
  for (let frame = 0; frame < blocks * BLOCK; frame++) {
    const next = random(firstFrame + frame);
    const turn = Math.floor((firstFrame + frame) / 40) % 3;
    for (let bin = 0; bin < BINS; bin++) {
      const loud = (turn === 0 && bin >= 1 && bin < 64) || (turn === 2 && bin >= 128);
      magnitudes[frame * BINS + bin] = turn === 1 ? 0 : next() * (loud ? 5 : 0.1);
    }
  }
  return { firstFrame, magnitudes, ...(begins && { begins }) };
}

const method = nodeRuntime().then(async (runtime) =>
  loadWhole(runtime, await openPackFolder("test/fixtures/tiny-streaming")),
);
test.after(async () => (await method).close());

/** What the pack's first method says of these frames of one sound, heard at once. */
export async function heardAtOnce(magnitudes: Float32Array, target = -1) {
  const { streaming } = await method;
  return streaming!.hear(magnitudes, [streaming!.begin()], target);
}

/**
 * @param open an engine with the tiny streaming pack and its first method.
 * @param nearly how far masks and probabilities may lie from those of the model: by what the way takes from them.
 */
export function streamingSuite(kind: Engine["kind"], open: () => Promise<Engine>, nearly: number): void {
  const using = async (use: (engine: Engine) => Promise<void>) => {
    const engine = await open();
    try {
      await use(engine);
    } finally {
      await engine.close();
    }
  };
  const near = (given: ArrayLike<number>, wanted: ArrayLike<number>, what: string) => {
    assert.is(given.length, wanted.length, what);
    for (let i = 0; i < given.length; i++) {
      if (!(Math.abs(given[i] - wanted[i]) <= nearly))
        assert.unreachable(`${what}: ${given[i]}, not ${wanted[i]}`);
    }
  };
  /** Checks an answer against the same frames as part of a sound that began at `since`. */
  const checked = async (answer: Explanation, since: number, target = -1) => {
    const frames = answer.mask.length / BINS;
    const first = answer.firstFrame - since;
    const whole = await heardAtOnce(blocksOf(since, (first + frames) / BLOCK).magnitudes, target);
    near(answer.mask, whole.masks.subarray(first * BINS), `masks of frame ${answer.firstFrame}`);
    near(
      answer.probabilities,
      whole.probabilities.subarray((first / BLOCK) * 3),
      `probabilities of frame ${answer.firstFrame}`,
    );
  };

  test(`${kind}, streaming: block by block and several at once it hears what is heard at once`, () =>
    using(async (engine) => {
      let firstFrame = 0;
      for (const blocks of [1, 1, 2, BLOCKS, 1, BLOCKS + 3]) {
        const answer = await engine.explain(blocksOf(firstFrame, blocks, firstFrame === 0));
        assert.is(answer.firstFrame, firstFrame);
        assert.is(answer.begins ?? false, firstFrame === 0);
        await checked(answer, 0);
        firstFrame += blocks * BLOCK;
      }
    }));

  test(`${kind}, streaming: it begins anew where it is told to, where a frame is missing and where one comes again, and says so`, () =>
    using(async (engine) => {
      const begun: [number, boolean][] = [];
      let since = 0;
      for (const [firstFrame, begins] of [
        [0, true],
        [4, false],
        [8, true],
        [12, false],
        [17, false],
        [21, false],
        [21, false],
        [4, false],
      ] as const) {
        const answer = await engine.explain(blocksOf(firstFrame, 1, begins));
        begun.push([firstFrame, answer.begins ?? false]);
        if (answer.begins) since = firstFrame;
        await checked(answer, since);
      }
      assert.equal(begun, [
        [0, true],
        [4, false],
        [8, true],
        [12, false],
        [17, true],
        [21, false],
        [21, true],
        [4, true],
      ]);
    }));

  test(`${kind}, streaming: what it rejected it has not heard`, () =>
    using(async (engine) => {
      await engine.explain(blocksOf(0, 1, true));
      const odd = { firstFrame: 4, magnitudes: new Float32Array(BLOCK * BINS - 1) };
      await rejects(engine.explain(odd), "bad-input");
      const answer = await engine.explain(blocksOf(4, 1));
      assert.is(answer.begins, true);
      await checked(answer, 4);
    }));

  test(`${kind}, streaming: another class from one block to the next forgets nothing`, () =>
    using(async (engine) => {
      await engine.explain(blocksOf(0, 2, true));
      for (const [firstFrame, target] of [
        [8, 1],
        [12, 0],
        [16, -1],
      ]) {
        const answer = await engine.explain({ ...blocksOf(firstFrame, 1), target });
        assert.not.ok(answer.begins);
        await checked(answer, 0, target);
      }
    }));

  test(`${kind}, streaming: NaN, infinite and negative magnitudes count as zero, and nothing is forgotten for them`, () =>
    using(async (engine) => {
      const block = blocksOf(0, 1, true);
      for (let frame = 0; frame < BLOCK; frame++) {
        block.magnitudes.set([Number.NaN, Number.POSITIVE_INFINITY, -5], frame * BINS + 150);
      }
      const zeros = block.magnitudes.slice();
      for (let frame = 0; frame < BLOCK; frame++) zeros.fill(0, frame * BINS + 150, frame * BINS + 153);
      const answer = await engine.explain(block);
      near(answer.mask, (await heardAtOnce(zeros)).masks, "masks");
      assert.not.ok((await engine.explain(blocksOf(4, 1))).begins);
    }));
}
