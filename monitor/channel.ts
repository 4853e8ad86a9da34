/** One input from its sound to its closed events. */

import { writeWav } from "../dsp/wav.ts";
import type { Pack } from "../models/pack/pack.ts";
import { ThreadLost } from "../models/runtime/model-thread-node.ts";
import type { AnalysisThread } from "./analysis/analysis-thread.ts";
import type { AnalysedBlock } from "./analysis/messages.ts";
import { Detector, type DetectorOptions } from "./detector.ts";
import { type DetectedEvent, eventId } from "./event.ts";
import type { Feed } from "./feed.ts";
import type { Input, Stretch } from "./inputs/input.ts";
import type { LiveAudio } from "./outputs/live-audio.ts";
import type { InputState, MonitorEvent } from "./protocol.ts";
import { SampleHistory } from "./sample-history.ts";
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
}

/** Seconds given to the thread at a time: short, so that live sound and levels flow. */
const PUSH_SECONDS = 0.25;
const SPARE_SECONDS = 15;

export class Channel {
  #ended = false;

  constructor(
    private readonly number: number,
    readonly input: Input,
    private readonly settings: ChannelSettings,
    private readonly parts: ChannelParts,
  ) {}

  get ended(): boolean {
    return this.#ended;
  }

  /** Until the input ends or the signal is aborted; a file that breaks off is told of and does not end the monitor. */
  async run(signal: AbortSignal): Promise<void> {
    const { feed } = this.parts;
    const input = this.input.name;
    const report = {
      state: (state: InputState, detail?: string) => feed.tell({ type: "input", input, state, detail }),
      dropped: (seconds: number) => feed.tell({ type: "dropped", input, seconds }),
      failed: (message: string) => feed.tell({ type: "problem", input, message }),
    };
    try {
      for await (const stretch of this.input.stretches(report, signal)) {
        try {
          await this.#hear(stretch, signal);
        } catch (error) {
          report.failed((error as Error).message);
        }
        if (signal.aborted) break;
      }
    } finally {
      this.#ended = true;
      feed.tell({ type: "input", input, state: "ended" });
    }
  }

  async #hear(stretch: Stretch, signal: AbortSignal): Promise<void> {
    const { thread } = this.parts;
    const { sampleRate } = stretch;
    const channel = this.number;
    const size = Math.round(PUSH_SECONDS * sampleRate);
    let hearing = await this.#begin(stretch, 0);
    let given = 0;
    const finish = async () => {
      await hearing.take((await known(thread.ask("finish", { channel }))) ?? NOTHING);
      await hearing.finish();
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
            hearing = await this.#begin(stretch, given);
          }
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
  }

  /** Hears the stretch from its sample `from` on: what was before is nothing to the thread. */
  async #begin(stretch: Stretch, from: number): Promise<Hearing> {
    const { sampleRate } = stretch;
    await this.parts.thread.ask("open", {
      channel: this.number,
      sampleRate,
      stride: this.settings.stride,
    });
    return new Hearing(this.input.name, stretch, from / sampleRate, this.settings, this.parts);
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

  constructor(
    private readonly input: string,
    private readonly stretch: Stretch,
    /** Seconds of the stretch before the first sample that it takes; all other times count from there. */
    private readonly from: number,
    private readonly settings: ChannelSettings,
    private readonly parts: ChannelParts,
  ) {
    const { detector, before, after } = settings;
    this.#detector = new Detector(detector);
    const seconds = detector.longest + detector.gap + before + after + SPARE_SECONDS;
    this.#history = new SampleHistory(Math.ceil(seconds * stretch.sampleRate));
  }

  async take({ original, explanation, windows }: AnalysedBlock): Promise<void> {
    const { feed, live } = this.parts;
    this.#history.push(original);
    live.publish(this.stretch.sampleRate, { original, explanation });
    for (const window of windows) {
      this.#noteUnwanted(window);
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
  }

  /** The stretch has ended: what is open ends too. */
  async finish(): Promise<void> {
    const last = this.#detector.finish();
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
    await this.parts.store.close(event, writeWav([samples], sampleRate));
    this.parts.feed.tell({ type: "closed", event });
    this.parts.onClosed();
  }

  #timeOf(seconds: number): Date {
    return new Date(this.stretch.startedAt.getTime() + 1000 * (this.from + seconds));
  }
}

function decibels(amplitude: number): number {
  return Math.round(10 * Math.max(-100, 20 * Math.log10(Math.max(amplitude, 1e-5)))) / 10;
}

/** Four decimals are more than any of these figures mean. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
