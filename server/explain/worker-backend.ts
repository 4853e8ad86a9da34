/** Runs models in worker threads: on a processor one-thread lanes side by side, on a GPU one lane with batches. */
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism, platform } from "node:os";
import { PackError } from "../../models/pack/pack.ts";
import type { RuntimeBuild } from "../../models/runtime/runtime-node.ts";
import { startThread } from "../../models/runtime/start-thread-node.ts";
import type { Backend, PackReading, WindowQuery, WindowResult } from "./backend.ts";
import type { LaneSettings } from "./inference-messages.ts";
import { CALLS, Lane, type StartedLane } from "./lane.ts";

export interface WorkerBackendOptions {
  /** The pack that is warmed up with; others are loaded when they are asked for. */
  readonly pack: PackReading;
  /**
   * "auto" takes what warm-up finds fastest of CUDA, WebGPU (where the machine has a GPU) and the processor, and WASM where
   * onnxruntime-node is missing; the others insist.
   */
  readonly build?: RuntimeBuild | undefined;
  /** Calls that run side by side. Default: on a processor its cores, up to 8; on a GPU one. */
  readonly lanes?: number | undefined;
  /** The most windows of one call. Default: what warm-up finds to pay, up to 16. */
  readonly batch?: number | undefined;
  readonly log?: (line: string) => void;
}

const MOST_BATCH = 16;
/** A batch must not make its first window late. */
const LONGEST_BATCH_MS = 30;
/** Lanes that hang are replaced so often, for each lane. */
const REPLACEMENTS = 2;

/** @throws PackError or Error when the pack or the runtime cannot be used. */
export async function openWorkerBackend(options: WorkerBackendOptions): Promise<Backend> {
  const { build = "auto", log = () => {} } = options;
  if (build !== "auto") return open(build, options);
  const found: WorkerBackend[] = [];
  for (const gpu of gpuBuilds()) {
    await open(gpu, options).then(
      (backend) => found.push(backend),
      (error: Error) => log(`${gpu} cannot be used (${error.message.split("\n")[0]})`),
    );
  }
  try {
    found.push(await open("auto", options));
  } catch (error) {
    if (found.length === 0 || error instanceof PackError) throw error;
  }
  const [best, ...others] = found.sort((a, b) => b.windowsPerSecond - a.windowsPerSecond);
  for (const other of others) {
    log(`${other.description} would do ${Math.round(other.windowsPerSecond)} windows a second`);
    await other.close();
  }
  return best;
}

/** What is worth a try here: starting a GPU's runtime where there is none costs seconds. */
function gpuBuilds(): RuntimeBuild[] {
  if (platform() !== "linux") return ["webgpu"];
  if (existsSync("/dev/nvidiactl")) return ["cuda", "webgpu"];
  const cards = existsSync("/dev/dri") ? readdirSync("/dev/dri") : [];
  return cards.some((name) => name.startsWith("renderD")) ? ["webgpu"] : [];
}

async function open(build: RuntimeBuild, options: WorkerBackendOptions): Promise<WorkerBackend> {
  const onGpu = build === "cuda" || build === "webgpu";
  const count = options.lanes ?? (onGpu ? 1 : Math.min(8, availableParallelism()));
  const settings: LaneSettings = {
    pack: options.pack,
    build,
    threads: 1,
    mostBatch: options.batch ?? MOST_BATCH,
  };
  const makeLane = () => new Lane(() => startThread("inference-worker", import.meta.url, settings));
  const lanes = Array.from({ length: count }, makeLane);
  // One after the other: what they measure of batches should not depend on each other.
  const opened: StartedLane[] = [];
  try {
    for (const lane of lanes) opened.push(await lane.start());
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.close()));
    throw error;
  }
  // Every lane finds the same machine, so one tells it for all.
  const [first] = opened;
  for (const notice of first.notices) options.log?.(notice);
  const quick = first.times.filter(({ windows, ms }) => windows === 1 || ms <= LONGEST_BATCH_MS);
  const best = quick.at(-1) ?? { windows: 1, ms: 1 };
  const batch = options.batch ?? best.windows;
  const parts = [first.description];
  if (count > 1) parts.push(`${count} side by side`);
  if (batch > 1) parts.push(`up to ${batch} windows together`);
  const windowsPerSecond = (1000 * count * best.windows) / best.ms;
  return new WorkerBackend(parts.join(", "), batch, windowsPerSecond, lanes, makeLane, options.log);
}

class WorkerBackend implements Backend {
  #replacements: number;

  constructor(
    readonly description: string,
    readonly batch: number,
    /** As warm-up measured it. */
    readonly windowsPerSecond: number,
    private readonly all: Lane[],
    private readonly makeLane: () => Lane,
    private readonly log: (line: string) => void = () => {},
  ) {
    this.#replacements = REPLACEMENTS * all.length;
  }

  get lanes(): number {
    return this.#well.length;
  }

  get calls(): number {
    return CALLS * this.lanes;
  }

  get #well(): Lane[] {
    return this.all.filter((lane) => !lane.lost);
  }

  async explain(windows: readonly WindowQuery[]): Promise<WindowResult[]> {
    const [lane] = this.#well
      .filter(({ underWay }) => underWay < CALLS)
      .sort((a, b) => a.underWay - b.underWay);
    if (!lane) throw new Error(`all ${this.lanes} lanes are busy`);
    try {
      return await lane.explain(windows);
    } finally {
      if (lane.lost) this.#replace(lane);
    }
  }

  /** Its thread goes on hanging, so this cannot be done for ever. */
  #replace(lane: Lane): void {
    const index = this.all.indexOf(lane);
    if (index < 0) return;
    if (this.#replacements === 0) {
      this.log("a model's thread hangs, and no more of them are replaced: start the server again");
      return;
    }
    this.#replacements--;
    this.log(`a model's thread hangs; another one takes its place (${this.#replacements} more may)`);
    this.all[index] = this.makeLane();
  }

  /** On a lane of its own, so that those that answer are not held up. */
  async prepare(pack: PackReading): Promise<void> {
    const lane = this.makeLane();
    try {
      await lane.prepare(pack);
    } finally {
      await lane.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((lane) => lane.close()));
  }
}
