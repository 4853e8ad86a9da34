/**
 * What every engine does, wherever it runs: a window of magnitudes in, probabilities and a mask out.
 * The live pipeline holds one engine at a time and never knows which kind it is.
 */

/** Consecutive STFT frames, named by the index of the first one since the start of the stream. */
export interface SpectralWindow {
  readonly firstFrame: number;
  /** Linear magnitudes |X|, row-major [frames, bins]. */
  readonly magnitudes: Float32Array;
  /** Angles of the same frames in radians and the same order, where the pack's model wants them. Never sent anywhere. */
  readonly phases?: Float32Array;
}

export interface Explanation {
  readonly firstFrame: number;
  /** [classes], sums to one. */
  readonly probabilities: Float32Array;
  /** Row-major [frames, bins], in [0, 1], for the frames of the window, or for the newest of them. */
  readonly mask: Float32Array;
  /** Milliseconds spent inside the model alone, as measured where it ran. */
  readonly inferenceMs: number;
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
