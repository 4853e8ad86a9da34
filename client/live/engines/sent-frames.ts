/** What a remote engine sends of a window, and what it knows that the server has: by kind of pack there are two ways. */
import { EngineError, type Explanation, type SpectralWindow } from "../../../protocol/engine.ts";
import {
  type ExplanationMessage,
  encodeBlocks,
  encodeExplain,
  encodeFrames,
  type Hello,
} from "../../../protocol/wire.ts";
import { type Encoding, encodeMagnitudes } from "../../../protocol/wire-levels.ts";

export interface SentFrames {
  /** @throws EngineError "bad-input" for what the server's pack can't hear. */
  check(window: SpectralWindow): void;
  /**
   * The messages that ask for it, in their order.
   *
   * @param start called where the server has to forget what it was sent, before the messages are sent.
   */
  ask(window: SpectralWindow, request: number, start: () => void): Uint8Array[];
  /** The newest window was not explained. */
  failed(): void;
  /** Whether an explanation has the sizes that were asked for. */
  fits(answer: ExplanationMessage): boolean;
  /** What an explanation tells beyond that of a window. */
  extras(answer: ExplanationMessage): Pick<Explanation, "begins">;
}

export interface SentFramesOptions {
  readonly encoding?: Encoding | undefined;
  readonly newestFrames?: number | undefined;
  readonly target?: number | undefined;
}

export function sentFrames(server: Hello, options: SentFramesOptions): SentFrames {
  return server.pack.streaming ? new SentBlocks(server, options) : new SentWindows(server, options);
}

function encoded(magnitudes: Float32Array, encoding?: Encoding): Uint16Array | Uint8Array {
  const { length } = magnitudes;
  const levels = encoding === "uint8-log1p" ? new Uint8Array(length) : new Uint16Array(length);
  encodeMagnitudes(magnitudes, levels);
  return levels;
}

function checkNumber(firstFrame: number): void {
  if (Number.isSafeInteger(firstFrame)) return;
  throw new EngineError("bad-input", `the first frame must be a whole number, not ${firstFrame}`);
}

/**
 * Frames that two windows cover are not sent again, if they are the same: the numbers alone do not prove it, as a stream may
 * start again from 0.
 */
class SentWindows implements SentFrames {
  /** The window sent before, which tells what the server has; NaN before the first. */
  #from = Number.NaN;
  readonly #sent: Float32Array;

  constructor(
    private readonly server: Hello,
    private readonly options: SentFramesOptions,
  ) {
    const { windowFrames, stft } = server.pack;
    this.#sent = new Float32Array(windowFrames * stft.bins);
  }

  check({ firstFrame, magnitudes }: SpectralWindow): void {
    const { windowFrames, stft } = this.server.pack;
    if (magnitudes.length !== this.#sent.length) {
      throw new EngineError(
        "bad-input",
        `the server's pack wants windows of [${windowFrames}, ${stft.bins}], ${this.#sent.length} values, ` +
          `and was given ${magnitudes.length}`,
      );
    }
    checkNumber(firstFrame);
  }

  ask({ firstFrame, magnitudes }: SpectralWindow, request: number, start: () => void): Uint8Array[] {
    const { windowFrames, stft } = this.server.pack;
    const { bins } = stft;
    const step = firstFrame - this.#from;
    const overlap = step >= 0 && step < windowFrames ? windowFrames - step : 0;
    const same = overlap > 0 && sameValues(this.#sent, step * bins, magnitudes, overlap * bins);
    // Frames after a gap need no start; other frames under old numbers do.
    if (!same && !(step >= windowFrames)) start();
    const known = same ? overlap : 0;
    this.#from = firstFrame;
    this.#sent.set(magnitudes);
    const explain = encodeExplain(request, firstFrame);
    if (known === windowFrames) return [explain];
    const levels = encoded(magnitudes.subarray(known * bins), this.options.encoding);
    return [encodeFrames(firstFrame + known, bins, levels), explain];
  }

  /** The server has its frames all the same. */
  failed(): void {}

  fits({ frames, bins, rows, probabilities }: ExplanationMessage): boolean {
    const { windowFrames, stft, labels } = this.server.pack;
    const wanted = Math.min(this.options.newestFrames || windowFrames, windowFrames);
    const size = bins === stft.bins && frames >= wanted && frames <= windowFrames;
    return size && rows === 1 && probabilities.length === labels.length;
  }

  extras(): Pick<Explanation, "begins"> {
    return {};
  }
}

/** Each block once; the server remembers those before. */
class SentBlocks implements SentFrames {
  /** The frame that the server waits for; NaN where it remembers nothing. */
  #next = Number.NaN;
  /** Whether it was sent anything since its last start. */
  #fresh = true;
  #asked = 0;

  constructor(
    private readonly server: Hello,
    private readonly options: SentFramesOptions,
  ) {}

  check({ firstFrame, magnitudes }: SpectralWindow): void {
    const { pack, limits } = this.server;
    const { windowFrames, stft } = pack;
    const frames = magnitudes.length / stft.bins;
    if (frames < 1 || frames % windowFrames !== 0 || frames > limits.keptFrames) {
      throw new EngineError(
        "bad-input",
        `the server's pack wants blocks of [${windowFrames}, ${stft.bins}], ${windowFrames * stft.bins} values, ` +
          `${limits.keptFrames / windowFrames} of them at most, and was given ${magnitudes.length}`,
      );
    }
    checkNumber(firstFrame);
  }

  ask(window: SpectralWindow, request: number, start: () => void): Uint8Array[] {
    const { firstFrame, magnitudes, begins, target = this.options.target } = window;
    const { bins } = this.server.pack.stft;
    if ((begins || firstFrame !== this.#next) && !this.#fresh) start();
    this.#fresh = false;
    this.#asked = magnitudes.length / bins;
    this.#next = firstFrame + this.#asked;
    return [encodeBlocks(request, firstFrame, bins, encoded(magnitudes, this.options.encoding), target)];
  }

  failed(): void {
    this.#next = Number.NaN;
  }

  fits({ frames, bins, rows, probabilities }: ExplanationMessage): boolean {
    const { windowFrames, stft, labels } = this.server.pack;
    const size = bins === stft.bins && frames === this.#asked && rows === frames / windowFrames;
    return size && probabilities.length === rows * labels.length;
  }

  extras({ begins }: ExplanationMessage): Pick<Explanation, "begins"> {
    return { begins };
  }
}

/** Whether `a` from `offset` on and `b` from its start agree in the next `length` values. */
function sameValues(a: Float32Array, offset: number, b: Float32Array, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (a[offset + i] !== b[i]) return false;
  }
  return true;
}
