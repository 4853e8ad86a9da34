/** Turns the graphs of a pack's method into functions from magnitudes to probabilities and masks. */
import {
  type Pack,
  type PackGraph,
  type PackMethod,
  packFeatureJudge,
  packFeatureMethod,
  packMethod,
} from "../pack/pack.ts";
import { MethodGraph, MethodInputError } from "./method-graph.ts";
import type { Graph } from "./open-session.ts";
import type { Runtime } from "./runtime.ts";
import type { Streaming } from "./streaming.ts";
import { StreamingMethod } from "./streaming-method.ts";

export { MethodInputError } from "./method-graph.ts";

export interface MethodResult {
  /** Row-major [batch, classes], each row sums to one where the classes are exclusive. */
  readonly probabilities: Float32Array;
  /** Row-major [batch, ...maskShape], in [0, 1]. */
  readonly masks: Float32Array;
  /** Milliseconds inside onnxruntime. */
  readonly inferenceMs: number;
}

export interface LoadedMethod {
  readonly pack: Pack;
  readonly method: PackMethod;
  readonly runtime: Runtime;
  /**
   * Steps of a mask in time and in frequency: the window's [frames, bins], the newest of its frames, or those of the
   * classifier's own input. Of streaming packs a block's [frames, bins].
   */
  readonly maskShape: readonly [number, number];
  /**
   * Explains `batch` windows; one call at a time.
   *
   * A streaming pack has no windows: there `batch` sounds are explained, each from its beginning on and of any whole number of
   * blocks, the same for all. The probabilities are those at their ends, the masks those of all their frames, each block's for
   * the class that wins it where none is asked for. Whoever hears a sound on and on takes `streaming`.
   *
   * @param magnitudes linear STFT magnitudes, row-major [batch, frames, bins]. Values that no magnitude can have
   *   (NaN, infinite, negative) count as 0. The array is not changed and not kept.
   * @param target the class to explain: one for all windows, or one a window; -1 or absent is the winning class.
   * @param phases of the same frames, in radians and of the same shape; wanted where `pack.phases` is true, and only there.
   * @throws MethodInputError for wrong sizes or classes; PackError when the graph gives no usable numbers.
   */
  run(
    magnitudes: Float32Array,
    batch: number,
    target?: number | readonly number[],
    phases?: Float32Array,
  ): Promise<MethodResult>;
  /** There in streaming packs, and only there: hears sounds block by block, by states that the caller keeps. */
  readonly streaming?: Streaming | undefined;
  close(): Promise<void>;
}

/** Gets another graph of the same pack, as `OpenPack.read` does. */
export type ReadGraph = (graph: PackGraph) => Promise<Graph>;

/**
 * Loads the graph of a pack's method (its default method when no name is given).
 *
 * @param graph of the method, as `OpenPack.graph` gives it.
 * @param read of streaming packs: gets the graphs for several blocks at once, each when it is first of use; without it
 *   several blocks are heard one by one.
 * @throws PackError when the graph cannot be read or has another signature than `models/pack/pack.ts` says.
 */
export async function loadMethod(
  runtime: Runtime,
  graph: Graph,
  pack: Pack,
  name?: string,
  read?: ReadGraph,
): Promise<LoadedMethod> {
  return loadGraph(runtime, graph, pack, packMethod(pack, name), [pack.windowFrames, pack.stft.bins], read);
}

/**
 * Loads the graph of a pack's feature method: its masks lie on the classifier's own input, see `FeatureJudge`.
 *
 * @param graph what `OpenPack.read` gives for `packFeatureMethod(pack, name)`.
 * @throws PackError as `loadMethod` does.
 */
export async function loadFeatureMethod(
  runtime: Runtime,
  graph: Graph,
  pack: Pack,
  name: string,
): Promise<LoadedMethod> {
  const { time, frequency } = packFeatureJudge(pack);
  return loadGraph(runtime, graph, pack, packFeatureMethod(pack, name), [time, frequency]);
}

/**
 * Loads a graph with the signature that `models/pack/pack.ts` describes.
 *
 * @param maskShape steps of its masks in time and in frequency.
 * @throws PackError as `loadMethod` does.
 */
export async function loadGraph(
  runtime: Runtime,
  graph: Graph,
  pack: Pack,
  method: PackMethod,
  maskShape: readonly [number, number],
  read?: ReadGraph,
): Promise<LoadedMethod> {
  const shape = { frames: pack.windowFrames, mask: maskShape };
  const loaded = await MethodGraph.load(runtime, graph, pack, method, shape);
  return pack.streaming
    ? new StreamingMethod(runtime, loaded, pack, method, read)
    : new WindowMethod(runtime, loaded, pack, method);
}

class WindowMethod implements LoadedMethod {
  #running = false;
  #closed = false;

  constructor(
    readonly runtime: Runtime,
    private readonly graph: MethodGraph,
    readonly pack: Pack,
    readonly method: PackMethod,
  ) {}

  get maskShape() {
    return this.graph.shape.mask;
  }

  async run(
    magnitudes: Float32Array,
    batch: number,
    target?: number | readonly number[],
    phases?: Float32Array,
  ): Promise<MethodResult> {
    if (this.#closed) throw new MethodInputError(`method ${this.method.name} was closed`);
    if (this.#running) throw new MethodInputError(`method ${this.method.name} is still at the call before`);
    const asked = this.graph.run({ magnitudes, batch, target, phases });
    this.#running = true;
    try {
      const { probabilities, masks, inferenceMs } = await asked;
      return { probabilities, masks, inferenceMs };
    } finally {
      this.#running = false;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.graph.close();
  }
}
