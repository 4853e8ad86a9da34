/**
 * What a streaming network knows of the sound before the block it hears. The same network is built over `Silence`, for which
 * every sound begins with the block (training, whole windows), and over `KeptState`, which goes from block to block.
 */
import { GraphBuilder, type Tensor } from "../../../models/graph/index.ts";
import { sizeOf } from "../layers.ts";

export interface Past {
  /** x [B, C, time, frequency] behind the `steps` in time that came before it. */
  before(name: string, x: Tensor, steps: number): Tensor;
  /** x [B, time, N] as it was `steps` before; zeros before the sound began. */
  delayed(name: string, x: Tensor, steps: number): Tensor;
  /**
   * Means of x [B, time, N] that fade into the past, one for each decay, side by side: [B, time, decays · N]. Only what was heard
   * counts: the mean of few moments is theirs alone.
   *
   * @param at the moments that are wanted, [B, moments, decays · N]; all without. Only where nothing comes after the block.
   */
  mean(name: string, x: Tensor, decays: readonly number[], at?: readonly number[]): Tensor;
  /**
   * y_t = max(decay · y_{t−1}, x_t) along the time of x [B, time, N], which is nowhere negative.
   *
   * @param at as in `mean`.
   */
  peak(name: string, x: Tensor, decay: number, at?: readonly number[]): Tensor;
}

const timeOf = (x: Tensor, axis: number): number => {
  const time = x.shape[axis];
  if (typeof time !== "number") throw new Error(`${x.name}: the time of a block must be known`);
  return time;
};

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/**
 * What each moment weighs at the moments asked for, [moments · decays, before + time]: decay^(t − s) from where s is not later
 * than t. What was kept before the block comes first, for each decay its own, as of the moment before the block.
 */
function weights(moments: readonly number[], time: number, decays: readonly number[], before: boolean) {
  const kept = before ? decays.length : 0;
  const width = kept + time;
  const out = new Float32Array(moments.length * decays.length * width);
  for (const [m, t] of moments.entries()) {
    for (const [d, decay] of decays.entries()) {
      const row = (m * decays.length + d) * width;
      if (before) out[row + d] = decay ** (t + 1);
      for (let s = 0; s <= t; s++) out[row + kept + s] = decay ** (t - s);
    }
  }
  return out;
}

/** Nothing came before. */
export class Silence implements Past {
  constructor(private readonly g: GraphBuilder) {}

  before(_name: string, x: Tensor, steps: number): Tensor {
    return steps === 0 ? x : this.g.pad(x, [0, 0, steps, 0], [0, 0, 0, 0]);
  }

  delayed(_name: string, x: Tensor, steps: number): Tensor {
    return this.g.pad(x, [0, steps, 0], [0, -steps, 0]);
  }

  mean(_name: string, x: Tensor, decays: readonly number[], at?: readonly number[]): Tensor {
    const time = timeOf(x, 1);
    const moments = at ?? upTo(time);
    const rows = moments.length * decays.length;
    const shares = weights(moments, time, decays, false);
    for (let row = 0; row < rows; row++) {
      const own = shares.subarray(row * time, (row + 1) * time);
      const sum = own.reduce((total, each) => total + each, 0);
      for (let s = 0; s < time; s++) own[s] /= sum;
    }
    const means = this.g.matmul(this.g.constant(shares, "float32", [rows, time]), x);
    return this.g.reshape(means, [-1, moments.length, decays.length * Number(x.shape[2])]);
  }

  peak(_name: string, x: Tensor, decay: number, at?: readonly number[]): Tensor {
    const time = timeOf(x, 1);
    if (time === 1) return x;
    const moments = at ?? upTo(time);
    return highest(this.g, x, weights(moments, time, [decay], false), moments.length);
  }
}

/** [B, moments, N]: the highest of x [B, time, N] by the weights [moments, time]. */
function highest(g: GraphBuilder, x: Tensor, weights: Float32Array, moments: number): Tensor {
  const [, time, size] = x.shape.map(Number);
  const weighed = g.mul(
    g.reshape(x, [-1, 1, time, size]),
    g.constant(weights, "float32", [1, moments, time, 1]),
  );
  return g.reduceMax(weighed, [2]);
}

interface Kept {
  readonly name: string;
  /** Numbers of it. */
  readonly size: number;
}

/** What a network keeps, found out by building it once on a scratch graph. */
interface StatePlan {
  readonly kept: readonly Kept[];
  /** S: numbers in all. */
  readonly size: number;
}

function planState(build: (g: GraphBuilder, past: Past) => void): StatePlan {
  const g = new GraphBuilder();
  const kept: Kept[] = [];
  const past = new KeptState(g, (name, size) => {
    kept.push({ name, size });
    return g.input(name, "float32", ["B", size]);
  });
  build(g, past);
  return { kept, size: kept.reduce((sum, { size }) => sum + size, 0) };
}

/**
 * Builds a network that goes from block to block: takes `state` [B, S] beside the inputs that `build` declares, and gives `next_state`
 * behind its outputs.
 */
export function buildOverState(build: (g: GraphBuilder, past: Past) => void): {
  readonly g: GraphBuilder;
  /** S. */
  readonly state: number;
} {
  const plan = planState(build);
  const g = new GraphBuilder();
  const past = KeptState.from(g, plan, g.input("state", "float32", ["B", plan.size]));
  build(g, past);
  g.output("next_state", past.nextState(plan));
  return { g, state: plan.size };
}

/** A state of zeros is silence. */
class KeptState implements Past {
  /** What each part holds after the block, in pieces that lie one behind the other. */
  private readonly next = new Map<string, readonly Tensor[]>();

  constructor(
    private readonly g: GraphBuilder,
    private readonly old: (name: string, size: number) => Tensor,
  ) {}

  /** From `state` [B, S] along the plan. */
  static from(g: GraphBuilder, plan: StatePlan, state: Tensor): KeptState {
    const sizes = plan.kept.map(({ size }) => size);
    const parts = g.ops("Split", [state, g.int64(sizes)], { axis: 1 }, { outputs: sizes.length });
    const byName = new Map(plan.kept.map(({ name }, k) => [name, parts[k]] as const));
    return new KeptState(g, (name) => byName.get(name)!);
  }

  /** [B, S] for the block after, once all is built. */
  nextState({ kept }: StatePlan): Tensor {
    const pieces = kept.flatMap(({ name }) => this.next.get(name) ?? []);
    const flat = pieces.map((piece) => this.g.reshape(piece, [-1, sizeOf(piece.shape.slice(1).map(Number))]));
    return this.g.concat(flat, 1);
  }

  before(name: string, x: Tensor, steps: number): Tensor {
    if (steps === 0) return x;
    const [, channels, time, frequency] = x.shape.map(Number);
    const old = this.g.reshape(this.old(name, channels * steps * frequency), [
      -1,
      channels,
      steps,
      frequency,
    ]);
    const whole = this.g.concat([old, x], 2);
    const next = time >= steps ? x : whole;
    const end = Number(next.shape[2]);
    this.next.set(name, [this.g.slice(next, 2, end - steps, end)]);
    return whole;
  }

  delayed(name: string, x: Tensor, steps: number): Tensor {
    const [, time, size] = x.shape.map(Number);
    const rows = (piece: Tensor) => this.g.reshape(piece, [-1, Number(piece.shape[1]) / size, size]);
    if (time >= steps) {
      const old = rows(this.old(name, steps * size));
      const cut = { axis: 1 };
      const [heard, kept] =
        time === steps
          ? [undefined, x]
          : this.g.ops("Split", [x, this.g.int64([time - steps, steps])], cut, { outputs: 2 });
      this.next.set(name, [kept]);
      return heard ? this.g.concat([old, heard], 1) : old;
    }
    // What is wanted now, and what is only kept on.
    const wanted = this.old(name, time * size);
    this.next.set(name, [this.old(`${name}.later`, (steps - time) * size), x]);
    return rows(wanted);
  }

  mean(name: string, x: Tensor, decays: readonly number[], at?: readonly number[]): Tensor {
    refuseMoments(name, at);
    const { g } = this;
    const [, time, size] = x.shape.map(Number);
    const count = decays.length;
    const rows = time * count;
    const share = weights(upTo(time), time, decays, true);
    const old = g.reshape(this.old(name, count * size), [-1, count, size]);
    const matrix = g.constant(share, "float32", [rows, count + time]);
    const sums = g.matmul(matrix, g.concat([old, x], 1));
    // What lies in the sums, of each decay: it fades as they do, and every moment adds one.
    const width = count + time;
    const added = Float32Array.from({ length: rows }, (_, row) =>
      share.subarray(row * width + count, (row + 1) * width).reduce((sum, each) => sum + each, 0),
    );
    const fading = Float32Array.from(
      { length: count * rows },
      (_, i) => share[(i % rows) * width + Math.floor(i / rows)],
    );
    const heard = g.op("Gemm", [
      this.old(`${name}.weight`, count),
      g.constant(fading, "float32", [count, rows]),
      g.constant(added, "float32", [rows]),
    ]);
    this.next.set(name, [g.slice(sums, 1, rows - count, rows)]);
    this.next.set(`${name}.weight`, [g.slice(heard, 1, rows - count, rows)]);
    return g.reshape(g.div(sums, g.reshape(heard, [-1, rows, 1])), [-1, time, count * size]);
  }

  peak(name: string, x: Tensor, decay: number, at?: readonly number[]): Tensor {
    refuseMoments(name, at);
    const { g } = this;
    const [, time, size] = x.shape.map(Number);
    const old = g.reshape(this.old(name, size), [-1, 1, size]);
    const peaks =
      time === 1
        ? g.op("Max", [x, g.mul(old, g.constant(decay))])
        : highest(g, g.concat([old, x], 1), weights(upTo(time), time, [decay], true), time);
    this.next.set(name, [g.slice(peaks, 1, time - 1, time)]);
    return peaks;
  }
}

function refuseMoments(name: string, at: readonly number[] | undefined): void {
  if (at) throw new Error(`${name}: a state is kept of all moments`);
}
