import { Worker } from "node:worker_threads";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { RingBuffer, ringBufferStorage } from "../../dsp/index.ts";
import { heapBytesPerCall, noise, randomNumbers } from "./signals.ts";

for (const shared of [false, true]) {
  test(`behaves like a bounded list, ${shared ? "shared" : "private"} memory`, () => {
    const random = randomNumbers(shared ? 1 : 2);
    for (const capacity of [1, 2, 7, 128, 1000]) {
      const storage = ringBufferStorage(capacity, shared);
      const writer = new RingBuffer(storage);
      const reader = new RingBuffer(storage);
      assert.is(writer.capacity, capacity);
      const model: number[] = [];
      let next = 1;
      for (let step = 0; step < 500; step++) {
        const length = Math.floor(random() * capacity * 1.5);
        if (random() < 0.5) {
          const input = Float32Array.from({ length }, (_, n) => next + n);
          const taken = writer.push(input);
          assert.is(taken, Math.min(length, capacity - model.length), "takes what there is room for");
          model.push(...input.subarray(0, taken));
          next += taken;
        } else {
          // Canaries on both sides: only the asked range may be written.
          const out = new Float32Array(length + 2).fill(-1);
          const given = reader.pop(out, 1, length + 1);
          assert.is(given, Math.min(length, model.length));
          assert.equal([...out.subarray(1, 1 + given)], model.splice(0, given));
          assert.ok(out[0] === -1 && out.subarray(1 + given).every((value) => value === -1));
        }
        assert.is(writer.available, model.length);
        assert.is(reader.room, capacity - model.length);
      }
    }
  });
}

test("a full queue takes nothing, an empty one gives nothing, odd ranges are harmless", () => {
  const queue = new RingBuffer(ringBufferStorage(4, false));
  assert.is(queue.pop(new Float32Array(3)), 0);
  assert.is(queue.push(new Float32Array(9)), 4);
  assert.is(queue.push(new Float32Array(9)), 0);
  assert.is(queue.pop(new Float32Array(3), 3, 1), 0);
  assert.is(queue.push(new Float32Array(3), 2, 2), 0);
  assert.is(queue.available, 4);
});

test("keeps order and values between two threads", async () => {
  const total = 500_000;
  const storage = ringBufferStorage(1024, true) as SharedArrayBuffer;
  const producer = new Worker(new URL("./ring-buffer-producer.mjs", import.meta.url), {
    workerData: { storage, total },
  });
  const failed = new Promise<never>((_, reject) => producer.once("error", reject));
  const queue = new RingBuffer(storage);
  const random = randomNumbers(3);
  const out = new Float32Array(300);
  let next = 0;
  while (next < total) {
    const given = queue.pop(out, 0, 1 + Math.floor(random() * out.length));
    for (let n = 0; n < given; n++) {
      if (out[n] !== next++) assert.unreachable(`${out[n]} came where ${next - 1} was due`);
    }
    if (given === 0) await Promise.race([new Promise(setImmediate), failed]);
  }
  assert.is(queue.available, 0);
  await producer.terminate();
});

test("allocates nothing once it runs", () => {
  const queue = new RingBuffer(ringBufferStorage(500, true));
  const input = noise(128, 4);
  const out = new Float32Array(128);
  const bytes = heapBytesPerCall(() => {
    queue.push(input);
    queue.pop(out);
  });
  assert.ok(bytes < 8, `${bytes} bytes a turn`);
});

test("refuses a capacity that makes no queue, by value", () => {
  for (const capacity of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => ringBufferStorage(capacity, false), new RegExp(`${capacity} samples`));
  }
});

test.run();
