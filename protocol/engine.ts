/**
 * What every engine does, wherever it runs: a window of magnitudes in, probabilities and a mask out.
 * The live pipeline holds one engine at a time and never knows which kind it is.
 *
 * With a streaming pack a "window" is the newest frames alone, one block or several at once, each frame once; the engine
 * remembers what it heard before them. It begins anew, and says so, where it is told to, where a frame is missing or comes
 * again, and after every call that it rejected: what was rejected it has not heard.
 */

/** Consecutive STFT frames, named by the index of the first one since the start of the stream. */
export interface SpectralWindow {
  readonly firstFrame: number;
  /** Linear magnitudes |X|, row-major [frames, bins]. */
  readonly magnitudes: Float32Array;
  /** Angles of the same frames in radians and the same order, where the pack's model wants them. Never sent anywhere. */
  readonly phases?: Float32Array;
  /** Of streaming packs: another sound begins here, of which nothing was heard before. */
  readonly begins?: boolean;
  /**
   * Of streaming packs: the class to explain from these frames on, in place of the one that the engine was opened with; -1 is the
   * winner. It may change from window to window, and nothing of what was heard is forgotten for it.
   */
  readonly target?: number;
}

export interface Explanation {
  readonly firstFrame: number;
  /** [classes]; of streaming packs row-major [blocks, classes], what was believed at the end of each block. */
  readonly probabilities: Float32Array;
  /** Row-major [frames, bins], in [0, 1], for the frames of the window, or for the newest of them. */
  readonly mask: Float32Array;
  /** Milliseconds spent inside the model alone, as measured where it ran. */
  readonly inferenceMs: number;
  /** Of streaming packs: the engine remembered nothing when it heard these frames. */
  readonly begins?: boolean;
}

export interface Engine {
  readonly kind: "local" | "remote";
  /** For people: "onnxruntime-web, WASM SIMD, 1 thread" or "ws://host/…, onnxruntime-node, cpu". */
  readonly description: string;
  /** Milliseconds that the engine asks to lie between two windows at least; absent or 0 where it asks for nothing. */
  readonly leastMs?: number;
  /** One call at a time; rejects with an `EngineError` whose `code` names the reason. */
  explain(window: SpectralWindow): Promise<Explanation>;
  close(): Promise<void>;
}

export type EngineErrorCode = "busy" | "closed" | "lost" | "refused" | "failed" | "timeout" | "bad-input";

export class EngineError extends Error {
  override name = "EngineError";
  /** When a full server wants to be asked again; undefined where it didn't say. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
