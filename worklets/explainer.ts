import {
  type Masking,
  magnitudes,
  phases,
  RingBuffer,
  ringBufferStorage,
  StreamingResampler,
  StreamingStft,
} from "../dsp/index.ts";
import { type AudioShape, framesIn } from "../protocol/audio-shape.ts";
import { type OutputChoice, RECORD_HEADER, RecordField, recordWords, writeNumber } from "../protocol/port.ts";
import { Fade } from "./fade.ts";
import type { FeedbackGuard } from "./feedback-guard.ts";
import { FrameHistory } from "./frame-history.ts";
import { Lane } from "./lane.ts";
import { LoudnessMatch } from "./loudness-match.ts";
import type { MaskBoard } from "./mask-board.ts";
import { MaskSchedule } from "./mask-schedule.ts";
import { Mixer } from "./mixer.ts";
import type { Recent } from "./recent.ts";

/** Takes one frame record a hop, and copies what it keeps; false when it could not be taken. */
export interface RecordSink {
  send(record: Float32Array): boolean;
}

export interface ExplainerOptions {
  /** Of the device, in Hz; rounded to a whole number. */
  readonly sampleRate: number;
  /** Of the sound that the model hears. */
  readonly shape: AudioShape;
  readonly masking: Masking;
  /** D: frames from a frame's arrival to its way out. */
  readonly delayFrames: number;
  /** The most that D may become. */
  readonly maxDelayFrames: number;
  readonly listening: OutputChoice;
  /** Whether explanation and rest are made as loud as the original; not when left out. */
  readonly matchLoudness?: boolean;
  /** Masks by frame; whoever fills it stays at most `maxDelayFrames` ahead of what is heard. */
  readonly masks: MaskBoard;
  readonly records: RecordSink;
  /** Where what goes out is kept for a while; nowhere when left out. */
  readonly recent?: Recent;
  /** Turns the output down when it feeds back into the input; nothing does when left out. */
  readonly guard?: FeedbackGuard | undefined;
  /** Frames held so that count as late and not as missed; 16 ms of them when left out. */
  readonly lateFrames?: number;
  /** Frames for which the last mask is held when newer ones fail to come; 200 ms of them when left out. */
  readonly holdFrames?: number;
  /** Frames over which it then fades to a mask of ones; 400 ms of them when left out. */
  readonly fadeFrames?: number;
}

/** Both fades: between original, explanation and rest, and between two delays. */
const FADE_SECONDS = 0.02;
const LATE_MS = 16;
const HOLD_MS = 200;
const MASK_FADE_MS = 400;
/** Device samples processed at once, which bounds the buffers: a Web Audio render quantum. */
const PIECE = 128;
/** Louder than this is a fault and not a sound; it would stay in the filters. */
const LARGEST_SAMPLE = 1e4;

/**
 * All that happens to the sound: it is brought to the model's rate, cut into frames, held back by D frames, masked,
 * put together again and brought back to the device's rate, as many samples out as in.
 *
 * The delay is the same for every output choice: `latencySeconds`, that is D hops and one window at the model's rate,
 * and at other device rates the delays of the two resamplers.
 * After construction nothing allocates, waits or throws.
 */
export class Explainer {
  readonly #shape: AudioShape;
  readonly #framingSeconds: number;
  readonly #toModel: StreamingResampler;
  readonly #toDevice: StreamingResampler;
  readonly #stft: StreamingStft;
  readonly #history: FrameHistory;
  readonly #schedule: MaskSchedule;
  readonly #masks: MaskBoard;
  readonly #records: RecordSink;
  readonly #recent: Recent | null;
  readonly #guard: FeedbackGuard | null;
  /** The guard's, at the last sample. */
  private gain = 1;
  readonly #match: LoudnessMatch;
  readonly #mixer: Mixer;
  readonly #maxDelayFrames: number;
  readonly #lanes: readonly [Lane, Lane];
  readonly #laneFade: Fade;
  /** Index of the lane that is heard; the other one is warming up or fading in while `#changing`. */
  #lane = 0;
  #changing = false;
  #wantedDelay: number;
  #dropped = 0;

  readonly #clean = new Float32Array(PIECE);
  readonly #modelIn: Float32Array;
  readonly #modelOut: Float32Array;
  /** One hop of both sounds while two delays are cross-faded. */
  readonly #original: Float32Array;
  readonly #explanation: Float32Array;
  readonly #deviceOut: Float32Array;
  readonly #queue: RingBuffer;
  readonly #record: Float32Array;
  /** The samples of the hop that is being filled. */
  readonly #newest: Float32Array;
  #hopFilled = 0;
  readonly #onFrame = (spectrum: Float32Array, frame: number) => this.#processFrame(spectrum, frame);

  constructor(options: ExplainerOptions) {
    const { shape } = options;
    const rate = Math.round(options.sampleRate);
    this.#shape = shape;
    this.#framingSeconds = framingSeconds(rate, shape);
    this.#toModel = new StreamingResampler(rate, shape.sampleRate);
    this.#toDevice = new StreamingResampler(shape.sampleRate, rate);
    this.#stft = new StreamingStft(shape);
    this.#maxDelayFrames = options.maxDelayFrames;
    this.#wantedDelay = this.#allowedDelay(options.delayFrames);
    const capacity = historyFrames(options.maxDelayFrames, shape);
    this.#history = new FrameHistory(capacity, shape);
    this.#schedule = new MaskSchedule({
      bins: shape.bins,
      capacity,
      lateFrames: options.lateFrames ?? framesIn(shape, LATE_MS),
      holdFrames: options.holdFrames ?? framesIn(shape, HOLD_MS),
      fadeFrames: options.fadeFrames ?? framesIn(shape, MASK_FADE_MS),
    });
    this.#masks = options.masks;
    this.#records = options.records;
    this.#recent = options.recent ?? null;
    this.#guard = options.guard ?? null;
    const fadeSamples = Math.round(FADE_SECONDS * shape.sampleRate);
    this.#match = new LoudnessMatch(shape, options.matchLoudness ?? false);
    this.#mixer = new Mixer(options.listening, this.#match, fadeSamples);
    this.#laneFade = new Fade(fadeSamples);
    this.#lanes = [new Lane(options.masking, shape), new Lane(options.masking, shape)];
    this.#lanes[0].start(this.#wantedDelay);

    this.#modelIn = new Float32Array(this.#toModel.maxOutput(PIECE));
    this.#modelOut = new Float32Array(shape.hop);
    this.#original = new Float32Array(shape.hop);
    this.#explanation = new Float32Array(shape.hop);
    this.#newest = new Float32Array(shape.hop);
    this.#record = new Float32Array(recordWords(shape));
    this.#deviceOut = new Float32Array(this.#toDevice.maxOutput(shape.hop));
    // Sound leaves the frames a hop at a time. With one hop in hand there is always enough, whatever the chunking: N
    // samples in make ceil(N * model rate / rate) at the model's rate, and all but the last hop - 1 of those come back.
    const primed = this.#toDevice.maxOutput(shape.hop);
    const hopsAtOnce = Math.ceil(this.#modelIn.length / shape.hop) + 1;
    this.#queue = new RingBuffer(
      ringBufferStorage(primed + hopsAtOnce * this.#deviceOut.length + PIECE, false),
    );
    this.#queue.push(new Float32Array(primed));
  }

  /** D as it is heard, or as it will be after the cross-fade under way. */
  get delayFrames(): number {
    return this.#lanes[this.#changing ? 1 - this.#lane : this.#lane].delayFrames;
  }

  /** Seconds from a sample's way in to the same sample's way out. */
  get latencySeconds(): number {
    const { hop, sampleRate } = this.#shape;
    return this.#framingSeconds + (this.delayFrames * hop) / sampleRate;
  }

  choose(listening: OutputChoice): void {
    this.#mixer.choose(listening);
  }

  matchLoudness(on: boolean): void {
    this.#match.on = on;
  }

  /** Moves D, within its limits, by a cross-fade; while one is under way only the newest wish is kept. */
  setDelay(frames: number): void {
    this.#wantedDelay = this.#allowedDelay(frames);
  }

  /** As many samples out as in. `input` may be `output`. NaN and absurdly large samples count as silence. */
  process(input: Float32Array, output: Float32Array): void {
    const clean = this.#clean;
    for (let start = 0; start < output.length; start += PIECE) {
      const count = Math.min(PIECE, output.length - start);
      for (let n = 0; n < count; n++) {
        const sample = input[start + n];
        clean[n] = sample > -LARGEST_SAMPLE && sample < LARGEST_SAMPLE ? sample : 0;
      }
      const arrived = this.#toModel.push(clean, this.#modelIn, 0, count);
      this.#takeSamples(arrived);
      this.#queue.pop(output, start, start + count);
    }
  }

  #takeSamples(count: number): void {
    const newest = this.#newest;
    for (let n = 0; n < count; n++) {
      newest[this.#hopFilled++] = this.#modelIn[n];
      if (this.#hopFilled === newest.length) {
        this.#hopFilled = 0;
        this.#history.writeHop(this.#stft.nextFrame, newest);
        this.#stft.push(newest, this.#onFrame);
      }
    }
  }

  #processFrame(spectrum: Float32Array, frame: number): void {
    this.#history.writeSpectrum(frame, spectrum);
    if (!this.#changing && this.#wantedDelay !== this.delayFrames) {
      this.#changing = true;
      this.#lanes[1 - this.#lane].start(this.#wantedDelay);
    }
    const heard = this.#lanes[this.#lane];
    this.#advance(heard, frame);
    if (this.#changing) this.#blendLanes(heard, frame);
    else this.#giveLane(heard, frame);
    const count = this.#toDevice.push(this.#modelOut, this.#deviceOut);
    this.#queue.push(this.#deviceOut, 0, count);
    this.#sendRecord(spectrum, frame);
  }

  #advance(lane: Lane, newest: number): void {
    const frame = newest - lane.delayFrames;
    lane.next(frame, this.#history, this.#schedule.rows, this.#maskOffset(frame));
  }

  #maskOffset(frame: number): number {
    return frame < 0 ? 0 : this.#schedule.settle(frame, this.#masks);
  }

  #giveLane(lane: Lane, newest: number): void {
    this.#give(lane.original, lane.explanation, newest - lane.delayFrames);
  }

  /** Lets one hop of both sounds out, under the mask of `frame`; while lanes are blended, `other` is heard in it too. */
  #give(original: Float32Array, explanation: Float32Array, frame: number, other = frame): void {
    this.#mixer.mix(original, explanation, this.#modelOut);
    if (this.#guard !== null) this.#turnDown(this.#guard);
    if (this.#recent === null || frame < 0) return;
    const schedule = this.#schedule;
    const offset = this.#maskOffset(frame);
    // Of two, the one that is further from a mask of its own.
    const state = Math.max(schedule.stateOf(frame), schedule.stateOf(other));
    this.#recent.write(frame, original, explanation, schedule.rows, offset, state);
  }

  /** Brings what goes out from the last hop's gain to the guard's. */
  #turnDown({ gain }: FeedbackGuard): void {
    const hop = this.#modelOut.length;
    const slope = (gain - this.gain) / hop;
    for (let n = 0; n < hop; n++) this.#modelOut[n] *= this.gain + (n + 1) * slope;
    this.gain = gain;
  }

  #blendLanes(old: Lane, newest: number): void {
    const fresh = this.#lanes[1 - this.#lane];
    this.#advance(fresh, newest);
    if (fresh.frames <= fresh.warmUpFrames) {
      this.#giveLane(old, newest);
      return;
    }
    if (fresh.frames === fresh.warmUpFrames + 1) this.#laneFade.start();
    for (let n = 0; n < this.#modelOut.length; n++) {
      this.#laneFade.step();
      const { share } = this.#laneFade;
      this.#original[n] = old.original[n] + share * (fresh.original[n] - old.original[n]);
      this.#explanation[n] = old.explanation[n] + share * (fresh.explanation[n] - old.explanation[n]);
    }
    this.#give(this.#original, this.#explanation, newest - fresh.delayFrames, newest - old.delayFrames);
    if (this.#laneFade.done) {
      this.#lane = 1 - this.#lane;
      this.#changing = false;
    }
  }

  #sendRecord(spectrum: Float32Array, frame: number): void {
    const record = this.#record;
    const { bins } = this.#shape;
    const applied = frame - this.delayFrames;
    writeNumber(record, RecordField.frame, frame);
    writeNumber(record, RecordField.appliedFrame, Math.max(-1, applied));
    writeNumber(record, RecordField.missed, this.#schedule.missed);
    writeNumber(record, RecordField.late, this.#schedule.late);
    writeNumber(record, RecordField.delayFrames, this.delayFrames);
    writeNumber(record, RecordField.dropped, this.#dropped);
    const rows = this.#schedule.rows;
    const offset = this.#maskOffset(applied);
    writeNumber(record, RecordField.maskState, this.#schedule.stateOf(applied));
    magnitudes(spectrum, record, RECORD_HEADER);
    this.#guard?.push(record, RECORD_HEADER);
    for (let bin = 0; bin < bins; bin++)
      record[RECORD_HEADER + bins + bin] = applied < 0 ? 1 : rows[offset + bin];
    if (this.#shape.phases) phases(spectrum, record, RECORD_HEADER + 2 * bins);
    if (!this.#records.send(record)) this.#dropped++;
  }

  #allowedDelay(frames: number): number {
    return Math.min(this.#maxDelayFrames, Math.max(0, Math.floor(frames) || 0));
  }
}

/** What framing, overlap-add and resampling hold back at a device rate, in seconds; the delay's D hops come on top. */
export function framingSeconds(sampleRate: number, shape: AudioShape): number {
  const rate = Math.round(sampleRate);
  const toDevice = new StreamingResampler(shape.sampleRate, rate);
  const toModel = new StreamingResampler(rate, shape.sampleRate);
  const overlap = shape.window - shape.hop;
  return (
    (overlap + toModel.delay) / shape.sampleRate + (toDevice.delay + toDevice.maxOutput(shape.hop)) / rate
  );
}

/** Frames that history and masks must hold for delays up to `maxDelayFrames`: a power of two with room to spare. */
export function historyFrames(maxDelayFrames: number, { window, hop }: AudioShape): number {
  return 2 ** Math.ceil(Math.log2(maxDelayFrames + Math.max(64, (2 * window) / hop)));
}
