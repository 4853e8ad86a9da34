// The soak, short: that clients of every habit leave the well-behaved and the server as they were.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadSound } from "../../cli/bench/load/load-sound.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import type { ExplanationMessage } from "../../protocol/wire.ts";
import { encodeMask } from "../../protocol/wire-levels.ts";
import { MaskCheck } from "../../tools/soak/mask-check.ts";
import { runSoak } from "../../tools/soak/run-soak.ts";
import { VISITORS } from "../../tools/soak/visitors.ts";
import { COMMAND } from "../cli/run-cli.ts";

const TINY_PACK = `${packageFolder()}/test/fixtures/tiny-pack`;

test("20 seconds among all bad habits: nothing is lost, nothing is left behind", async () => {
  const report = await runSoak({
    script: COMMAND,
    pack: TINY_PACK,
    seconds: 20,
    sessions: 12,
    seed: 3,
  });
  assert.equal(report.failures, []);
  assert.equal(Object.keys(report.visits).sort(), Object.keys(VISITORS).sort());
  assert.is(report.steady.streams, 6);
  assert.ok(report.masks.compared > 20, `${report.masks.compared} masks`);
  assert.is(report.steady.asked, report.steady.answered + report.steady.dropped);
});

test("a mask of another window, another sound or another shape is noticed", async () => {
  const pack = await openPack(TINY_PACK);
  try {
    const { sampleRate, stft, windowFrames } = pack.pack;
    const sound = loadSound(sampleRate, stft, 2 * windowFrames);
    const method = await pack.method();
    const { masks: mask, probabilities } = await method.run(sound.magnitudes(40, windowFrames), 1);
    const right: ExplanationMessage = {
      type: "explanation",
      ...{
        request: 1,
        firstFrame: 30,
        frames: windowFrames,
        bins: stft.bins,
        dropped: 0,
        begins: false,
        rows: 1,
      },
      ...{ mask: encodeMask(mask), probabilities: probabilities.slice(), inferenceMs: 1, serverMs: 1 },
    };
    const check = new MaskCheck(pack, sound);
    const unlikeAfter = async (answer: ExplanationMessage, offset: number) => {
      check.offer(answer, offset);
      await check.settle();
      return check.counts.unlike;
    };
    assert.is(await unlikeAfter(right, 10), 0);
    assert.is(await unlikeAfter({ ...right, mask: right.mask.subarray(-20 * stft.bins) }, 10), 0);
    assert.is(await unlikeAfter(right, 700), 1);
    assert.is(await unlikeAfter({ ...right, mask: right.mask.map((value) => value ^ 4) }, 10), 2);
    assert.is(await unlikeAfter({ ...right, probabilities: right.probabilities.toReversed() }, 10), 3);
    assert.is(await unlikeAfter({ ...right, mask: new Uint8Array() }, 10), 4);
    assert.is(check.counts.compared, 6);
  } finally {
    await pack.close();
  }
});

test.run();
