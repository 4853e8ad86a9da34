/**
 * Explains a recording of any length with the same convention as the live stream: overlapping windows, and for
 * each frame the weighted mean of the masks of all windows that covered it. Unlike the live stream it waits for
 * all of them. Streaming packs hear it block by block, as the live stream does, and with the same masks. Memory is bounded by
 * one window, or the blocks that are heard at once, and the pieces that the caller pushes.
 *
 * Everything that comes out lies at the time of what went in, at the recording's own sampling rate. The model hears
 * the pack's rate (the released ones 16 kHz, so their explanations hold nothing above 7 kHz); the rest holds
 * everything that the explanation does not.
 */
import { StreamingIstft } from "../../dsp/istft.ts";
import { joined } from "../../dsp/joined.ts";
import { applyMask, magnitudes } from "../../dsp/spectrum.ts";
import { StreamingStft } from "../../dsp/stft.ts";
import type { Pack } from "../pack/pack.ts";
import { AlignedResampler } from "./aligned-resampler.ts";
import { BlockListener } from "./block-listener.ts";
import type { WindowDecision } from "./clip-decision.ts";
import { FrameBuffer } from "./frame-buffer.ts";
import type { ExplainWindow, HeardFrames, Listener } from "./listener.ts";
import { SampleQueue } from "./sample-queue.ts";
import { WindowListener } from "./window-listener.ts";

export type { ExplainWindow } from "./listener.ts";

export interface SignalExplainerOptions {
  readonly pack: Pack;
  readonly explainWindow: ExplainWindow;
  /** Of the recording, in Hz. */
  readonly sampleRate: number;
  /**
   * Frames from one window to the next, 1 to the pack's window; 16 (or the window, where that is shorter) when left out.
   * Without meaning to streaming packs, whose blocks don't overlap.
   */
  readonly stride?: number | undefined;
}

/** What was finished since the last block; the parts differ in length because their delays differ. */
export interface ExplainedBlock {
  /** The recording as it was pushed, and what it was split into: original = explanation + rest. */
  readonly original: Float32Array;
  readonly explanation: Float32Array;
  readonly rest: Float32Array;
  /** Row-major [frames, bins], at the model's rate, in order and without gaps. */
  readonly magnitudes: Float32Array;
  readonly mask: Float32Array;
  readonly windows: readonly WindowDecision[];
}

export const DEFAULT_STRIDE = 16;
/** Samples taken from a pushed block at a time, so that a large block need not be resampled as a whole. */
const SLICE = 16_384;

export class SignalExplainer {
  readonly #options: SignalExplainerOptions;
  readonly #listener: Listener;
  readonly #frames: FrameBuffer;
  readonly #toModel: AlignedResampler;
  readonly #fromModel: AlignedResampler;
  readonly #stft: StreamingStft;
  readonly #istft: StreamingIstft;
  /** Recording that waits for its explanation. */
  readonly #waiting = new SampleQueue();
  #samplesIn = 0;
  #samplesOut = 0;
  #modelSamplesIn = 0;
  /** Samples still to be dropped at the start: the delay of analysis and overlap-add. */
  #lead: number;
  #finished = false;

  constructor(options: SignalExplainerOptions) {
    const { pack, sampleRate, explainWindow } = options;
    this.#options = options;
    this.#listener = pack.streaming
      ? new BlockListener(pack, explainWindow)
      : new WindowListener(pack, explainWindow, checkedStride(pack, options.stride));
    this.#frames = new FrameBuffer(pack);
    this.#toModel = new AlignedResampler(sampleRate, pack.sampleRate);
    this.#fromModel = new AlignedResampler(pack.sampleRate, sampleRate);
    this.#stft = new StreamingStft(pack.stft);
    this.#istft = new StreamingIstft(pack.stft);
    this.#lead = this.#istft.delay;
  }

  /** Takes the next samples of the recording, mono, finite; a 1 h recording is pushed in pieces. */
  async push(samples: Float32Array): Promise<ExplainedBlock> {
    const parts = emptyParts();
    await this.#push(samples, parts);
    return joinParts(parts);
  }

  /** The end of the recording: what was still under way. A recording shorter than a window is followed by zeros. */
  async finish(): Promise<ExplainedBlock> {
    const parts = emptyParts();
    await this.#finish(parts);
    return joinParts(parts);
  }

  /** All of a recording: as `push` and `finish`, whose blocks are put together once. */
  async whole(samples: Float32Array): Promise<ExplainedBlock> {
    const parts = emptyParts();
    await this.#push(samples, parts);
    await this.#finish(parts);
    return joinParts(parts);
  }

  async #push(samples: Float32Array, parts: Parts): Promise<void> {
    if (this.#finished) throw new Error("the recording was finished; nothing can be pushed any more");
    this.#waiting.push(samples);
    this.#samplesIn += samples.length;
    for (let at = 0; at < samples.length; at += SLICE) {
      await this.#analyse(this.#toModel.push(samples.subarray(at, at + SLICE)), parts);
    }
  }

  async #finish(parts: Parts): Promise<void> {
    this.#finished = true;
    const { sampleRate, pack } = this.#options;
    const modelSamples = Math.ceil((this.#samplesIn * pack.sampleRate) / sampleRate);
    await this.#analyse(this.#toModel.finish(modelSamples), parts);
    // Every frame that touches the recording, as in the live stream.
    const frames = Math.ceil((this.#modelSamplesIn + this.#istft.delay) / pack.stft.hop);
    await this.#analyse(new Float32Array(frames * pack.stft.hop - this.#modelSamplesIn), parts);
    for await (const heard of this.#listener.finish(this.#frames)) this.#synthesise(heard, parts);
    this.#give(this.#fromModel.finish(this.#samplesIn), parts);
  }

  async #analyse(modelSamples: Float32Array, parts: Parts): Promise<void> {
    this.#modelSamplesIn += modelSamples.length;
    this.#stft.push(modelSamples, (spectrum) => this.#frames.push(spectrum));
    for await (const heard of this.#listener.hear(this.#frames)) this.#synthesise(heard, parts);
  }

  /** Masks and resynthesises the frames whose masks are final. */
  #synthesise({ windows, end, mask }: HeardFrames, parts: Parts): void {
    const { pack } = this.#options;
    const { bins, hop } = pack.stft;
    const spectra = this.#frames.take(end);
    const count = spectra.length;
    const frameMagnitudes = new Float32Array(count * bins);
    const samples = new Float32Array(count * hop);
    spectra.forEach((spectrum, frame) => {
      magnitudes(spectrum, frameMagnitudes, frame * bins);
      applyMask(spectrum, mask, pack.masking, spectrum, frame * bins);
      this.#istft.add(spectrum, samples, frame * hop);
    });
    parts.windows.push(...windows);
    parts.magnitudes.push(frameMagnitudes);
    parts.mask.push(mask);
    const lead = Math.min(this.#lead, samples.length);
    this.#lead -= lead;
    this.#give(this.#fromModel.push(samples.subarray(lead)), parts);
  }

  /** Hands out the next samples of the explanation, and of the recording that belong to them. */
  #give(explained: Float32Array, parts: Parts): void {
    const explanation = explained.subarray(0, this.#samplesIn - this.#samplesOut);
    this.#samplesOut += explanation.length;
    const original = this.#waiting.take(explanation.length);
    parts.original.push(original);
    parts.explanation.push(explanation);
    const rest = new Float32Array(original.length);
    for (let n = 0; n < rest.length; n++) rest[n] = original[n] - explanation[n];
    parts.rest.push(rest);
  }
}

/** Windows, or blocks, of a sound of so many samples at so many Hz; throws a RangeError as `SignalExplainer` does. */
export function windowCount(pack: Pack, samples: number, sampleRate: number, stride?: number): number {
  const { windowFrames, stft } = pack;
  const modelSamples = Math.ceil((samples * pack.sampleRate) / sampleRate);
  const frames = Math.ceil((modelSamples + stft.window - stft.hop) / stft.hop);
  if (pack.streaming) return Math.ceil(frames / windowFrames);
  return Math.max(0, Math.ceil((frames - windowFrames) / checkedStride(pack, stride))) + 1;
}

/** A stride longer than the window would leave frames that no window hears. */
function checkedStride({ windowFrames }: Pack, stride = Math.min(DEFAULT_STRIDE, windowFrames)): number {
  if (!Number.isInteger(stride) || stride < 1 || stride > windowFrames) {
    throw new RangeError(
      `stride is ${stride}; it must be a whole number of frames from 1 to ${windowFrames}`,
    );
  }
  return stride;
}

interface Parts {
  readonly original: Float32Array[];
  readonly explanation: Float32Array[];
  readonly rest: Float32Array[];
  readonly magnitudes: Float32Array[];
  readonly mask: Float32Array[];
  readonly windows: WindowDecision[];
}

function emptyParts(): Parts {
  return { original: [], explanation: [], rest: [], magnitudes: [], mask: [], windows: [] };
}

function joinParts(parts: Parts): ExplainedBlock {
  return {
    original: joined(parts.original),
    explanation: joined(parts.explanation),
    rest: joined(parts.rest),
    magnitudes: joined(parts.magnitudes),
    mask: joined(parts.mask),
    windows: parts.windows,
  };
}
