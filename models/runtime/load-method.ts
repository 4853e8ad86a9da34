/** Turns one graph of a pack into a function from magnitudes to probabilities and masks. */
import type { InferenceSession, Tensor } from "onnxruntime-common";
import {
  type Pack,
  PackError,
  type PackMethod,
  packFeatureJudge,
  packFeatureMethod,
  packMethod,
} from "../pack/pack.ts";
import { type Graph, graphBytes, openSession } from "./open-session.ts";
import type { Runtime } from "./runtime.ts";

export interface MethodResult {
  /** Row-major [batch, classes], each row sums to one. */
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
   * classifier's own input.
   */
  readonly maskShape: readonly [number, number];
  /**
   * Explains `batch` windows; one call at a time.
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
  close(): Promise<void>;
}

export class MethodInputError extends Error {
  override name = "MethodInputError";
}

/**
 * Loads the graph of a pack's method (its default method when no name is given).
 *
 * @param graph of the method, as `OpenPack.graph` gives it.
 * @throws PackError when the graph cannot be read or has another signature than `models/pack/pack.ts` says.
 */
export async function loadMethod(
  runtime: Runtime,
  graph: Graph,
  pack: Pack,
  name?: string,
): Promise<LoadedMethod> {
  return loadGraph(runtime, graph, pack, packMethod(pack, name), [pack.windowFrames, pack.stft.bins]);
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
): Promise<LoadedMethod> {
  const session = await openSession(runtime, graph).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const what = `(${graphBytes(graph)} bytes) cannot be loaded by ${runtime.name}: ${reason}`;
    throw broken(pack, method, what, cause);
  });
  try {
    checkSignature(session, pack, method, maskShape);
  } catch (error) {
    await session.release();
    throw error;
  }
  return new OnnxMethod(runtime, session, pack, method, maskShape);
}

class OnnxMethod implements LoadedMethod {
  // Reused from call to call, so that a live stream does not make 130 KB of garbage a window.
  #input = new Float32Array(0);
  #running = false;
  #closed = false;

  constructor(
    readonly runtime: Runtime,
    private readonly session: InferenceSession,
    readonly pack: Pack,
    readonly method: PackMethod,
    readonly maskShape: readonly [number, number],
  ) {}

  async run(
    magnitudes: Float32Array,
    batch: number,
    target: number | readonly number[] = -1,
    phases?: Float32Array,
  ): Promise<MethodResult> {
    if (this.#closed) throw new MethodInputError(`method ${this.method.name} was closed`);
    if (this.#running) throw new MethodInputError(`method ${this.method.name} is still at the call before`);
    const feeds = this.#feeds(magnitudes, batch, target, phases);
    this.#running = true;
    try {
      this.runtime.onRun?.();
      const started = performance.now();
      const outputs = await this.session.run(feeds);
      const inferenceMs = performance.now() - started;
      return { ...this.#results(outputs, batch), inferenceMs };
    } finally {
      this.#running = false;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.session.release();
  }

  #feeds(
    magnitudes: Float32Array,
    batch: number,
    target: number | readonly number[],
    phases: Float32Array | undefined,
  ): Record<string, Tensor> {
    const { windowFrames, stft, labels } = this.pack;
    const shape = `[${batch}, ${windowFrames}, ${stft.bins}]`;
    if (!Number.isInteger(batch) || batch < 1) {
      throw new MethodInputError(`batch must be a whole number from 1 on, not ${batch}`);
    }
    const size = batch * windowFrames * stft.bins;
    if (magnitudes.length !== size) {
      throw new MethodInputError(
        `pack ${this.pack.name} wants magnitudes ${shape}, ${size} values, and was given ${magnitudes.length}`,
      );
    }
    if (this.#input.length !== size) this.#input = new Float32Array(size);
    copyMagnitudes(magnitudes, this.#input);
    const { Tensor } = this.runtime.ort;
    const feeds: Record<string, Tensor> = {
      magnitudes: new Tensor("float32", this.#input, [batch, windowFrames, stft.bins]),
    };
    if (this.pack.phases) {
      if (phases?.length !== size) {
        throw new MethodInputError(
          `the classifier of pack ${this.pack.name} hears the waveform, so its graphs want phases ${shape} beside the ` +
            `magnitudes, and were given ${phases?.length ?? 0} values; phases never leave a device, so such a pack runs in the page and in listenable explain, not on a server`,
        );
      }
      feeds["phases"] = new Tensor("float32", phases, [batch, windowFrames, stft.bins]);
    }
    const targets = typeof target === "number" ? new Array<number>(batch).fill(target) : target;
    if (targets.length !== batch) {
      throw new MethodInputError(`${targets.length} target classes were given for ${batch} windows`);
    }
    for (const each of targets) {
      if (!Number.isInteger(each) || each < -1 || each >= labels.length) {
        throw new MethodInputError(
          `target class ${each} is not in 0..${labels.length - 1} (or -1, the winner)`,
        );
      }
      if (each !== -1 && !this.method.target) {
        throw new MethodInputError(
          `method ${this.method.name} of pack ${this.pack.name} explains only the winning class, not class ${each}`,
        );
      }
    }
    if (this.method.target)
      feeds["target"] = new Tensor("int64", BigInt64Array.from(targets, BigInt), [batch]);
    return feeds;
  }

  #results(outputs: InferenceSession.OnnxValueMapType, batch: number): Omit<MethodResult, "inferenceMs"> {
    const { labels } = this.pack;
    const read = (name: string, dims: readonly number[]): Float32Array => {
      const tensor = outputs[name];
      const data = tensor.data;
      if (!(data instanceof Float32Array) || tensor.dims.join() !== dims.join()) {
        throw broken(
          this.pack,
          this.method,
          `gave ${name} ${tensor.type} [${tensor.dims}], not float32 [${dims}]`,
        );
      }
      return data;
    };
    const probabilities = read("probabilities", [batch, labels.length]);
    const masks = read("mask", [batch, ...this.maskShape]);
    if (!probabilities.every(Number.isFinite)) {
      throw broken(this.pack, this.method, "gave probabilities that are not numbers");
    }
    clampMask(masks, () => broken(this.pack, this.method, "gave a mask with values that are not numbers"));
    return { probabilities, masks };
  }
}

function checkSignature(
  session: InferenceSession,
  pack: Pack,
  method: PackMethod,
  maskShape: readonly [number, number],
): void {
  const { windowFrames, stft, labels } = pack;
  const inputs = ["magnitudes", ...(pack.phases ? ["phases"] : []), ...(method.target ? ["target"] : [])];
  if ([...session.inputNames].sort().join() !== inputs.join()) {
    throw broken(
      pack,
      method,
      `has the inputs ${session.inputNames.join(", ")}; it should have ${inputs.join(", ")}`,
    );
  }
  for (const output of ["probabilities", "mask"]) {
    if (!session.outputNames.includes(output)) {
      throw broken(pack, method, `has no output "${output}"; it has ${session.outputNames.join(", ")}`);
    }
  }
  const check = (
    values: readonly InferenceSession.ValueMetadata[],
    name: string,
    dims: (number | null)[],
  ) => {
    const value = values.find((each) => each.name === name);
    if (!value?.isTensor) return;
    const same = value.shape.every(
      (dim, i) => dims[i] === null || typeof dim !== "number" || dim === dims[i],
    );
    if (value.shape.length > 0 && (value.shape.length !== dims.length || !same)) {
      const wanted = dims.map((dim) => dim ?? "B").join(", ");
      throw broken(pack, method, `has ${name} [${value.shape.join(", ")}]; pack.json says [${wanted}]`);
    }
  };
  check(session.inputMetadata, "magnitudes", [null, windowFrames, stft.bins]);
  check(session.outputMetadata, "probabilities", [null, labels.length]);
  check(session.outputMetadata, "mask", [null, ...maskShape]);
}

function broken(pack: Pack, method: PackMethod, what: string, cause?: unknown): PackError {
  return new PackError(
    `graph ${method.graph} (method ${method.name} of pack ${pack.name} ${pack.version}) ${what}; ` +
      "fetch or build the pack again",
    "model-broken",
    { cause },
  );
}

/** Values that no magnitude can have count as 0. */
export function copyMagnitudes(from: Float32Array, to: Float32Array): void {
  for (let i = 0; i < from.length; i++) {
    const value = from[i];
    to[i] = value >= 0 && value < Number.POSITIVE_INFINITY ? value : 0;
  }
}

/** Rounding may leave a mask a hair outside [0, 1]; anything that is not a number is a broken model. */
function clampMask(mask: Float32Array, failure: () => Error): void {
  for (let i = 0; i < mask.length; i++) {
    const value = mask[i];
    if (value >= 0 && value <= 1) continue;
    if (Number.isNaN(value)) throw failure();
    mask[i] = value < 0 ? 0 : 1;
  }
}
