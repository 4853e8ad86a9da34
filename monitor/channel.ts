/** One input from its sound to its closed events. */

import { ThreadLost } from "../models/runtime/model-thread-node.ts";
import { type BackOff, backOffMs } from "../protocol/back-off.ts";
import type { AnalysisThread } from "./analysis/analysis-thread.ts";
import type { AnalysedBlock } from "./analysis/messages.ts";
import type { ChannelSettings } from "./channel-settings.ts";
import { EventKeeper } from "./event-keeper.ts";
import type { Feed } from "./feed.ts";
import { Hearing } from "./hearing.ts";
import { waitingDetail } from "./inputs/endless.ts";
import type { Input, InputReport, Stretch } from "./inputs/input.ts";
import type { LiveAudio } from "./outputs/live-audio.ts";
import type { InputState } from "./protocol.ts";
import { type Sleep, sleep as sleepFor } from "./sleep.ts";
import type { EventStore } from "./storage/event-store.ts";

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
/** For a model that cannot be asked. */
const NO_MODEL: BackOff = { firstMs: 1000, longestMs: 60_000 };

export class Channel {
  #ended = false;
  readonly #report: InputReport;
  /** Whether nothing is heard until events are kept, and what is to be said of those that wait. */
  #blocked = false;
  #retry = "";
  /** Pieces in a row that the model failed at. */
  #failures = 0;

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

  async #hear(stretch: Stretch, keeper: EventKeeper, signal: AbortSignal): Promise<void> {
    const { thread } = this.parts;
    const channel = this.number;
    let hearing = await this.#begin(stretch, 0, keeper, signal);
    let given = 0;
    const finish = async () => {
      await hearing.take((await known(thread.ask("finish", { channel }))) ?? NOTHING);
      await hearing.finish();
      await this.#room("all", stretch, keeper, signal);
    };
    try {
      for await (const samples of pieces(stretch)) {
        if (signal.aborted) break;
        given += samples.length;
        const analysed = await this.#analysed(samples, stretch, signal);
        if (analysed) await hearing.take(analysed);
        else {
          await hearing.finish();
          hearing = await this.#begin(stretch, given, keeper, signal);
        }
        await this.#room("some", stretch, keeper, signal);
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

  /**
   * Undefined when the thread lost it: the channel is to be opened again. What the model itself fails at is left out, or a
   * microphone would be deaf for ever; a recording is heard again later, so there it breaks off.
   */
  async #analysed(
    samples: Float32Array,
    stretch: Stretch,
    signal: AbortSignal,
  ): Promise<AnalysedBlock | undefined> {
    let analysed: AnalysedBlock | undefined;
    try {
      analysed = await known(this.parts.thread.ask("push", { channel: this.number, samples }));
    } catch (error) {
      if (error instanceof ThreadLost || stretch.onKept) throw error;
      const { message } = error as Error;
      if (this.#failures === 0) this.#report.failed(message);
      else await this.#wait(message, this.#failures - 1, signal);
      this.#failures++;
      return undefined;
    }
    if (this.#failures > 1) this.#report.state("running", stretch.file);
    this.#failures = 0;
    return analysed;
  }

  async #wait(problem: string, attempt: number, signal: AbortSignal): Promise<void> {
    const { sleep = sleepFor, random } = this.parts;
    const ms = backOffMs(attempt, NO_MODEL, random);
    this.#report.state("waiting", waitingDetail(problem, ms));
    await sleep(ms, signal);
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
    const { thread } = this.parts;
    for (let attempt = 0; ; attempt++) {
      try {
        await thread.ask("open", { channel: this.number, sampleRate, stride: this.settings.stride });
        if (attempt > 0) this.#report.state("running", stretch.file);
        break;
      } catch (error) {
        if (signal.aborted || !(error instanceof ThreadLost) || error.how === "closed") throw error;
        await this.#wait(error.message, attempt, signal);
      }
    }
    return new Hearing(this.input.name, stretch, from, this.settings, { ...this.parts, keeper });
  }
}

async function* pieces({ blocks, sampleRate }: Stretch): AsyncGenerator<Float32Array> {
  const size = Math.round(PUSH_SECONDS * sampleRate);
  for await (const block of blocks) {
    for (let at = 0; at < block.length; at += size) yield block.subarray(at, at + size);
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
