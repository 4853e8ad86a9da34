/**
 * Runs a training graph: one call of onnxruntime a step computes the loss, its gradients and the Adam update.
 * All weights travel as one flat vector, so the loop knows nothing of the network.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor as RuntimeTensor } from "onnxruntime-node";
import { adamStep, encodeModel, GraphBuilder, gradients, type Tensor } from "../../models/graph/index.ts";
import { Random } from "../data/random.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import type { WeightSpec } from "../networks/layers.ts";
import {
  decayMask,
  flatWeights,
  initialWeights,
  planSize,
  TrainingLayers,
  type WeightPlan,
} from "../networks/training-layers.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { RunLog, type StepRecord } from "./run-log.ts";
import { warmUpCosine } from "./schedule.ts";
import { openTrainingSession } from "./training-runtime.ts";

interface Optimiser {
  readonly steps: number;
  readonly batch: number;
  /** Highest learning rate; the schedule is a linear warm-up and a cosine. */
  readonly learningRate: number;
  /** Decoupled weight decay (AdamW), on kernels and matrices only. */
  readonly weightDecay: number;
}

/** What differs from one network to another. */
export interface TrainingTask {
  readonly plan: WeightPlan;
  /** Trained weights to start from; random ones without. */
  readonly from?: WeightValues | undefined;
  /** Share of the features dropped by `layers.dropout`, and how many features there are; none when absent. */
  readonly dropout?: { readonly share: number; readonly features: number };
  /** Declares the inputs fed at each step and builds the loss; further named scalars are logged. */
  loss(
    g: GraphBuilder,
    layers: TrainingLayers,
    batch: number,
  ): { loss: Tensor; logged: Readonly<Record<string, Tensor>> };
  /** The inputs of one step: name to values, shaped as `loss` declared them. */
  feeds(
    random: Random,
    batch: number,
  ): Readonly<Record<string, Float32Array>> | Promise<Readonly<Record<string, Float32Array>>>;
}

interface TrainingOptions {
  readonly directory: string;
  readonly seed: number;
  readonly optimiser: Optimiser;
  readonly threads: number;
  /** Told every twentieth step: means since the last time. */
  readonly onStep?: (record: StepRecord) => void;
  /** Steps between checkpoints; 200 when left out. */
  readonly checkpointEvery?: number;
  /** Stop after this many steps in this call (the schedule still spans all); the run can be resumed. */
  readonly stopAfter?: number | undefined;
  /** Stops after the step that is under way when it aborts, with a checkpoint; the run can be resumed. */
  readonly signal?: AbortSignal | undefined;
  /** Settings of the run; a checkpoint made with others is not resumed. */
  readonly settings: Readonly<Record<string, unknown>>;
}

interface TrainedWeights {
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
  readonly stepsDone: number;
}

interface Meta {
  readonly step: number;
  readonly settings: string;
}

const BETA1 = 0.9;
const BETA2 = 0.999;

/** What a step changes, as one flat vector each. */
const STATE = ["parameters", "statistics", "m", "v"] as const;
type State = Readonly<Record<(typeof STATE)[number], Float32Array>>;

interface RunState {
  /** Steps that are done. */
  step: number;
  state: State;
}

/** Steps from one line of the log to the next. */
const LOG_EVERY = 20;

/** Trains, or goes on from `checkpoint.bin` in the directory: the same seed gives the same weights either way. */
export async function train(task: TrainingTask, options: TrainingOptions): Promise<TrainedWeights> {
  const { directory, seed, optimiser, threads, onStep = () => {}, checkpointEvery = 200, signal } = options;
  const { steps } = optimiser;
  await mkdir(directory, { recursive: true });
  const path = join(directory, "checkpoint.bin");
  const settings = JSON.stringify({ ...options.settings, seed, optimiser });
  const run = existsSync(path) ? await resumed(path, settings) : fresh(task, seed);
  const save = () =>
    saveCheckpoint<Meta>(path, { meta: { step: run.step, settings }, arrays: { ...run.state } });

  const { session, Tensor } = await openTrainingSession(trainingGraph(task, optimiser), threads);
  const log = new RunLog(join(directory, "log.jsonl"), onStep);
  const end = Math.min(steps, run.step + (options.stopAfter ?? steps));
  const means = new LoggedMeans(session.outputNames.filter((name) => !name.startsWith("new_")));
  const shapes = new Map(
    session.inputMetadata.map((value) => [value.name, value.isTensor ? value.shape.map(Number) : []]),
  );
  try {
    while (run.step < end && !signal?.aborted) {
      const rate = warmUpCosine(run.step, steps, optimiser.learningRate);
      const values = await stepInputs(task, run, rate, options);
      const feeds: Record<string, RuntimeTensor> = {};
      for (const name of session.inputNames)
        feeds[name] = new Tensor("float32", values[name], shapes.get(name)!);
      const outputs = await session.run(feeds);
      run.state = stateOf((name) => outputs[`new_${name}`].data as Float32Array);
      run.step++;
      means.add((name) => Number(outputs[name].data[0]));
      if (!means.finite) {
        throw new Error(
          `the loss is not a number at step ${run.step}; lower the learning rate (now ${rate})`,
        );
      }
      if (run.step % LOG_EVERY === 0 || run.step === end || signal?.aborted) {
        log.step(run.step, { ...means.take(), rate: Number(rate.toPrecision(3)) });
      }
      if (run.step % checkpointEvery === 0) await save();
    }
    await save();
  } finally {
    await session.release();
  }
  const { parameters, statistics } = run.state;
  return { parameters, statistics, stepsDone: run.step };
}

async function resumed(path: string, settings: string): Promise<RunState> {
  const { meta, arrays } = await loadCheckpoint<Meta>(path);
  if (meta.settings !== settings) {
    throw new Error(
      `${path} was made with other settings; give another --out folder or delete it.\n  there: ${meta.settings}\n  now:   ${settings}`,
    );
  }
  return { step: meta.step, state: stateOf((name) => arrays[name]) };
}

function fresh({ plan, from }: TrainingTask, seed: number): RunState {
  const initial = (specs: readonly WeightSpec[]) =>
    from ? flatWeights(specs, from) : initialWeights(specs, new Random(seed));
  const size = planSize(plan.parameters);
  const state = {
    parameters: initial(plan.parameters),
    statistics: initial(plan.statistics),
    m: new Float32Array(size),
    v: new Float32Array(size),
  };
  return { step: 0, state };
}

function stateOf(value: (name: string) => Float32Array): State {
  const [parameters, statistics, m, v] = STATE.map(value);
  return { parameters, statistics, m, v };
}

/** All inputs of one step, by name. */
async function stepInputs(
  task: TrainingTask,
  { step, state }: RunState,
  rate: number,
  { seed, optimiser: { batch } }: TrainingOptions,
): Promise<Record<string, Float32Array>> {
  // A generator of its own for every step makes resuming exact without saving one.
  const random = new Random(seed * 1_000_003 + step + 1);
  const inputs: Record<string, Float32Array> = {
    ...(await task.feeds(random, batch)),
    ...state,
    learning_rate: Float32Array.of(rate),
    beta1_power: Float32Array.of(BETA1 ** (step + 1)),
    beta2_power: Float32Array.of(BETA2 ** (step + 1)),
  };
  if (!task.dropout) return inputs;
  const noise = Float32Array.from({ length: batch * task.dropout.features }, () => random.uniform());
  return { ...inputs, dropout_noise: noise };
}

/** Means of what is logged, since they were last taken. */
class LoggedMeans {
  #sums = new Map<string, number>();
  #count = 0;

  constructor(private readonly names: readonly string[]) {}

  add(value: (name: string) => number): void {
    for (const name of this.names) this.#sums.set(name, (this.#sums.get(name) ?? 0) + value(name));
    this.#count++;
  }

  /** Whether the loss has been a number throughout. */
  get finite(): boolean {
    return Number.isFinite(this.#sums.get("loss"));
  }

  take(): Record<string, number> {
    const means = [...this.#sums].map(
      ([name, sum]) => [name, Number((sum / this.#count).toPrecision(5))] as const,
    );
    this.#sums = new Map();
    this.#count = 0;
    return Object.fromEntries(means);
  }
}

function trainingGraph(task: TrainingTask, { batch, weightDecay }: Optimiser): Uint8Array {
  const g = new GraphBuilder();
  const { plan } = task;
  const size = planSize(plan.parameters);
  const parameters = g.input("parameters", "float32", [size]);
  const statistics = g.input("statistics", "float32", [planSize(plan.statistics)]);
  const m = g.input("m", "float32", [size]);
  const v = g.input("v", "float32", [size]);
  const learningRate = g.input("learning_rate", "float32", [1]);
  const beta1Power = g.input("beta1_power", "float32", [1]);
  const beta2Power = g.input("beta2_power", "float32", [1]);
  const drop = task.dropout && {
    share: task.dropout.share,
    noise: g.input("dropout_noise", "float32", [batch, task.dropout.features]),
  };
  const layers = TrainingLayers.fromFlat(g, plan, parameters, statistics, drop);
  const { loss, logged } = task.loss(g, layers, batch);
  const [gradient] = gradients(g, loss, [parameters]);
  const decay = g.constant(
    decayMask(plan.parameters).map((on) => on * weightDecay),
    "float32",
    [size],
  );
  const decayed = g.mul(parameters, g.sub(1, g.mul(decay, learningRate)));
  const next = adamStep(g, {
    parameter: decayed,
    gradient,
    m,
    v,
    learningRate,
    beta1Power,
    beta2Power,
    beta1: BETA1,
    beta2: BETA2,
  });
  g.output("loss", loss);
  for (const [name, value] of Object.entries(logged)) g.output(name, value);
  g.output("new_parameters", next.parameter);
  g.output("new_m", next.m);
  g.output("new_v", next.v);
  g.output("new_statistics", g.concat(layers.newStatistics, 0));
  return encodeModel(g);
}
