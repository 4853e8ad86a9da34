/** One graph of a pack as a function: what goes in and comes out is checked, against `pack.json` and against nonsense. */
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { type Pack, PackError, type PackMethod } from "../pack/pack.ts";
import { joined, ofWindow, takesOneWindow } from "./one-by-one.ts";
import { type Graph, graphBytes, openSession } from "./open-session.ts";
import type { Runtime } from "./runtime.ts";

export class MethodInputError extends Error {
  override name = "MethodInputError";
}

export interface GraphShape {
  /** Frames that it takes. */
  readonly frames: number;
  /** Steps of its masks in time and in frequency. */
  readonly mask: readonly [number, number];
  /** Of streaming packs: blocks in the frames. */
  readonly blocks?: number | undefined;
}

export interface GraphQuestion {
  /** Row-major [batch, frames, bins]. */
  readonly magnitudes: Float32Array;
  readonly batch: number;
  readonly target?: number | readonly number[] | undefined;
  readonly phases?: Float32Array | undefined;
  /** Of streaming packs: row-major [batch, state]. */
  readonly states?: Float32Array | undefined;
}

interface GraphAnswer {
  /** Row-major [batch, classes], of several blocks [batch, blocks, classes]. */
  readonly probabilities: Float32Array;
  /** Row-major [batch, ...mask]. */
  readonly masks: Float32Array;
  /** Of streaming packs: row-major [batch, state]; may hold what is no number. */
  readonly nextStates: Float32Array | undefined;
  readonly inferenceMs: number;
}

/** Told of the states that came out before what else came out is looked at; may throw. */
type CheckStates = (states: Float32Array) => void;

export class MethodGraph {
  // Reused from call to call, so that a live stream does not make 130 KB of garbage a window.
  #input = new Float32Array(0);

  private constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
    private readonly pack: Pack,
    private readonly method: PackMethod,
    readonly shape: GraphShape,
  ) {}

  /** @throws PackError when the graph cannot be read or has another signature than `models/pack/pack.ts` says. */
  static async load(
    runtime: Runtime,
    graph: Graph,
    pack: Pack,
    method: PackMethod,
    shape: GraphShape,
  ): Promise<MethodGraph> {
    const session = await openSession(runtime, graph).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const what = `(${graphBytes(graph)} bytes) cannot be loaded by ${runtime.name}: ${reason}`;
      throw broken(pack, method, what, cause);
    });
    try {
      checkSignature(session, pack, method, shape);
    } catch (error) {
      await session.release();
      throw error;
    }
    return new MethodGraph(runtime, session, pack, method, shape);
  }

  /** Checks what is asked at once, then answers; one call at a time. @throws as `LoadedMethod.run` does. */
  run(question: GraphQuestion, checkStates?: CheckStates): Promise<GraphAnswer> {
    const feeds = this.#feeds(question);
    if (question.batch > 1 && takesOneWindow(this.session)) return this.#eachAlone(question);
    return this.#answer(feeds, question.batch, checkStates);
  }

  async #answer(
    feeds: Record<string, Tensor>,
    batch: number,
    checkStates?: CheckStates,
  ): Promise<GraphAnswer> {
    this.runtime.onRun?.();
    const started = performance.now();
    const outputs = await this.session.run(feeds);
    const inferenceMs = performance.now() - started;
    return { ...this.#results(outputs, batch, checkStates), inferenceMs };
  }

  /** Of a classifier that hears one window at a time; never of a streaming pack. */
  async #eachAlone({ magnitudes, batch, target = -1, phases }: GraphQuestion): Promise<GraphAnswer> {
    const answers: GraphAnswer[] = [];
    for (let window = 0; window < batch; window++) {
      const feeds = this.#feeds({
        magnitudes: ofWindow(magnitudes, window, batch),
        batch: 1,
        target: typeof target === "number" ? target : ofWindow(target, window, batch),
        phases: phases && ofWindow(phases, window, batch),
      });
      answers.push(await this.#answer(feeds, 1));
    }
    return {
      probabilities: joined(answers.map(({ probabilities }) => probabilities)),
      masks: joined(answers.map(({ masks }) => masks)),
      nextStates: undefined,
      inferenceMs: answers.reduce((sum, { inferenceMs }) => sum + inferenceMs, 0),
    };
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  #feeds({ magnitudes, batch, target = -1, phases, states }: GraphQuestion): Record<string, Tensor> {
    const { stft, labels, streaming } = this.pack;
    const dims = [batch, this.shape.frames, stft.bins];
    const shape = `[${dims.join(", ")}]`;
    if (!Number.isInteger(batch) || batch < 1) {
      throw new MethodInputError(`batch must be a whole number from 1 on, not ${batch}`);
    }
    const size = batch * this.shape.frames * stft.bins;
    if (magnitudes.length !== size) {
      throw new MethodInputError(
        `pack ${this.pack.name} wants magnitudes ${shape}, ${size} values, and was given ${magnitudes.length}`,
      );
    }
    if (this.#input.length !== size) this.#input = new Float32Array(size);
    copyMagnitudes(magnitudes, this.#input);
    const { Tensor } = this.runtime.ort;
    const feeds: Record<string, Tensor> = { magnitudes: new Tensor("float32", this.#input, dims) };
    if (streaming) feeds["state"] = new Tensor("float32", states!, [batch, streaming.state]);
    if (this.pack.phases) {
      if (phases?.length !== size) {
        throw new MethodInputError(
          `the classifier of pack ${this.pack.name} hears the waveform, so its graphs want phases ${shape} beside the ` +
            `magnitudes, and were given ${phases?.length ?? 0} values; phases never leave a device, so such a pack runs in the page and in listenable explain, not on a server`,
        );
      }
      feeds["phases"] = new Tensor("float32", phases, dims);
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

  #results(
    outputs: InferenceSession.OnnxValueMapType,
    batch: number,
    checkStates?: CheckStates,
  ): Omit<GraphAnswer, "inferenceMs"> {
    const dims = outputShapes(this.pack, this.shape);
    const read = (name: keyof typeof dims): Float32Array => {
      const tensor = outputs[name];
      const data = tensor.data;
      const wanted = [batch, ...dims[name]!];
      if (!(data instanceof Float32Array) || tensor.dims.join() !== wanted.join()) {
        throw broken(
          this.pack,
          this.method,
          `gave ${name} ${tensor.type} [${tensor.dims}], not float32 [${wanted}]`,
        );
      }
      return data;
    };
    const nextStates = dims.next_state && read("next_state");
    if (nextStates) checkStates?.(nextStates);
    const probabilities = read("probabilities");
    const masks = read("mask");
    if (!probabilities.every(Number.isFinite)) {
      throw broken(this.pack, this.method, "gave probabilities that are not numbers");
    }
    clampMask(masks, () => broken(this.pack, this.method, "gave a mask with values that are not numbers"));
    return { probabilities, masks, nextStates };
  }
}

/** Without the batch. */
function outputShapes({ labels, streaming }: Pack, { mask, blocks = 1 }: GraphShape) {
  return {
    probabilities: blocks > 1 ? [blocks, labels.length] : [labels.length],
    mask,
    ...(streaming && { next_state: [streaming.state] }),
  };
}

function checkSignature(session: InferenceSession, pack: Pack, method: PackMethod, shape: GraphShape): void {
  const { stft, streaming } = pack;
  const inputs = [
    "magnitudes",
    ...(pack.phases ? ["phases"] : []),
    ...(streaming ? ["state"] : []),
    ...(method.target ? ["target"] : []),
  ];
  if ([...session.inputNames].sort().join() !== inputs.join()) {
    throw broken(
      pack,
      method,
      `has the inputs ${session.inputNames.join(", ")}; it should have ${inputs.join(", ")}`,
    );
  }
  const outputs = outputShapes(pack, shape);
  for (const output of Object.keys(outputs)) {
    if (!session.outputNames.includes(output)) {
      throw broken(pack, method, `has no output "${output}"; it has ${session.outputNames.join(", ")}`);
    }
  }
  const check = (
    values: readonly InferenceSession.ValueMetadata[],
    name: string,
    dims: readonly number[],
  ) => {
    const value = values.find((each) => each.name === name);
    if (!value?.isTensor || value.shape.length === 0) return;
    const same = value.shape.every((dim, i) => i === 0 || typeof dim !== "number" || dim === dims[i - 1]);
    if (value.shape.length !== dims.length + 1 || !same) {
      const has = `has ${name} [${value.shape.join(", ")}]`;
      throw broken(pack, method, `${has}; pack.json says [${["B", ...dims].join(", ")}]`);
    }
  };
  check(session.inputMetadata, "magnitudes", [shape.frames, stft.bins]);
  if (streaming) check(session.inputMetadata, "state", [streaming.state]);
  for (const [name, dims] of Object.entries(outputs)) check(session.outputMetadata, name, dims);
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
