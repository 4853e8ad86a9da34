import { Subject } from "rxjs";
import { RingBuffer } from "../../../dsp/ring-buffer.ts";
import type { AudioShape } from "../../../protocol/audio-shape.ts";
import {
  PACKET_HEADER,
  PacketField,
  type ProcessorToWorker,
  packetWords,
  RECORD_HEADER,
  RecordField,
  readNumber,
  recordWords,
  type SharedMemory,
  type WorkerToProcessor,
  writeNumber,
} from "../../../protocol/port.ts";
import { MaskBoard } from "../../../worklets/mask-board.ts";

/** What the audio thread tells of each hop. The arrays are reused: they hold only while the record is emitted. */
export interface FrameRecord {
  /** Index of the frame that has just arrived. */
  readonly frame: number;
  /** Its magnitudes [bins]. */
  readonly magnitudes: Float32Array;
  /** Its phases [bins] in radians, where the model wants them. */
  readonly phases?: Float32Array | undefined;
  /** Index of the frame that has just gone out; -1 while the delay line fills. */
  readonly appliedFrame: number;
  /** The mask [bins] that was applied to it. */
  readonly mask: Float32Array;
  /** How it came by that: a `MaskState`. */
  readonly maskState: number;
  /** Frames so far that went out without a mask of their own, under one held for at most 16 ms. */
  readonly late: number;
  /** Frames so far that went out without a mask of their own and not so soon after one that had. */
  readonly missed: number;
  /** D as it is heard now. */
  readonly delayFrames: number;
  /** Records so far that could not be sent. */
  readonly dropped: number;
}

/** Where `Atomics.waitAsync` is missing, the ring is looked at this often. */
const POLL_MS = 4;

type WaitAsync = (
  array: Int32Array,
  index: number,
  value: number,
) => { readonly async: false } | { readonly async: true; readonly value: Promise<string> };

/** The pipeline worker's end of its port to the audio thread: records in, masks and delays out. */
export class ProcessorLink {
  readonly #records = new Subject<FrameRecord>();
  readonly records$ = this.#records.asObservable();
  readonly #board: MaskBoard | null;
  readonly #ring: RingBuffer | null;
  readonly #bell: Int32Array | null;
  readonly #record: Float32Array;
  #poll: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(
    readonly port: MessagePort,
    memory: SharedMemory | null,
    readonly shape: Pick<AudioShape, "bins" | "phases">,
  ) {
    this.#board = memory && new MaskBoard(memory.masks, shape.bins);
    this.#ring = memory && new RingBuffer(memory.records);
    this.#record = new Float32Array(recordWords(shape));
    this.#bell = memory && new Int32Array(memory.bell);
  }

  /** Begins to emit records; subscribe first. */
  start(): void {
    this.port.onmessage = ({ data }: MessageEvent<ProcessorToWorker>) => {
      // A mask packet only comes back so that it is not freed on the audio thread.
      if (data.type !== "record" || this.#closed) return;
      this.#emit(data.record);
      this.#post({ type: "record", record: data.record }, [data.record.buffer as ArrayBuffer]);
    };
    if (!this.#ring || !this.#bell) return;
    const waitAsync = (Atomics as { waitAsync?: WaitAsync }).waitAsync;
    if (waitAsync) void this.#followBell(this.#bell, waitAsync);
    else this.#poll = setInterval(() => this.#drain(), POLL_MS);
  }

  /** Records that the audio thread has sent and nobody has read yet; null where only the sender knows. */
  get unread(): number | null {
    return this.#ring && Math.floor(this.#ring.available / this.#record.length);
  }

  /** Gives masks, row-major [frames, bins], to the frames from `firstFrame` on. */
  writeMasks(firstFrame: number, rows: Float32Array): void {
    const { bins } = this.shape;
    const frames = rows.length / bins;
    if (this.#board) {
      for (let n = 0; n < frames; n++) this.#board.write(firstFrame + n, rows, n * bins);
      return;
    }
    const packet = new Float32Array(packetWords(frames, bins));
    writeNumber(packet, PacketField.firstFrame, firstFrame);
    writeNumber(packet, PacketField.frames, frames);
    packet.set(rows, PACKET_HEADER);
    this.#post({ type: "masks", packet }, [packet.buffer]);
  }

  setDelay(frames: number): void {
    this.#post({ type: "delay", frames });
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    // Wakes the loop that waits, so that it can end.
    if (this.#bell) Atomics.notify(this.#bell, 0);
    this.port.onmessage = null;
    this.port.close();
    this.#records.complete();
  }

  async #followBell(bell: Int32Array, waitAsync: WaitAsync): Promise<void> {
    while (!this.#closed) {
      const heard = Atomics.load(bell, 0);
      this.#drain();
      const wait = waitAsync(bell, 0, heard);
      if (wait.async) await wait.value;
    }
  }

  #drain(): void {
    while (!this.#closed && this.#ring?.pop(this.#record)) this.#emit(this.#record);
  }

  #emit(record: Float32Array): void {
    const { bins, phases } = this.shape;
    const row = (n: number) => record.subarray(RECORD_HEADER + n * bins, RECORD_HEADER + (n + 1) * bins);
    this.#records.next({
      frame: readNumber(record, RecordField.frame),
      magnitudes: row(0),
      appliedFrame: readNumber(record, RecordField.appliedFrame),
      mask: row(1),
      maskState: readNumber(record, RecordField.maskState),
      phases: phases ? row(2) : undefined,
      late: readNumber(record, RecordField.late),
      missed: readNumber(record, RecordField.missed),
      delayFrames: readNumber(record, RecordField.delayFrames),
      dropped: readNumber(record, RecordField.dropped),
    });
  }

  #post(message: WorkerToProcessor, transfer: Transferable[] = []): void {
    if (!this.#closed) this.port.postMessage(message, transfer);
  }
}
