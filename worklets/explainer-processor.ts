/**
 * The AudioWorkletProcessor around `Explainer`: makes one channel of the input's, gives the result to every
 * output channel, and passes messages on. Runs under audioworklet-polyfill too, whose global scope has no
 * `currentFrame` and knows its `sampleRate` only while processing.
 */
import { ChannelMixer } from "../dsp/channel-mixer.ts";
import type { PageToProcessor, ProcessorOptions, ProcessorToPage } from "../protocol/port.ts";
import { MOST_INPUT_CHANNELS, PROCESSOR } from "../protocol/port.ts";
import { Explainer } from "./explainer.ts";
import { FeedbackGuard } from "./feedback-guard.ts";
import { Recent, recentBytes } from "./recent.ts";
import { RecentSender } from "./recent-sender.ts";
import { WorkerLink } from "./worker-link.ts";

/** What TypeScript's libraries leave out of AudioWorkletGlobalScope. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new (options: { readonly processorOptions: ProcessorOptions }) => AudioWorkletProcessor,
): void;

/** Larger than any block a browser asks for: 128 in a worklet, up to 16384 under the polyfill. */
const LARGEST_BLOCK = 16_384;
/** A sound that changes all the time is told of so often. */
const MOST_VERDICTS = 20;

class ExplainerProcessor extends AudioWorkletProcessor {
  readonly #link: WorkerLink;
  readonly #explainer: Explainer;
  readonly #recentSender: RecentSender;
  readonly #guard: FeedbackGuard | undefined;
  #howls = 0;
  readonly #mono = new Float32Array(LARGEST_BLOCK);
  readonly #mixer: ChannelMixer;
  /** `changes` of the mixer's judge that the page was told of, and how often it was. */
  #changes = 0;
  #verdicts = 0;
  #stopped = false;
  #told = false;

  constructor(options: { readonly processorOptions: ProcessorOptions }) {
    super();
    const { memory, recent: kept, guardFeedback, channel, ...settings } = options.processorOptions;
    this.#mixer = new ChannelMixer(settings.sampleRate, channel, MOST_INPUT_CHANNELS);
    this.#changes = this.#mixer.judge.changes;
    const { shape, maxDelayFrames } = settings;
    const recent = new Recent(kept ?? new ArrayBuffer(recentBytes(shape)), shape);
    this.#link = new WorkerLink(memory, shape, maxDelayFrames, (frames) => this.#explainer.setDelay(frames));
    this.#guard = guardFeedback ? new FeedbackGuard(shape) : undefined;
    this.#explainer = new Explainer({
      ...settings,
      masks: this.#link.masks,
      records: this.#link,
      recent,
      guard: this.#guard,
    });
    this.#recentSender = new RecentSender(recent, shape, (message) => this.port.postMessage(message));
    this.port.onmessage = (event: MessageEvent<PageToProcessor>) => this.#receive(event.data);
  }

  /** The browser calls this for every block; false lets it drop the node. */
  process(
    inputs: readonly (readonly Float32Array[])[],
    outputs: readonly (readonly Float32Array[])[],
  ): boolean {
    if (this.#stopped) return this.#end();
    const output = outputs[0];
    const first = output[0];
    try {
      this.#mixer.mix(inputs[0], first.length, this.#mono);
      this.#explainer.process(this.#mono, first);
      for (let channel = 1; channel < output.length; channel++) output[channel].set(first);
      this.#recentSender.step();
      if (this.#mixer.judge.changes !== this.#changes) this.#tellChannels();
      if (this.#guard !== undefined && this.#guard.howls > this.#howls) this.#tellHowl(this.#guard.howls);
    } catch (error) {
      this.#fail(error);
    }
    return !this.#stopped;
  }

  #receive(message: PageToProcessor): void {
    switch (message.type) {
      case "connect":
        this.#link.connect(message.port);
        break;
      case "listening":
        this.#explainer.choose(message.listening);
        break;
      case "match-loudness":
        this.#explainer.matchLoudness(message.on);
        break;
      case "freeze":
        this.#recentSender.begin(message.freeze);
        break;
      case "stop":
        this.#stop();
        break;
      default:
        message satisfies never;
    }
  }

  /** Not expected to happen; without it a fault would be a silent page that looks alive. */
  #fail(error: unknown): void {
    this.#stop();
    const message: ProcessorToPage = { type: "failed", detail: String(error) };
    this.port.postMessage(message);
  }

  /** Also when all of them are heard again. */
  #tellChannels(): void {
    this.#changes = this.#mixer.judge.changes;
    if (this.#verdicts++ >= MOST_VERDICTS) return;
    const { verdict } = this.#mixer.judge;
    this.port.postMessage({ type: "channels", verdict } satisfies ProcessorToPage);
  }

  #tellHowl(howls: number): void {
    this.#howls = howls;
    this.port.postMessage({ type: "howled" } satisfies ProcessorToPage);
  }

  /** Sent from the block itself: once the page hears it, the browser knows that nothing more is to come. */
  #end(): false {
    if (!this.#told) this.port.postMessage({ type: "stopped" } satisfies ProcessorToPage);
    this.#told = true;
    return false;
  }

  #stop(): void {
    this.#stopped = true;
    this.#link.disconnect();
    this.port.onmessage = null;
  }
}

registerProcessor(PROCESSOR, ExplainerProcessor);
