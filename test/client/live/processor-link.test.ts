// Both ends of the port between audio thread and pipeline worker, with shared memory and without.
import { MessageChannel } from "node:worker_threads";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FrameRecord, ProcessorLink } from "../../../client/live/pipeline/processor-link.ts";
import { ringBufferStorage } from "../../../dsp/index.ts";
import { BINS } from "../../../lab/networks/own-shape.ts";
import { recordWords, type SharedMemory } from "../../../protocol/port.ts";
import { Explainer, historyFrames } from "../../../worklets/explainer.ts";
import { MaskBoard, maskBoardBytes } from "../../../worklets/mask-board.ts";
import { recordsInFlight, WorkerLink } from "../../../worklets/worker-link.ts";
import { constantMask, noise, OWN_SHAPE, rms } from "../../worklets/rig.ts";

const MAX_DELAY = 30;

function sharedMemory(): SharedMemory {
  const masks = new SharedArrayBuffer(maskBoardBytes(historyFrames(MAX_DELAY, OWN_SHAPE), BINS));
  new MaskBoard(masks, BINS).clear();
  return {
    records: ringBufferStorage(
      recordsInFlight(OWN_SHAPE) * recordWords(OWN_SHAPE),
      true,
    ) as SharedArrayBuffer,
    masks,
    bell: new SharedArrayBuffer(4),
  };
}

const arrival = () => new Promise((resolve) => setTimeout(resolve, 5));

for (const way of ["shared", "transferred", "polled"] as const) {
  test(`${way}: records arrive in order, masks and the delay take effect`, async () => {
    const waitAsync = Object.getOwnPropertyDescriptor(Atomics, "waitAsync");
    if (way === "polled") Reflect.deleteProperty(Atomics, "waitAsync");
    const memory = way === "transferred" ? null : sharedMemory();
    const { port1, port2 } = new MessageChannel();
    let explainer: Explainer | null = null;
    const near = new WorkerLink(memory, OWN_SHAPE, MAX_DELAY, (frames) => explainer?.setDelay(frames));
    near.connect(port1 as unknown as MessagePort);
    explainer = new Explainer({
      sampleRate: 16_000,
      shape: OWN_SHAPE,
      masking: "linear",
      delayFrames: 10,
      maxDelayFrames: MAX_DELAY,
      listening: "explanation",
      masks: near.masks,
      records: near,
    });
    const far = new ProcessorLink(port2 as unknown as MessagePort, memory, OWN_SHAPE);
    const records: Pick<FrameRecord, "frame" | "appliedFrame" | "missed" | "delayFrames">[] = [];
    const applied: number[] = [];
    let completed = false;
    far.records$.subscribe({
      next: (record) => {
        records.push({ ...record });
        if (record.appliedFrame >= 0) applied.push(record.mask[40]);
        assert.ok(record.frame < 5 || record.magnitudes[40] > 0);
      },
      complete: () => {
        completed = true;
      },
    });
    far.start();
    far.setDelay(14);
    await arrival();
    // Masks for the first 60 frames, some of them after the next.
    far.writeMasks(20, new Float32Array(40 * BINS).fill(0.25));
    far.writeMasks(0, new Float32Array(20 * BINS).fill(0.5));
    await arrival();

    const input = noise(128, 3);
    const output = new Float32Array(128 * 60);
    for (let hop = 0; hop < 60; hop++) {
      explainer.process(input, output.subarray(hop * 128, (hop + 1) * 128));
      if (hop % 7 === 0) await arrival();
    }
    await arrival();
    assert.equal(
      records.map(({ frame }) => frame),
      Array.from({ length: 60 }, (_, n) => n),
    );
    assert.is(records.at(-1)?.delayFrames, 14);
    assert.is(records.at(-1)?.appliedFrame, 59 - 14);
    assert.is(records.at(-1)?.missed, 0);
    assert.equal(applied.slice(0, 20), [...constantMask(0.5).slice(0, 20)]);
    assert.is(applied.at(-1), 0.25);
    assert.ok(rms(output, 128 * 50) > 0);

    far.close();
    assert.ok(completed);
    near.disconnect();
    if (way === "polled" && waitAsync) Object.defineProperty(Atomics, "waitAsync", waitAsync);
  });
}

test.run();
