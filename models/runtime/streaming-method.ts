/** A method of a streaming pack: its graphs for one block and for several, and the states that go through them. */
import type { Pack, PackMethod } from "../pack/pack.ts";
import type { LoadedMethod, MethodResult, ReadGraph } from "./load-method.ts";
import { MethodGraph, MethodInputError } from "./method-graph.ts";
import type { Runtime } from "./runtime.ts";
import {
  type HeardBlocks,
  type HeardTogether,
  StateError,
  type Streaming,
  type StreamState,
} from "./streaming.ts";

type Targets = number | readonly number[];

export class StreamingMethod implements LoadedMethod {
  readonly streaming: Streaming;
  /** By their number of blocks, the most first. */
  readonly #longer: readonly { readonly blocks: number; readonly load: () => Promise<MethodGraph> }[];
  readonly #loaded = new Map<number, Promise<MethodGraph>>();
  readonly #of: string;
  #running = false;
  #closed = false;

  constructor(
    readonly runtime: Runtime,
    graph: MethodGraph,
    readonly pack: Pack,
    readonly method: PackMethod,
    read?: ReadGraph,
  ) {
    this.#of = `${pack.name} ${pack.version} ${method.name}`;
    this.#loaded.set(1, Promise.resolve(graph));
    const entries = (read && method.blocks) ?? [];
    this.#longer = entries
      .map((entry) => {
        const { frames } = entry;
        const shape = { frames, mask: [frames, pack.stft.bins], blocks: frames / pack.windowFrames } as const;
        const described = { ...method, graph: entry.graph };
        const load = async () => MethodGraph.load(runtime, await read!(entry), pack, described, shape);
        return { blocks: shape.blocks, load };
      })
      .sort((a, b) => b.blocks - a.blocks);
    this.streaming = {
      of: this.#of,
      blocks: [1, ...this.#longer.map(({ blocks }) => blocks).reverse()],
      begin: () => this.#state(new Float32Array(this.#size), 0),
      hear: (...question) => this.#alone(() => this.#hear(...question)),
      hearTogether: (...question) => this.#alone(() => this.#hearTogether(...question)),
    };
  }

  get maskShape(): readonly [number, number] {
    return [this.pack.windowFrames, this.pack.stft.bins];
  }

  async run(
    magnitudes: Float32Array,
    batch: number,
    target: Targets = -1,
    phases?: Float32Array,
  ): Promise<MethodResult> {
    if (!Number.isInteger(batch) || batch < 1) {
      throw new MethodInputError(`batch must be a whole number from 1 on, not ${batch}`);
    }
    const begun = Array.from({ length: batch }, () => this.streaming.begin());
    return this.#alone(async () => {
      const heard = await this.#hear(magnitudes, begun, target, phases);
      const { probabilities, masks, inferenceMs } = heard;
      const classes = this.pack.labels.length;
      const size = probabilities.length / batch;
      const ends = new Float32Array(batch * classes);
      for (let row = 0; row < batch; row++) {
        ends.set(probabilities.subarray((row + 1) * size - classes, (row + 1) * size), row * classes);
      }
      return { probabilities: ends, masks, inferenceMs };
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const graphs = await Promise.allSettled(this.#loaded.values());
    await Promise.all(graphs.map((graph) => graph.status === "fulfilled" && graph.value.close()));
  }

  get #size(): number {
    return this.pack.streaming!.state;
  }

  #state(values: Float32Array, frames: number): StreamState {
    return { of: this.#of, frames, values };
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new MethodInputError(`method ${this.method.name} was closed`);
    if (this.#running) throw new MethodInputError(`method ${this.method.name} is still at the call before`);
    this.#running = true;
    try {
      return await work();
    } finally {
      this.#running = false;
    }
  }

  async #hear(
    magnitudes: Float32Array,
    states: readonly StreamState[],
    target: Targets = -1,
    phases?: Float32Array,
  ): Promise<HeardBlocks> {
    const frames = magnitudes.length / (states.length * this.pack.stft.bins);
    const joined = this.#joined(states);
    this.#refuse(joined, "holds numbers that are none");
    const heard = await this.#hearTogether(magnitudes, joined, target, phases);
    const next = states.map((state, row) =>
      this.#state(
        states.length === 1 ? heard.states : heard.states.slice(row * this.#size, (row + 1) * this.#size),
        state.frames + frames,
      ),
    );
    return { ...heard, states: next };
  }

  async #hearTogether(
    magnitudes: Float32Array,
    states: Float32Array,
    target: Targets = -1,
    phases?: Float32Array,
  ): Promise<HeardTogether> {
    const sounds = states.length / this.#size;
    const { windowFrames, stft, labels, name } = this.pack;
    const block = windowFrames * stft.bins;
    const blocks = magnitudes.length / (sounds * block);
    if (!Number.isInteger(sounds)) {
      throw new MethodInputError(
        `states of ${this.#of} are of ${this.#size} numbers each; ${states.length} were given`,
      );
    }
    if (sounds < 1 || !Number.isInteger(blocks) || blocks < 1) {
      throw new MethodInputError(
        `pack ${name} hears whole blocks [${sounds}, n · ${windowFrames}, ${stft.bins}], and was given ${magnitudes.length} values`,
      );
    }
    let values = states;
    const probabilities = new Rows(sounds, blocks, labels.length);
    const masks = new Rows(sounds, blocks, block);
    const heard = new Rows(sounds, blocks, block, magnitudes);
    const angles = phases?.length === magnitudes.length ? new Rows(sounds, blocks, block, phases) : undefined;
    let inferenceMs = 0;
    for (let from = 0; from < blocks; ) {
      const graph = await this.#graphFor(blocks - from);
      const to = from + (graph.shape.blocks ?? 1);
      const answer = await graph.run(
        {
          magnitudes: heard.take(from, to),
          batch: sounds,
          target,
          phases: angles?.take(from, to),
          states: values,
        },
        (next) => this.#refuse(next, "would hold numbers that are none after these frames"),
      );
      probabilities.put(from, to, answer.probabilities);
      masks.put(from, to, answer.masks);
      values = answer.nextStates!;
      inferenceMs += answer.inferenceMs;
      from = to;
    }
    return { probabilities: probabilities.all, masks: masks.all, states: values, inferenceMs };
  }

  /** The longest graph for at most so many blocks. What could not be fetched now may be there the next time. */
  #graphFor(blocks: number): Promise<MethodGraph> {
    const longer = this.#longer.find((each) => each.blocks <= blocks);
    const known = this.#loaded.get(longer?.blocks ?? 1);
    if (known || !longer) return known!;
    const loading = longer.load();
    this.#loaded.set(longer.blocks, loading);
    loading.catch(() => this.#loaded.delete(longer.blocks));
    return loading;
  }

  /** [sounds, S]. @throws StateError */
  #joined(states: readonly StreamState[]): Float32Array {
    const size = this.#size;
    const refuse = (code: "foreign" | "size", bad: (state: StreamState) => boolean, what: string) => {
      const rows = Array.from(states.keys()).filter((row) => bad(states[row]));
      if (rows.length > 0) throw new StateError(`${what}; begin that sound anew`, code, rows);
    };
    const foreign = states.find(({ of }) => of !== this.#of);
    refuse("foreign", ({ of }) => of !== this.#of, `a state of ${foreign?.of} is nothing to ${this.#of}`);
    const wrong = states.find(({ values }) => values.length !== size);
    refuse(
      "size",
      ({ values }) => values.length !== size,
      `a state has ${wrong?.values.length} numbers; those of ${this.#of} have ${size}`,
    );
    const values = new Float32Array(states.length * size);
    for (const [row, state] of states.entries()) values.set(state.values, row * size);
    return values;
  }

  /** @throws StateError for rows that hold what is no number. */
  #refuse(values: Float32Array, what: string): void {
    if (allFinite(values)) return;
    const rows = new Set<number>();
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) rows.add(Math.floor(i / this.#size));
    }
    throw new StateError(`a state of ${this.#of} ${what}; begin that sound anew`, "not-finite", [...rows]);
  }
}

/**
 * By their sum, three times as fast as one by one: a server asks it of every state of every call. Sums of single-precision
 * numbers stay finite in double precision; four of them need not wait for each other.
 */
function allFinite(values: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < values.length; i += 4) {
    a += values[i];
    b += values[i + 1];
    c += values[i + 2];
    d += values[i + 3];
  }
  for (; i < values.length; i++) a += values[i];
  return Number.isFinite(a + b + c + d);
}

/** What belongs to the blocks of several sounds, row-major [sounds, blocks, width]. */
class Rows {
  constructor(
    private readonly sounds: number,
    private readonly blocks: number,
    private readonly width: number,
    private given?: Float32Array,
  ) {}

  get all(): Float32Array {
    this.given ??= new Float32Array(this.sounds * this.blocks * this.width);
    return this.given;
  }

  /** [sounds, to - from, width] of the blocks from `from` to before `to`. */
  take(from: number, to: number): Float32Array {
    if (to - from === this.blocks) return this.all;
    const { sounds, width } = this;
    if (sounds === 1) return this.all.subarray(from * width, to * width);
    const size = (to - from) * width;
    const out = new Float32Array(sounds * size);
    for (let sound = 0; sound < sounds; sound++) out.set(this.#of(sound, from, to), sound * size);
    return out;
  }

  /** What is all of it may be kept as it is. */
  put(from: number, to: number, values: Float32Array): void {
    if (to - from === this.blocks) {
      this.given = values;
      return;
    }
    const size = (to - from) * this.width;
    for (let sound = 0; sound < this.sounds; sound++) {
      this.#of(sound, from, to).set(values.subarray(sound * size, (sound + 1) * size));
    }
  }

  #of(sound: number, from: number, to: number): Float32Array {
    const first = sound * this.blocks;
    return this.all.subarray((first + from) * this.width, (first + to) * this.width);
  }
}
