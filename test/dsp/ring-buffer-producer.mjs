// Thread of ring-buffer.test.ts: pushes 0, 1, 2 … up to `total` in seeded pieces as fast as there is room.
// Plain JavaScript, as Node 20 does not hand the TypeScript loader of the main thread on to its workers.
import { workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
const { RingBuffer } = await import("../../dsp/index.ts");
const { randomNumbers } = await import("./signals.ts");

const { storage, total } = workerData;
const queue = new RingBuffer(storage);
const random = randomNumbers(1);
const piece = new Float32Array(300);
for (let next = 0; next < total; ) {
  const length = Math.min(total - next, 1 + Math.floor(random() * piece.length));
  for (let n = 0; n < length; n++) piece[n] = next + n;
  next += queue.push(piece, 0, length);
}
