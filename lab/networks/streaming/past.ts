/**
 * What a streaming network knows of the sound before the block it hears. The same network is built over `Silence`, for which
 * every sound begins with the block (training, whole windows), and over `KeptState`, which goes from block to block.
 */
import { GraphBuilder, type Tensor } from "../../../models/graph/index.ts";
import { sizeOf } from "../layers.ts";

export interface Past {
  /** x [B, C, time, frequency] behind the `steps` in time that came before it. */
  before(name: string, x: Tensor, steps: number): Tensor;
  /** y_t = decay · y_{t−1} + x_t along the time of x [B, time, N]. */
  sum(name: string, x: Tensor, decay: number): Tensor;
  /**
   * y_t = max(decay · y_{t−1}, x_t) along the time of x [B, time, N], which is nowhere negative.
   *
   * @param at the moments that are wanted, [B, moments, N]; all without. Only where nothing comes after the block.
   */
  peak(name: string, x: Tensor, decay: number, at?: readonly number[]): Tensor;
}

const timeOf = (x: Tensor, axis: number): number => {
  const time = x.shape[axis];
  if (typeof time !== "number") throw new Error(`${x.name}: the time of a block must be known`);
  return time;
};

/** [moments, time]: decay^(t − s) from where s is not later than t. */
function decays(moments: readonly number[], time: number, decay: number): Float32Array {
  const out = new Float32Array(moments.length * time);
  for (const [row, t] of moments.entries()) {
    for (let s = 0; s <= t; s++) out[row * time + s] = decay ** (t - s);
  }
  return out;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

function sumWithin(g: GraphBuilder, x: Tensor, decay: number): Tensor {
  const time = timeOf(x, 1);
  if (time === 1) return x;
  return g.matmul(g.constant(decays(upTo(time), time, decay), "float32", [time, time]), x);
}

function peakWithin(g: GraphBuilder, x: Tensor, decay: number, at?: readonly number[]): Tensor {
  const time = timeOf(x, 1);
  if (time === 1) return x;
  const moments = at ?? upTo(time);
  const weights = g.constant(decays(moments, time, decay), "float32", [1, moments.length, time, 1]);
  return g.reduceMax(g.mul(g.reshape(x, [-1, 1, time, Number(x.shape[2])]), weights), [2]);
}

/** Nothing came before. */
export class Silence implements Past {
  constructor(private readonly g: GraphBuilder) {}

  before(_name: string, x: Tensor, steps: number): Tensor {
    return steps === 0 ? x : this.g.pad(x, [0, 0, steps, 0], [0, 0, 0, 0]);
  }

  sum(_name: string, x: Tensor, decay: number): Tensor {
    return sumWithin(this.g, x, decay);
  }

  peak(_name: string, x: Tensor, decay: number, at?: readonly number[]): Tensor {
    return peakWithin(this.g, x, decay, at);
  }
}

interface Kept {
  readonly name: string;
  /** Without the batch. */
  readonly shape: readonly number[];
}

/** What a network keeps, found out by building it once on a scratch graph. */
export interface StatePlan {
  readonly kept: readonly Kept[];
  /** S: numbers in all. */
  readonly size: number;
}

export function planState(build: (g: GraphBuilder, past: Past) => void): StatePlan {
  const g = new GraphBuilder();
  const kept: Kept[] = [];
  const past = new KeptState(g, (name, shape) => {
    kept.push({ name, shape });
    return g.input(name, "float32", ["B", ...shape]);
  });
  build(g, past);
  return { kept, size: kept.reduce((sum, { shape }) => sum + sizeOf(shape), 0) };
}

/** A state of zeros is silence. */
export class KeptState implements Past {
  private readonly next = new Map<string, Tensor>();

  constructor(
    private readonly g: GraphBuilder,
    private readonly old: (name: string, shape: readonly number[]) => Tensor,
  ) {}

  /** From `state` [B, S] along the plan. */
  static from(g: GraphBuilder, plan: StatePlan, state: Tensor): KeptState {
    const sizes = plan.kept.map(({ shape }) => sizeOf(shape));
    const parts = g.ops("Split", [state, g.int64(sizes)], { axis: 1 }, { outputs: sizes.length });
    const byName = new Map(
      plan.kept.map(({ name, shape }, k) => [name, g.reshape(parts[k], [-1, ...shape])] as const),
    );
    return new KeptState(g, (name) => byName.get(name)!);
  }

  /** [B, S] for the block after, once all is built. */
  nextState({ kept }: StatePlan): Tensor {
    const parts = kept.map(({ name, shape }) => this.g.reshape(this.next.get(name)!, [-1, sizeOf(shape)]));
    return this.g.concat(parts, 1);
  }

  before(name: string, x: Tensor, steps: number): Tensor {
    if (steps === 0) return x;
    const [, channels, time, frequency] = x.shape.map(Number);
    const whole = this.g.concat([this.old(name, [channels, steps, frequency]), x], 2);
    this.next.set(name, time === steps ? x : this.g.slice(whole, 2, time, time + steps));
    return whole;
  }

  sum(name: string, x: Tensor, decay: number): Tensor {
    const before = this.faded(name, x, decay);
    return this.kept(name, this.g.add(sumWithin(this.g, x, decay), before));
  }

  peak(name: string, x: Tensor, decay: number, at?: readonly number[]): Tensor {
    if (at) throw new Error(`${name}: a state is kept of all moments`);
    const before = this.faded(name, x, decay);
    return this.kept(name, this.g.op("Max", [peakWithin(this.g, x, decay), before]));
  }

  /** What is left, at each moment of x, of the value before them: [B, time, N]. */
  private faded(name: string, x: Tensor, decay: number): Tensor {
    const time = timeOf(x, 1);
    const left = Float32Array.from({ length: time }, (_, t) => decay ** (t + 1));
    return this.g.mul(
      this.old(name, [1, Number(x.shape[2])]),
      this.g.constant(left, "float32", [1, time, 1]),
    );
  }

  private kept(name: string, y: Tensor): Tensor {
    const time = timeOf(y, 1);
    this.next.set(name, time === 1 ? y : this.g.slice(y, 1, time - 1, time));
    return y;
  }
}
