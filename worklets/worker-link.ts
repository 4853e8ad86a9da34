import { RingBuffer } from "../dsp/index.ts";
import { type AudioShape, framesIn } from "../protocol/audio-shape.ts";
import {
  PACKET_HEADER,
  PacketField,
  type ProcessorToWorker,
  readNumber,
  recordWords,
  type SharedMemory,
  type WorkerToProcessor,
} from "../protocol/port.ts";
import { historyFrames, type RecordSink } from "./explainer.ts";
import { MaskBoard, maskBoardBytes } from "./mask-board.ts";

/** Records that may be under way or unread at the worker: 2 seconds of frames, up to the next power of two. */
export function recordsInFlight(shape: AudioShape): number {
  return 2 ** Math.ceil(Math.log2(framesIn(shape, 2_000)));
}

/**
 * The audio thread's end of its port to the pipeline worker: records out, masks and delays in.
 *
 * With shared memory nothing here allocates. Without, records are copied into buffers of a pool that is filled at
 * construction and refilled only by what the worker returns. (Posting a message allocates inside the browser, which
 * no code can avoid.) When ring or pool is full the record is refused; until `connect`, every one is.
 */
export class WorkerLink implements RecordSink {
  readonly masks: MaskBoard;
  #port: MessagePort | null = null;
  readonly #ring: RingBuffer | null = null;
  readonly #bell: Int32Array | null = null;
  readonly #pool: Float32Array[] = [];
  readonly #poolSize: number;
  #pooled = 0;
  /** The same ones for every post. */
  readonly #recordMessage: { type: "record"; record: Float32Array };
  readonly #masksMessage: { type: "masks"; packet: Float32Array };
  readonly #transfer: ArrayBufferLike[] = [];
  readonly #bins: number;
  readonly #onDelay: (frames: number) => void;

  constructor(
    memory: SharedMemory | null,
    shape: AudioShape,
    maxDelayFrames: number,
    onDelay: (frames: number) => void,
  ) {
    const { bins } = shape;
    this.#bins = bins;
    this.#onDelay = onDelay;
    const bytes = maskBoardBytes(historyFrames(maxDelayFrames, shape), bins);
    this.masks = new MaskBoard(memory?.masks ?? new ArrayBuffer(bytes), bins);
    this.#poolSize = memory ? 0 : recordsInFlight(shape);
    this.#recordMessage = { type: "record", record: new Float32Array(0) };
    this.#masksMessage = { type: "masks", packet: new Float32Array(0) };
    if (memory) {
      this.#ring = new RingBuffer(memory.records);
      this.#bell = new Int32Array(memory.bell);
    } else {
      this.masks.clear();
      for (let n = 0; n < this.#poolSize; n++) this.#pool.push(new Float32Array(recordWords(shape)));
      this.#pooled = this.#poolSize;
    }
  }

  connect(port: MessagePort): void {
    this.disconnect();
    this.#port = port;
    port.onmessage = (event: MessageEvent<WorkerToProcessor>) => this.#receive(event.data);
  }

  disconnect(): void {
    this.#port?.close();
    this.#port = null;
  }

  send(record: Float32Array): boolean {
    if (this.#port === null) return false;
    if (this.#ring !== null && this.#bell !== null) {
      // A part of a record would put every later one out of step.
      if (this.#ring.room < record.length) return false;
      this.#ring.push(record);
      Atomics.add(this.#bell, 0, 1);
      // Never waits for the worker; inside the browser it is a short look into a list of waiters.
      Atomics.notify(this.#bell, 0);
      return true;
    }
    if (this.#pooled === 0) return false;
    const buffer = this.#pool[--this.#pooled];
    buffer.set(record);
    this.#recordMessage.record = buffer;
    this.#post(this.#port, this.#recordMessage, buffer);
    return true;
  }

  #receive(message: WorkerToProcessor): void {
    switch (message.type) {
      case "delay":
        this.#onDelay(message.frames);
        break;
      case "record":
        // Never more than were lent, so the pool keeps its size.
        if (this.#pooled < this.#poolSize) this.#pool[this.#pooled++] = message.record;
        break;
      case "masks":
        this.#useMasks(message.packet);
        break;
      default:
        message satisfies never;
    }
  }

  #useMasks(packet: Float32Array): void {
    const first = readNumber(packet, PacketField.firstFrame);
    const frames = readNumber(packet, PacketField.frames);
    for (let n = 0; n < frames; n++) this.masks.write(first + n, packet, PACKET_HEADER + n * this.#bins);
    this.#masksMessage.packet = packet;
    if (this.#port !== null) this.#post(this.#port, this.#masksMessage, packet);
  }

  /** Gives the words away with the message. */
  #post(port: MessagePort, message: ProcessorToWorker, words: Float32Array): void {
    this.#transfer[0] = words.buffer;
    port.postMessage(message, this.#transfer as ArrayBuffer[]);
  }
}
