import type { PipelineOptions } from "../../../client/live/pipeline/pipeline-messages.ts";
import { type Engine, EngineError, type Explanation, type SpectralWindow } from "../../../protocol/engine.ts";

/** Lets everything that is ready run. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Of a pipeline with the tiny pack on this device. */
export const PIPELINE_OPTIONS: PipelineOptions = {
  packUrl: "http://localhost/packs/tiny/",
  wasm: { mjs: "http://localhost/ort.mjs", wasm: "http://localhost/ort.wasm" },
  serverUrl: null,
  engine: "local",
  asked: {},
  plan: { strideFrames: 8, lookAheadFrames: 4, minDelayFrames: 0, maxDelayFrames: 20, framingMs: 32 },
  longestDelayFrames: 30,
};

/** An engine whose every answer is decided by the test; `ms` advances the clock that it was given. */
export class FakeEngine implements Engine {
  readonly description: string;
  closed = false;
  windows: SpectralWindow[] = [];
  /** Says of each answer that it remembered nothing. */
  forgets = false;
  /** Thrown instead of answering, while set. */
  error: EngineError | null = null;

  constructor(
    readonly kind: Engine["kind"],
    readonly clock: { now: number },
    public ms: number,
    readonly method?: string,
  ) {
    this.description = `fake ${kind}`;
  }

  async explain(window: SpectralWindow): Promise<Explanation> {
    this.windows.push(window);
    await null;
    this.clock.now += this.ms;
    if (this.closed) throw new EngineError("closed", "the fake was closed");
    if (this.error) throw this.error;
    return {
      firstFrame: window.firstFrame,
      probabilities: Float32Array.of(1, 0),
      mask: new Float32Array(window.magnitudes.length).fill(0.5),
      inferenceMs: this.ms / 2,
      ...(this.forgets && { begins: true }),
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
