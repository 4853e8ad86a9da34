/** The engine that runs the model where it is called: in the pipeline's worker, or in Node. */

import { type OpenPack, openedPack } from "../../../models/pack/open-pack.ts";
import { loadNewest } from "../../../models/runtime/load-cut.ts";
import { type LoadedMethod, MethodInputError } from "../../../models/runtime/load-method.ts";
import type { Runtime } from "../../../models/runtime/runtime.ts";
import type { Streaming, StreamState } from "../../../models/runtime/streaming.ts";
import { type Engine, EngineError, type Explanation, type SpectralWindow } from "../../../protocol/engine.ts";

interface LocalEngineOptions {
  readonly runtime: Runtime;
  readonly pack: OpenPack;
  /** Method of the pack; its default one when absent. */
  readonly method?: string | undefined;
  /** Class to explain, for methods that take one; -1 or absent is the winning class. */
  readonly target?: number;
  /** Masks of so many of a window's newest frames will do; of all without. */
  readonly newestFrames?: number;
}

export class LocalEngine implements Engine {
  readonly kind = "local";
  readonly description: string;
  #busy = false;
  #closed = false;
  /** Of streaming packs: what was heard so far, and the frame that follows on it. */
  #heard: { readonly state: StreamState; readonly next: number } | null = null;

  private constructor(
    private readonly method: LoadedMethod,
    private readonly target: number | undefined,
  ) {
    this.description = method.runtime.description;
  }

  /**
   * Loads the model and runs it once on silence, so that a model that cannot run fails here and the first real
   * window is not the slow one.
   *
   * @throws PackError when the model is missing or broken, MethodInputError for a target the method does not take.
   */
  static async open(options: LocalEngineOptions): Promise<LocalEngine> {
    const { pack } = options.pack;
    const { runtime, newestFrames = pack.windowFrames } = options;
    const { opened, forget } = readOnce(options.pack);
    const method = await loadNewest(runtime, opened, options.method, newestFrames);
    try {
      // Every graph that there is, as one that is first loaded when it is needed comes too late.
      for (const blocks of method.streaming?.blocks ?? [1]) {
        const silence = new Float32Array(blocks * pack.windowFrames * pack.stft.bins);
        await method.run(silence, 1, options.target, pack.phases ? silence : undefined);
      }
    } catch (error) {
      await method.close();
      throw error;
    } finally {
      forget();
    }
    return new LocalEngine(method, options.target);
  }

  async explain(window: SpectralWindow): Promise<Explanation> {
    if (this.#closed) throw new EngineError("closed", "the local engine was closed");
    if (this.#busy) throw new EngineError("busy", "the local engine is still at the window before");
    this.#busy = true;
    try {
      const { streaming } = this.method;
      if (streaming) return await this.#hear(streaming, window);
      const result = await this.method.run(window.magnitudes, 1, this.target, window.phases);
      return {
        firstFrame: window.firstFrame,
        probabilities: result.probabilities,
        mask: result.masks,
        inferenceMs: result.inferenceMs,
      };
    } catch (cause) {
      const code = cause instanceof MethodInputError ? "bad-input" : "failed";
      throw new EngineError(code, (cause as Error).message, { cause });
    } finally {
      this.#busy = false;
      if (this.#closed) await this.method.close();
    }
  }

  async #hear(streaming: Streaming, window: SpectralWindow): Promise<Explanation> {
    const { firstFrame, magnitudes, phases, target = this.target } = window;
    const before = this.#heard;
    // What is rejected was not heard.
    this.#heard = null;
    const goesOn = before?.next === firstFrame && !window.begins;
    const state = goesOn ? before.state : streaming.begin();
    const { probabilities, masks, states, inferenceMs } = await streaming.hear(
      magnitudes,
      [state],
      target,
      phases,
    );
    this.#heard = { state: states[0], next: firstFrame + magnitudes.length / this.method.pack.stft.bins };
    return { firstFrame, probabilities, mask: masks, inferenceMs, begins: !goesOn };
  }

  /** A window in flight is still answered. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#busy) await this.method.close();
  }
}

/** The pack, whose files are read once until they are forgotten: a method's graphs share their weights. */
function readOnce({ pack, source, file }: OpenPack) {
  const files = new Map<string, Promise<Uint8Array>>();
  const opened = openedPack(pack, source, (name) => {
    const read = files.get(name) ?? file(name);
    files.set(name, read);
    return read;
  });
  return { opened, forget: () => files.clear() };
}
