import { MessageChannel } from "node:worker_threads";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { RingBuffer } from "../../dsp/index.ts";
import { BINS } from "../../lab/networks/own-shape.ts";
import {
  PACKET_HEADER,
  PacketField,
  type ProcessorToWorker,
  packetWords,
  readNumber,
  recordWords,
  writeNumber,
} from "../../protocol/port.ts";
import { recordsInFlight, WorkerLink } from "../../worklets/worker-link.ts";
import { OWN_SHAPE, sharedMemory } from "./rig.ts";

const MAX_DELAY = 20;
const IN_FLIGHT = recordsInFlight(OWN_SHAPE);

function channel(): { near: MessagePort; far: MessagePort } {
  const { port1, port2 } = new MessageChannel();
  return { near: port1 as unknown as MessagePort, far: port2 as unknown as MessagePort };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test("whole numbers survive the header far beyond what a float32 counts", () => {
  const words = new Float32Array(4);
  for (const value of [0, 1, -1, 2 ** 20, 2 ** 24 + 1, 2 ** 31 - 1, 123_456_789_012]) {
    writeNumber(words, 1, value);
    assert.is(readNumber(words, 1), value);
  }
});

test("without shared memory records travel by transfer from a pool that never grows", async () => {
  const { near, far } = channel();
  const link = new WorkerLink(null, OWN_SHAPE, MAX_DELAY, () => {});
  const record = new Float32Array(recordWords(OWN_SHAPE)).fill(7);
  assert.not(link.send(record), "not connected");
  link.connect(near);
  const received: Float32Array[] = [];
  far.onmessage = ({ data }: MessageEvent<ProcessorToWorker>) => {
    if (data.type === "record") received.push(data.record);
  };
  for (let n = 0; n < IN_FLIGHT; n++) assert.ok(link.send(record));
  assert.not(link.send(record), "all are under way");
  await settled();
  assert.is(received.length, IN_FLIGHT);
  assert.is(received[3][100], 7);
  far.postMessage({ type: "record", record: received[0] }, [received[0].buffer as ArrayBuffer]);
  await settled();
  record.fill(8);
  assert.ok(link.send(record), "one came back");
  assert.not(link.send(record));
  await settled();
  assert.is(received.at(-1)?.[0], 8);
  link.disconnect();
});

test("with shared memory records lie in the ring and the bell rings", () => {
  const { near, far } = channel();
  const memory = sharedMemory(MAX_DELAY, 3);
  const link = new WorkerLink(memory, OWN_SHAPE, MAX_DELAY, () => {});
  link.connect(near);
  const record = new Float32Array(recordWords(OWN_SHAPE));
  for (let n = 0; n < 3; n++) assert.ok(link.send(record.fill(n)));
  assert.not(link.send(record), "full, and no part of a record was written");
  assert.is(new Int32Array(memory.bell)[0], 3);
  const ring = new RingBuffer(memory.records);
  for (let n = 0; n < 3; n++) {
    assert.is(ring.pop(record), record.length);
    assert.ok(record.every((value) => value === n));
  }
  link.disconnect();
  far.close();
});

test("masks and delays arrive by message, and the packet goes back", async () => {
  const { near, far } = channel();
  const delays: number[] = [];
  const link = new WorkerLink(null, OWN_SHAPE, MAX_DELAY, (frames) => delays.push(frames));
  link.connect(near);
  const returned: Float32Array[] = [];
  far.onmessage = ({ data }: MessageEvent<ProcessorToWorker>) => {
    if (data.type === "masks") returned.push(data.packet);
  };
  const packet = new Float32Array(packetWords(2, BINS));
  writeNumber(packet, PacketField.firstFrame, 41);
  writeNumber(packet, PacketField.frames, 2);
  packet.fill(0.25, PACKET_HEADER, PACKET_HEADER + BINS).fill(0.75, PACKET_HEADER + BINS);
  far.postMessage({ type: "masks", packet }, [packet.buffer as ArrayBuffer]);
  far.postMessage({ type: "delay", frames: 9 });
  await settled();
  const row = new Float32Array(BINS);
  assert.ok(link.masks.read(42, row));
  assert.is(row[100], 0.75);
  assert.ok(link.masks.read(41, row));
  assert.is(row[256], 0.25);
  assert.not(link.masks.read(43, row));
  assert.equal(delays, [9]);
  assert.is(returned.length, 1);
  link.disconnect();
});

test.run();
