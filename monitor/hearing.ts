/** One stretch of sound while it is heard: windows become events, and events are handed over to be kept. */

import { writeWav } from "../dsp/wav.ts";
import { answersAlone, type ClassDecision, decide } from "../models/explain/class-decision.ts";
import { framesAnswered } from "../models/explain/window-times.ts";
import type { AnalysedBlock } from "./analysis/messages.ts";
import type { ChannelSettings } from "./channel-settings.ts";
import { Detector, laterState } from "./detector.ts";
import { type DetectedEvent, eventId } from "./event.ts";
import type { EventKeeper } from "./event-keeper.ts";
import type { Feed } from "./feed.ts";
import type { Stretch } from "./inputs/input.ts";
import { LOOKED_AT, onsetIn } from "./onset.ts";
import type { LiveAudio } from "./outputs/live-audio.ts";
import type { MonitorEvent } from "./protocol.ts";
import { SampleHistory } from "./sample-history.ts";
import type { EventStore } from "./storage/event-store.ts";
import { MOST_EVENTS } from "./storage/query.ts";

/** What hearing tells and hands over to. */
export interface HearingParts {
  readonly store: EventStore;
  readonly feed: Feed;
  readonly live: LiveAudio;
  readonly keeper: EventKeeper;
}

/** Of samples, beyond what an event and its clip may need. */
const SPARE_SECONDS = 15;
/** Seconds of sound without an event after which it is noted how far it was heard. */
const CHECKPOINT_SECONDS = 60;
/** Times are kept in milliseconds and tenths of them. */
const SAME_MS = 5;

export class Hearing {
  readonly #detector: Detector;
  readonly #history: SampleHistory;
  /** Events whose clip is not yet there to its end. */
  #open: DetectedEvent[] = [];
  /** When a class was present that discards clips: seconds of the middle of its window. */
  #unwanted: { readonly centre: number; readonly label: string }[] = [];
  /** Of the newest window, where it is not silent. */
  #decision: ClassDecision | undefined;
  /** Seconds of the recording before the first sample that it takes; all other times count from there. */
  private readonly from: number;
  /** Middle of the newest window. */
  #centre = 0;
  /** Of the recording: what is before is decided, and was told of. */
  #decided: number;
  /** Of the event before. */
  #lastEnd = Number.NEGATIVE_INFINITY;
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
    private readonly parts: HearingParts,
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
      this.#decision = silent ? undefined : decide(this.settings.pack, window.probabilities);
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
    const end = this.#history.end / this.stretch.sampleRate - this.#halfWindow;
    this.#tellKept(this.from + Math.min(end, this.#pendingSince), true);
  }

  /** In seconds: of a window, or of what a streaming pack's answers are about. */
  get #halfWindow(): number {
    const { pack } = this.settings;
    return ((framesAnswered(pack) / 2) * pack.stft.hop) / pack.sampleRate;
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
        label: this.#decision?.best.label ?? null,
        probability: this.#decision?.best.probability ?? 0,
        ...(answersAlone(this.settings.pack) && {
          believed: this.#decision?.believed.map(({ label }) => label) ?? [],
        }),
        heard: this.#detector.heard,
      },
    });
  }

  async #close(found: DetectedEvent): Promise<void> {
    const detected = this.#begun(found);
    this.#lastEnd = detected.end;
    const { before, after, pack, method, detector } = this.settings;
    const { sampleRate, file } = this.stretch;
    const { from, samples } = this.#history.slice(
      Math.round((detected.start - before) * sampleRate),
      Math.round((detected.end + after) * sampleRate),
    );
    const clipStart = from / sampleRate;
    const clipEnd = clipStart + samples.length / sampleRate;
    // A window that reaches into the clip from outside may have heard what is in the clip; a memory fades later than it ends.
    const half = (pack.streaming ? 2 : 1) * this.#halfWindow + detector.stride;
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

  /** With its beginning where its sound begins, where that is plain to see. */
  #begun(detected: DetectedEvent): DetectedEvent {
    const { sampleRate } = this.stretch;
    const { from, samples } = this.#history.slice(
      Math.round((detected.start - LOOKED_AT.before) * sampleRate),
      Math.round((detected.start + LOOKED_AT.after) * sampleRate),
    );
    const onset = onsetIn(samples, sampleRate);
    if (onset === undefined) return detected;
    const start = Math.max(this.#lastEnd, from / sampleRate + onset);
    return start < detected.end ? { ...detected, start } : detected;
  }

  /**
   * Whether it was kept when this part of the recording was heard before: a stop came before that was noted. Events of one
   * hearing don't overlap, and all its times count from the same moment.
   */
  async #isKept({ file, start, end }: MonitorEvent): Promise<boolean> {
    const { startedAt, after } = this.stretch;
    if (!after) return false;
    // While the database is made of the folders, it does not know yet.
    await this.parts.store.whole();
    const begun = startedAt.getTime();
    const from = begun + 1000 * (start - 2 * this.settings.detector.longest);
    return this.parts.store.find({ from, to: begun + 1000 * end, limit: MOST_EVENTS }).some(({ event }) => {
      const sameHearing = Math.abs(Date.parse(event.at) - 1000 * event.start - begun) < SAME_MS;
      const shared = Math.min(end, event.end) - Math.max(start, event.start);
      // The file may have been renamed since, or the input.
      const sameFile = event.file === file || event.input === this.input;
      return sameFile && sameHearing && 2 * shared > Math.min(end - start, event.end - event.start);
    });
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
