/**
 * The AudioWorkletProcessor around `Explainer`: mixes the input's channels down to one, gives the result to every
 * output channel, and passes messages on. Runs under audioworklet-polyfill too, whose global scope has no
 * `currentFrame` and knows its `sampleRate` only while processing.
 */
import type { PageToProcessor, ProcessorOptions, ProcessorToPage } from "../protocol/port.ts";
import { PROCESSOR } from "../protocol/port.ts";
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

class ExplainerProcessor extends AudioWorkletProcessor {
  readonly #link: WorkerLink;
  readonly #explainer: Explainer;
  readonly #recentSender: RecentSender;
  readonly #guard: FeedbackGuard | undefined;
  #howls = 0;
  readonly #mono = new Float32Array(LARGEST_BLOCK);
  #stopped = false;
  #told = false;

  constructor(options: { readonly processorOptions: ProcessorOptions }) {
    super();
    const { memory, recent: kept, guardFeedback, ...settings } = options.processorOptions;
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
      this.#mixDown(inputs[0], first.length);
      this.#explainer.process(this.#mono, first);
      for (let channel = 1; channel < output.length; channel++) output[channel].set(first);
      this.#recentSender.step();
      if (this.#guard !== undefined && this.#guard.howls > this.#howls) this.#tellHowl(this.#guard.howls);
    } catch (error) {
      this.#fail(error);
    }
    return !this.#stopped;
  }

  #mixDown(channels: readonly Float32Array[], length: number): void {
    const mono = this.#mono;
    if (channels.length === 1) {
      mono.set(channels[0]);
      return;
    }
    // No channels at all is what an input without a source gives: silence.
    const share = channels.length === 0 ? 0 : 1 / channels.length;
    for (let n = 0; n < length; n++) {
      let sum = 0;
      for (let channel = 0; channel < channels.length; channel++) sum += channels[channel][n];
      mono[n] = share * sum;
    }
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
