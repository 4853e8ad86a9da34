// An explainer with everything around it made by hand: masks written by the test, records kept.
import * as assert from "uvu/assert";
import { ringBufferStorage } from "../../dsp/index.ts";
import { BINS, HOP, MODEL_RATE, WINDOW } from "../../lab/networks/own-shape.ts";
import type { AudioShape } from "../../protocol/audio-shape.ts";
import {
  RECORD_HEADER,
  RecordField,
  readNumber,
  recordWords,
  type SharedMemory,
} from "../../protocol/port.ts";
import { Explainer, type ExplainerOptions, historyFrames } from "../../worklets/explainer.ts";
import { MaskBoard, maskBoardBytes } from "../../worklets/mask-board.ts";

/** Of the released pack. */
export const OWN_SHAPE: AudioShape = {
  sampleRate: MODEL_RATE,
  window: WINDOW,
  hop: HOP,
  bins: BINS,
  phases: false,
};

export interface KeptRecord {
  frame: number;
  appliedFrame: number;
  missed: number;
  late: number;
  delayFrames: number;
  dropped: number;
  maskState: number;
  magnitudes: Float32Array;
  mask: Float32Array;
  /** Empty where the shape is without phases. */
  phases: Float32Array;
}

export class Rig {
  readonly board: MaskBoard;
  readonly records: KeptRecord[] = [];
  readonly explainer: Explainer;
  /** Called for each record; it may write masks. */
  onRecord: (record: KeptRecord) => void = () => {};
  full = false;
  readonly #bins: number;

  constructor(options: Partial<ExplainerOptions> = {}) {
    const { maxDelayFrames = 40, shape = OWN_SHAPE } = options;
    this.#bins = shape.bins;
    const bytes = maskBoardBytes(historyFrames(maxDelayFrames, shape), shape.bins);
    this.board = new MaskBoard(new ArrayBuffer(bytes), shape.bins);
    this.board.clear();
    this.explainer = new Explainer({
      sampleRate: 16_000,
      shape,
      masking: "linear",
      delayFrames: 4,
      maxDelayFrames,
      listening: "explanation",
      masks: this.board,
      records: { send: (record) => this.#keep(record) },
      ...options,
    });
  }

  /** Masks for each frame as soon as it has arrived. */
  maskEvery(mask: (frame: number) => Float32Array): void {
    this.onRecord = ({ frame }) => this.board.write(frame, mask(frame));
  }

  /** Runs `input` through in pieces of the given sizes, in turn. */
  run(input: Float32Array, sizes: () => number = () => 128): Float32Array {
    const output = new Float32Array(input.length);
    for (let start = 0; start < input.length; ) {
      const end = Math.min(input.length, start + sizes());
      this.explainer.process(input.subarray(start, end), output.subarray(start, end));
      start = end;
    }
    return output;
  }

  #keep(record: Float32Array): boolean {
    if (this.full) return false;
    const row = (n: number) =>
      record.slice(RECORD_HEADER + n * this.#bins, RECORD_HEADER + (n + 1) * this.#bins);
    const kept = {
      frame: readNumber(record, RecordField.frame),
      appliedFrame: readNumber(record, RecordField.appliedFrame),
      missed: readNumber(record, RecordField.missed),
      late: readNumber(record, RecordField.late),
      delayFrames: readNumber(record, RecordField.delayFrames),
      dropped: readNumber(record, RecordField.dropped),
      maskState: readNumber(record, RecordField.maskState),
      magnitudes: row(0),
      mask: row(1),
      phases: row(2),
    };
    this.records.push(kept);
    this.onRecord(kept);
    return true;
  }
}

/** What audio thread and worker share, with room for so many records. */
export function sharedMemory(maxDelayFrames: number, records: number): SharedMemory {
  return {
    records: ringBufferStorage(records * recordWords(OWN_SHAPE), true) as SharedArrayBuffer,
    masks: new SharedArrayBuffer(maskBoardBytes(historyFrames(maxDelayFrames, OWN_SHAPE), BINS)),
    bell: new SharedArrayBuffer(4),
  };
}

export const constantMask = (value: number, bins = BINS) => new Float32Array(bins).fill(value);

/** Mulberry32: the same numbers in [0, 1) for the same seed. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function noise(length: number, seed: number, amplitude = 0.5): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => amplitude * (2 * next() - 1));
}

export function sine(length: number, hz: number, rate: number, amplitude = 0.5): Float32Array {
  return Float32Array.from({ length }, (_, n) => amplitude * Math.sin((2 * Math.PI * hz * n) / rate));
}

export function largestDifference(a: Float32Array, b: Float32Array, from = 0, to = a.length): number {
  let largest = 0;
  for (let n = from; n < to; n++) largest = Math.max(largest, Math.abs(a[n] - b[n]));
  return largest;
}

export function rms(samples: Float32Array, from = 0, to = samples.length): number {
  let sum = 0;
  for (let n = from; n < to; n++) sum += samples[n] ** 2;
  return Math.sqrt(sum / (to - from));
}

/** The largest bend of the curve: what a click is made of. */
export function largestBend(samples: Float32Array, from = 2, to = samples.length): number {
  let largest = 0;
  for (let n = Math.max(2, from); n < to; n++) {
    largest = Math.max(largest, Math.abs(samples[n] - 2 * samples[n - 1] + samples[n - 2]));
  }
  return largest;
}

export function delayed(samples: Float32Array, by: number): Float32Array {
  const out = new Float32Array(samples.length);
  out.set(samples.subarray(0, samples.length - by), by);
  return out;
}

const ROUNDS = 12;
// A collection in between would make a round look as if it gave memory back.
const quiet = (bytes: number) => bytes >= 0 && bytes < 100_000;

/**
 * Bytes of heap that each round of 20,000 quanta took, up to the first that took none. Until everything is compiled, the
 * engine itself allocates, and on a busy machine that comes late: what the code allocates, it allocates in every round.
 */
export function heapOfRounds(run: (quanta: number) => void): number[] {
  run(10_000);
  const rounds: number[] = [];
  while (rounds.length < ROUNDS && !rounds.some(quiet)) {
    const before = process.memoryUsage().heapUsed;
    run(20_000);
    rounds.push(process.memoryUsage().heapUsed - before);
  }
  return rounds;
}

export function assertOneTookNothing(rounds: readonly number[]): void {
  assert.ok(rounds.some(quiet), `${rounds} bytes in 20,000 quanta: 5 bytes a quantum would be one number`);
}
