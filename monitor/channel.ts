/** One input from its sound to its closed events. */

import { writeWav } from "../dsp/wav.ts";
import type { Pack } from "../models/pack/pack.ts";
import { ThreadLost } from "../models/runtime/model-thread-node.ts";
import { type BackOff, backOffMs } from "../protocol/back-off.ts";
import type { AnalysisThread } from "./analysis/analysis-thread.ts";
import type { AnalysedBlock } from "./analysis/messages.ts";
import { Detector, type DetectorOptions, laterState } from "./detector.ts";
import { type DetectedEvent, eventId } from "./event.ts";
import { EventKeeper } from "./event-keeper.ts";
import type { Feed } from "./feed.ts";
import { waitingDetail } from "./inputs/endless.ts";
import type { Input, InputReport, Stretch } from "./inputs/input.ts";
import type { LiveAudio } from "./outputs/live-audio.ts";
import type { InputState, MonitorEvent } from "./protocol.ts";
import { SampleHistory } from "./sample-history.ts";
import { type Sleep, sleep as sleepFor } from "./sleep.ts";
import type { EventStore } from "./storage/event-store.ts";

export interface ChannelSettings {
  readonly pack: Pack;
  readonly method: string;
  /** Frames from one window to the next. */
  readonly stride: number;
  readonly detector: DetectorOptions;
  /** Seconds kept before and after an event. */
  readonly before: number;
  readonly after: number;
  /** Windows below this level, in dB of full scale, count as silence: a microphone's own noise sounds like rain. */
  readonly floor: number;
  /** Classes whose presence discards a clip, with the probability from which they count as present. */
  readonly discard: ReadonlyMap<string, number>;
}

interface ChannelParts {
  readonly thread: AnalysisThread;
  readonly store: EventStore;
  readonly feed: Feed;
  readonly live: LiveAudio;
  /** Told of every event that is kept. */
  readonly onClosed: () => void;
  readonly sleep?: Sleep | undefined;
  readonly random?: (() => number) | undefined;
}

/** Seconds given to the thread at a time: short, so that live sound and levels flow. */
const PUSH_SECONDS = 0.25;
const SPARE_SECONDS = 15;
/** Seconds of sound without an event after which it is noted how far it was heard. */
const CHECKPOINT_SECONDS = 60;
/** Times are kept in milliseconds and tenths of them. */
const SAME_MS = 5;
/** For a model's thread that cannot be started. */
const NO_THREAD: BackOff = { firstMs: 1000, longestMs: 60_000 };

export class Channel {
  #ended = false;
  readonly #report: InputReport;

  constructor(
    private readonly number: number,
    readonly input: Input,
    private readonly settings: ChannelSettings,
    private readonly parts: ChannelParts,
  ) {
    const { feed } = parts;
    const { name } = input;
    this.#report = {
      state: (state: InputState, detail?: string) => feed.tell({ type: "input", input: name, state, detail }),
      dropped: (seconds: number) => feed.tell({ type: "dropped", input: name, seconds }),
      failed: (message: string) => feed.tell({ type: "problem", input: name, message }),
      noted: (message: string) => feed.tell({ type: "notice", input: name, message }),
      unread: (count: number) => feed.tell({ type: "pending", input: name, what: "files", count }),
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Until the input ends or the signal is aborted; a file that breaks off is told of and does not end the monitor. */
  async run(signal: AbortSignal): Promise<void> {
    const keeper = this.#keeper(signal);
    let remembered = false;
    try {
      for await (const stretch of this.input.stretches(this.#report, signal)) {
        remembered = stretch.onKept !== undefined;
        try {
          await this.#hear(stretch, keeper, signal);
        } catch (error) {
          this.#report.failed((error as Error).message);
        }
        if (signal.aborted) break;
      }
    } finally {
      await keeper.close(remembered);
      this.#ended = true;
      this.#report.state("ended");
    }
  }

  #keeper(signal: AbortSignal): EventKeeper {
    const { feed, store, onClosed, sleep, random } = this.parts;
    return new EventKeeper(this.input.name, signal, {
      ...{ feed, sleep, random },
      write: (event, clip) => store.close(event, clip),
      onKept: onClosed,
      onRetry: (detail) => {
        if (this.#blocked) this.#report.state("waiting", detail);
        this.#retry = detail;
      },
    });
  }

  /** Whether nothing is heard until events are kept, and what is to be said of it. */
  #blocked = false;
  #retry = "";

  async #hear(stretch: Stretch, keeper: EventKeeper, signal: AbortSignal): Promise<void> {
    const { thread } = this.parts;
    const { sampleRate } = stretch;
    const channel = this.number;
    const size = Math.round(PUSH_SECONDS * sampleRate);
    let hearing = await this.#begin(stretch, 0, keeper, signal);
    let given = 0;
    const finish = async () => {
      await hearing.take((await known(thread.ask("finish", { channel }))) ?? NOTHING);
      await hearing.finish();
      await this.#room("all", stretch, keeper, signal);
    };
    try {
      for await (const block of stretch.blocks) {
        for (let at = 0; at < block.length && !signal.aborted; at += size) {
          const samples = block.subarray(at, at + size);
          given += samples.length;
          const analysed = await known(thread.ask("push", { channel, samples }));
          if (analysed) await hearing.take(analysed);
          else {
            await hearing.finish();
            hearing = await this.#begin(stretch, given, keeper, signal);
          }
          await this.#room("some", stretch, keeper, signal);
        }
        if (signal.aborted) break;
      }
    } catch (error) {
      if (error instanceof ThreadLost) throw error;
      // A file that breaks off: what was heard of it counts.
      await finish();
      throw error;
    }
    await finish();
    if (!signal.aborted) hearing.tellEnd();
  }

  /** Files wait until their events are kept: at their end for all of them. Live sound does not wait. */
  async #room(
    how: "some" | "all",
    stretch: Stretch,
    keeper: EventKeeper,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.input.live) keeper.giveUpOldest();
    else if (keeper.full || (how === "all" && keeper.waits)) {
      this.#blocked = true;
      this.#report.state("waiting", this.#retry);
      await keeper.room(how);
      this.#blocked = false;
      if (!signal.aborted) this.#report.state("running", stretch.file);
    }
  }

  /**
   * Hears the stretch from its sample `from` on: what was before is nothing to the thread. A thread that cannot be started
   * is tried again until it can.
   */
  async #begin(stretch: Stretch, from: number, keeper: EventKeeper, signal: AbortSignal): Promise<Hearing> {
    const { sampleRate } = stretch;
    const { thread, sleep = sleepFor, random } = this.parts;
    for (let attempt = 0; ; attempt++) {
      try {
        await thread.ask("open", { channel: this.number, sampleRate, stride: this.settings.stride });
        if (attempt > 0) this.#report.state("running", stretch.file);
        break;
      } catch (error) {
        if (signal.aborted || !(error instanceof ThreadLost) || error.how === "closed") throw error;
        const ms = backOffMs(attempt, NO_THREAD, random);
        this.#report.state("waiting", waitingDetail(error.message, ms));
        await sleep(ms, signal);
      }
    }
    return new Hearing(this.input.name, stretch, from, this.settings, { ...this.parts, keeper });
  }
}

const NOTHING: AnalysedBlock = {
  original: new Float32Array(0),
  explanation: new Float32Array(0),
  windows: [],
};

/** Undefined too when the thread ended or hung, and nothing when the monitor is ending. */
async function known(answer: Promise<AnalysedBlock | undefined>): Promise<AnalysedBlock | undefined> {
  return answer.catch((error: Error) => {
    if (error instanceof ThreadLost && error.how !== "closed") return undefined;
    throw error;
  });
}

/** One stretch of sound while it is heard. */
class Hearing {
  readonly #detector: Detector;
  readonly #history: SampleHistory;
  /** Events whose clip is not yet there to its end. */
  #open: DetectedEvent[] = [];
  /** When a class was present that discards clips: seconds of the middle of its window. */
  #unwanted: { readonly centre: number; readonly label: string }[] = [];
  #label: string | null = null;
  #probability = 0;
  /** Seconds of the recording before the first sample that it takes; all other times count from there. */
  private readonly from: number;
  /** Middle of the newest window. */
  #centre = 0;
  /** Of the recording: what is before is decided, and was told of. */
  #decided: number;
  /** An event was closed since then. */
  #news = false;
  /** When the sound ended, something was heard since then that may become an event if it goes on. */
  #pendingSince = Number.POSITIVE_INFINITY;

  constructor(
    private readonly input: string,
    private readonly stretch: Stretch,
    /** Its first sample, from the stretch's first. */
    first: number,
    private readonly settings: ChannelSettings,
    private readonly parts: ChannelParts & { readonly keeper: EventKeeper },
  ) {
    const { detector, before, after } = settings;
    this.from = (stretch.from ?? 0) + first / stretch.sampleRate;
    this.#decided = stretch.after?.seconds ?? 0;
    this.#detector = new Detector(detector);
    if (stretch.after) this.#detector.resume(laterState(stretch.after.detector, -this.from));
    const seconds = detector.longest + detector.gap + before + after + SPARE_SECONDS;
    this.#history = new SampleHistory(Math.ceil(seconds * stretch.sampleRate));
  }

  async take({ original, explanation, windows }: AnalysedBlock): Promise<void> {
    const { feed, live } = this.parts;
    this.#history.push(original);
    live.publish(this.stretch.sampleRate, { original, explanation });
    for (const window of windows) {
      this.#noteUnwanted(window);
      this.#centre = window.centre;
      if (this.from + window.centre < (this.stretch.after?.seconds ?? 0)) continue;
      const silent = window.silent || window.level < this.settings.floor;
      const event = this.#detector.push({ ...window, silent });
      if (event) this.#open.push(event);
      const best = window.probabilities.indexOf(Math.max(...window.probabilities));
      this.#label = silent ? null : this.settings.pack.labels[best];
      this.#probability = silent ? 0 : window.probabilities[best];
    }
    if (windows.length > 0) feed.tell({ type: "windows", input: this.input, count: windows.length });
    if (original.length > 0) this.#tellLevels(original);
    const now = this.#history.end / this.stretch.sampleRate;
    const ready = this.#open.filter(({ end }) => end + this.settings.after <= now);
    this.#open = this.#open.filter((event) => !ready.includes(event));
    for (const event of ready) await this.#close(event);
    this.#tellDecided();
  }

  /** Between two events, after each and once a minute: when all of them are kept, it can be gone on from here. */
  #tellDecided(): void {
    const { stretch, parts } = this;
    const decided = this.from + this.#centre;
    if (!stretch.onKept || !(this.#news || decided - this.#decided >= CHECKPOINT_SECONDS)) return;
    if (this.#open.length > 0 || this.#detector.undecidedSince !== undefined || parts.keeper.waits) return;
    this.#tellKept(decided, false);
  }

  /** It was heard to its end and all its events are kept. What is in its last half window may sound else if it grows. */
  tellEnd(): void {
    const { pack } = this.settings;
    const half = ((pack.windowFrames / 2) * pack.stft.hop) / pack.sampleRate;
    const end = this.#history.end / this.stretch.sampleRate - half;
    this.#tellKept(this.from + Math.min(end, this.#pendingSince), true);
  }

  #tellKept(seconds: number, end: boolean): void {
    this.#decided = Math.max(this.#decided, seconds);
    this.#news = false;
    const detector = laterState(this.#detector.state, this.from);
    this.stretch.onKept?.({ seconds: this.#decided, detector }, end);
  }

  /** The stretch has ended: what is open ends too. */
  async finish(): Promise<void> {
    const since = this.#detector.undecidedSince;
    const last = this.#detector.finish();
    if (!last && since !== undefined) this.#pendingSince = since;
    const open = last ? [...this.#open, last] : this.#open;
    this.#open = [];
    for (const event of open) await this.#close(event);
  }

  /** However faint: a voice is a voice. */
  #noteUnwanted({ centre, probabilities, silent }: AnalysedBlock["windows"][number]): void {
    const { discard, pack } = this.settings;
    if (silent || discard.size === 0) return;
    for (const [label, threshold] of discard) {
      if (probabilities[pack.labels.indexOf(label)] >= threshold) this.#unwanted.push({ centre, label });
    }
    const kept = this.#history.start / this.stretch.sampleRate - 1;
    while (this.#unwanted.length > 0 && this.#unwanted[0].centre < kept) this.#unwanted.shift();
  }

  #tellLevels(samples: Float32Array): void {
    let sum = 0;
    let peak = 0;
    for (const sample of samples) {
      sum += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    }
    this.parts.feed.tell({
      type: "levels",
      levels: {
        input: this.input,
        at: this.#timeOf(this.#history.end / this.stretch.sampleRate).getTime(),
        level: decibels(Math.sqrt(sum / samples.length)),
        peak: decibels(peak),
        label: this.#label,
        probability: this.#probability,
        heard: this.#detector.heard,
      },
    });
  }

  async #close(detected: DetectedEvent): Promise<void> {
    const { before, after, pack, method, detector } = this.settings;
    const { sampleRate, file } = this.stretch;
    const { from, samples } = this.#history.slice(
      Math.round((detected.start - before) * sampleRate),
      Math.round((detected.end + after) * sampleRate),
    );
    const clipStart = from / sampleRate;
    const clipEnd = clipStart + samples.length / sampleRate;
    // A window that reaches into the clip from outside may have heard what is in the clip.
    const half = ((pack.windowFrames / 2) * pack.stft.hop) / pack.sampleRate + detector.stride;
    const unwanted = this.#unwanted.find(
      ({ centre }) => centre > clipStart - half && centre < clipEnd + half,
    );
    if (unwanted) {
      this.parts.feed.tell({ type: "discarded", input: this.input, label: unwanted.label });
      return;
    }
    const at = this.#timeOf(detected.start);
    const event: MonitorEvent = {
      id: eventId(at),
      input: this.input,
      ...(file === undefined ? {} : { file }),
      at: at.toISOString(),
      start: rounded(this.from + detected.start),
      end: rounded(this.from + detected.end),
      continues: detected.continues,
      classes: detected.classes.map((each) => ({
        ...each,
        start: rounded(this.from + each.start),
        end: rounded(this.from + each.end),
        confidence: rounded(each.confidence),
        peak: rounded(each.peak),
      })),
      clip: { sampleRate, samples: samples.length, before: rounded(detected.start - clipStart) },
      pack: { name: pack.name, version: pack.version },
      method,
      state: "closed",
    };
    this.#news = true;
    if (!(await this.#isKept(event))) await this.parts.keeper.keep(event, writeWav([samples], sampleRate));
  }

  /** Whether it was kept when this part of the recording was heard before: a stop came before that was noted. */
  async #isKept({ file, start, end, classes: [{ label }] }: MonitorEvent): Promise<boolean> {
    const { startedAt, after } = this.stretch;
    if (!after) return false;
    // While the database is made of the folders, it does not know yet.
    await this.parts.store.whole();
    const begun = startedAt.getTime();
    const from = begun + 1000 * (start - 2 * this.settings.detector.longest);
    const kept = this.parts.store.find({ from, to: begun + 1000 * end });
    return kept.some(
      ({ event }) =>
        event.file === file &&
        event.classes[0].label === label &&
        // Of the same hearing of the same file: its times count from the same moment.
        Math.abs(Date.parse(event.at) - 1000 * event.start - begun) < SAME_MS &&
        2 * (Math.min(end, event.end) - Math.max(start, event.start)) >
          Math.min(end - start, event.end - event.start),
    );
  }

  #timeOf(seconds: number): Date {
    const { startedAt, timeOf } = this.stretch;
    const at = this.from + seconds;
    return timeOf ? timeOf(at) : new Date(startedAt.getTime() + 1000 * at);
  }
}

function decibels(amplitude: number): number {
  return Math.round(10 * Math.max(-100, 20 * Math.log10(Math.max(amplitude, 1e-5)))) / 10;
}

/** Four decimals are more than any of these figures mean. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
