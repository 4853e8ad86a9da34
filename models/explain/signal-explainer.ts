/**
 * Explains a recording of any length with the same convention as the live stream: overlapping windows, and for
 * each frame the weighted mean of the masks of all windows that covered it. Unlike the live stream it waits for
 * all of them. Memory is bounded by one window and the blocks that the caller pushes.
 *
 * Everything that comes out lies at the time of what went in, at the recording's own sampling rate. The model hears
 * the pack's rate (the released ones 16 kHz, so their explanations hold nothing above 7 kHz); the rest holds
 * everything that the explanation does not.
 */
import { StreamingIstft } from "../../dsp/istft.ts";
import { joined } from "../../dsp/joined.ts";
import { applyMask, magnitudes, phases } from "../../dsp/spectrum.ts";
import { StreamingStft } from "../../dsp/stft.ts";
import type { Pack } from "../pack/pack.ts";
import { AlignedResampler } from "./aligned-resampler.ts";
import type { WindowDecision } from "./clip-decision.ts";
import { MaskAverage } from "./mask-average.ts";
import { SampleQueue } from "./sample-queue.ts";

/** Runs the pack's graph on one window, row-major [frames, bins]; phases only where `pack.phases` says so. */
export type ExplainWindow = (
  magnitudes: Float32Array,
  phases?: Float32Array,
) => Promise<{ readonly probabilities: Float32Array; readonly mask: Float32Array }>;

export interface SignalExplainerOptions {
  readonly pack: Pack;
  readonly explainWindow: ExplainWindow;
  /** Of the recording, in Hz. */
  readonly sampleRate: number;
  /** Frames from one window to the next, 1 to the pack's window; 16 (or the window, where that is shorter) when left out. */
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
/** Frames at a window's end whose weight rises; later windows have heard enough after each frame to agree. */
const LOOK_AHEAD = 4;
/** Samples taken from a pushed block at a time, so that a large block need not be resampled as a whole. */
const SLICE = 16_384;

/** |X| of a full-scale sine is a quarter of the window; 80 dB below it nobody hears anything. */
const SILENCE = 1e-4 / 4;

export class SignalExplainer {
  readonly #options: SignalExplainerOptions;
  readonly #stride: number;
  readonly #toModel: AlignedResampler;
  readonly #fromModel: AlignedResampler;
  readonly #stft: StreamingStft;
  readonly #istft: StreamingIstft;
  readonly #masks: MaskAverage;
  /** Recording that waits for its explanation. */
  readonly #waiting = new SampleQueue();
  /** Spectra of the frames from `#firstFrame` on, each [bins, 2]. */
  #spectra: Float32Array[] = [];
  #firstFrame = 0;
  #nextWindow = 0;
  #samplesIn = 0;
  #samplesOut = 0;
  #modelSamplesIn = 0;
  /** Samples still to be dropped at the start: the delay of analysis and overlap-add. */
  #lead: number;
  #finished = false;

  constructor(options: SignalExplainerOptions) {
    const { pack, sampleRate } = options;
    const stride = checkedStride(pack, options.stride);
    this.#options = options;
    this.#stride = stride;
    this.#toModel = new AlignedResampler(sampleRate, pack.sampleRate);
    this.#fromModel = new AlignedResampler(pack.sampleRate, sampleRate);
    this.#stft = new StreamingStft(pack.stft);
    this.#istft = new StreamingIstft(pack.stft);
    this.#masks = new MaskAverage(pack.stft.bins, windowWeights(pack.windowFrames));
    this.#lead = this.#istft.delay;
  }

  /** Takes the next samples of the recording, mono, finite; a 1 h recording is pushed in pieces. */
  async push(samples: Float32Array): Promise<ExplainedBlock> {
    if (this.#finished) throw new Error("the recording was finished; nothing can be pushed any more");
    const parts: Parts = emptyParts();
    this.#waiting.push(samples);
    this.#samplesIn += samples.length;
    for (let at = 0; at < samples.length; at += SLICE) {
      await this.#analyse(this.#toModel.push(samples.subarray(at, at + SLICE)), parts);
    }
    return joinParts(parts);
  }

  /** The end of the recording: what was still under way. A recording shorter than a window is followed by zeros. */
  async finish(): Promise<ExplainedBlock> {
    this.#finished = true;
    const { sampleRate, pack } = this.#options;
    const parts: Parts = emptyParts();
    const modelSamples = Math.ceil((this.#samplesIn * pack.sampleRate) / sampleRate);
    await this.#analyse(this.#toModel.finish(modelSamples), parts);
    // Every frame that touches the recording, as in the live stream.
    const frames = Math.ceil((this.#modelSamplesIn + this.#istft.delay) / pack.stft.hop);
    await this.#analyse(new Float32Array(frames * pack.stft.hop - this.#modelSamplesIn), parts);
    const end = this.#firstFrame + this.#spectra.length;
    // The last window ends with the recording, so that its last frames are seen in full context too.
    const lastWindow = Math.max(0, end - pack.windowFrames);
    if (this.#nextWindow === 0 || lastWindow > this.#firstFrame) await this.#explain(lastWindow, parts);
    this.#synthesise(end, parts);
    this.#give(this.#fromModel.finish(this.#samplesIn), parts);
    return joinParts(parts);
  }

  async #analyse(modelSamples: Float32Array, parts: Parts): Promise<void> {
    const { windowFrames } = this.#options.pack;
    this.#modelSamplesIn += modelSamples.length;
    this.#stft.push(modelSamples, (spectrum) => this.#spectra.push(spectrum.slice()));
    while (this.#nextWindow + windowFrames <= this.#firstFrame + this.#spectra.length) {
      await this.#explain(this.#nextWindow, parts);
      // Should the recording end before the next window is full, the last one begins here or later.
      this.#synthesise(this.#nextWindow, parts);
      this.#nextWindow += this.#stride;
    }
  }

  /** Runs the window that begins at the frame; what lies behind the last frame counts as zeros. */
  async #explain(firstFrame: number, parts: Parts): Promise<void> {
    const { pack, explainWindow } = this.#options;
    const { bins, window } = pack.stft;
    const input = new Float32Array(pack.windowFrames * bins);
    const angles = pack.phases ? new Float32Array(input.length) : undefined;
    for (let t = 0; t < pack.windowFrames; t++) {
      const spectrum = this.#spectra[firstFrame + t - this.#firstFrame];
      if (spectrum) magnitudes(spectrum, input, t * bins);
      if (spectrum && angles) phases(spectrum, angles, t * bins);
    }
    const loudest = input.reduce((most, value) => Math.max(most, value), 0);
    const power = input.reduce((sum, value) => sum + value * value, 0) / input.length;
    const silent = loudest < SILENCE * window;
    if (loudest === 0) {
      // Nothing to mask, and nothing a model could be asked about.
      parts.windows.push({ firstFrame, probabilities: new Float32Array(pack.labels.length), silent, power });
      return;
    }
    const { probabilities, mask } = await explainWindow(input, angles);
    this.#masks.add(firstFrame, mask);
    parts.windows.push({ firstFrame, probabilities: probabilities.slice(), silent, power });
  }

  /** Masks and resynthesises the frames before `end`, which no further window will cover. */
  #synthesise(end: number, parts: Parts): void {
    const { pack } = this.#options;
    const { bins, hop } = pack.stft;
    const count = end - this.#firstFrame;
    const mask = this.#masks.take(end);
    const frameMagnitudes = new Float32Array(count * bins);
    const samples = new Float32Array(count * hop);
    this.#spectra.splice(0, count).forEach((spectrum, frame) => {
      magnitudes(spectrum, frameMagnitudes, frame * bins);
      applyMask(spectrum, mask, pack.masking, spectrum, frame * bins);
      this.#istft.add(spectrum, samples, frame * hop);
    });
    this.#firstFrame = end;
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
    parts.rest.push(original.map((sample, n) => sample - explanation[n]));
  }
}

/** Windows of a sound of so many samples at so many Hz; throws a RangeError as `SignalExplainer` does. */
export function windowCount(pack: Pack, samples: number, sampleRate: number, stride?: number): number {
  const { windowFrames, stft } = pack;
  const modelSamples = Math.ceil((samples * pack.sampleRate) / sampleRate);
  const frames = Math.ceil((modelSamples + stft.window - stft.hop) / stft.hop);
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

/**
 * How much a window's word counts for each of its frames: a window knows least about its newest frames, because it has
 * not heard what follows.
 */
function windowWeights(frames: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, t) => Math.min(1, (frames - t) / (LOOK_AHEAD + 1)));
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
