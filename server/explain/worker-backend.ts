/** Runs models in worker threads: on a processor one-thread lanes side by side, on a GPU one lane with batches. */
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism, platform } from "node:os";
import type { Worker } from "node:worker_threads";
import { PackError } from "../../models/pack/pack.ts";
import { ModelThread, type ModelThreadOptions, ThreadLost } from "../../models/runtime/model-thread-node.ts";
import type { RuntimeBuild } from "../../models/runtime/runtime-node.ts";
import { startThread } from "../../models/runtime/start-thread-node.ts";
import type { Backend, PackReading, WindowOutcome, WindowQuery } from "./backend.ts";
import type { BatchTime, InferenceThread, Prepared } from "./inference-thread.ts";
import { CallMemory, joinCall, memoryOf, splitAnswer } from "./joined-call.ts";

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
  /** The most windows of one call. Default: what warm-up finds to pay with each pack, up to 64. */
  readonly batch?: number | undefined;
  readonly log?: (line: string) => void;
  /** Of the warm-up, 0 to 1; it begins anew where another build is tried. */
  readonly onProgress?: (share: number) => void;
}

type Lane = ModelThread<InferenceThread>;

const MOST_BATCH = 64;
/** A batch must not make its first window late. */
const LONGEST_BATCH_MS = 30;
/** The same for blocks, which come every 64 ms: they wait for others, and then for the call before theirs. */
const LONGEST_BLOCKS_MS = 12;
/** A larger batch has to save clearly more than this. */
const NEARLY = 0.9;
/** Calls under way on one lane: the one that runs, and the next, so that its thread never waits for the event loop. */
const CALLS = 2;

/** How the server treats each of its threads: one that says nothing for 20 s while it has a window hangs. */
export const LANE = { work: "a window", atOnce: CALLS, hungMs: 20_000 } satisfies Partial<ModelThreadOptions>;

/** @throws PackError or Error when the pack or the runtime cannot be used. */
export async function openWorkerBackend(options: WorkerBackendOptions): Promise<Backend> {
  const { build = "auto", log = () => {} } = options;
  if (build !== "auto") return (await open(build, options)).backend;
  const found: Opened[] = [];
  for (const gpu of gpuBuilds()) {
    await open(gpu, options).then(
      (opened) => found.push(opened),
      (error: Error) => log(`${gpu} cannot be used (${error.message.split("\n")[0]})`),
    );
  }
  try {
    found.push(await open("auto", options));
  } catch (error) {
    if (found.length === 0 || error instanceof PackError) throw error;
  }
  const [best, ...others] = found.sort((a, b) => b.windowsPerSecond - a.windowsPerSecond);
  for (const { backend, windowsPerSecond } of others) {
    log(`${backend.description} would do ${Math.round(windowsPerSecond)} windows a second`);
    await backend.close();
  }
  return best.backend;
}

/** What is worth a try here: starting a GPU's runtime where there is none costs seconds. */
function gpuBuilds(): RuntimeBuild[] {
  if (platform() !== "linux") return ["webgpu"];
  if (existsSync("/dev/nvidiactl")) return ["cuda", "webgpu"];
  const cards = existsSync("/dev/dri") ? readdirSync("/dev/dri") : [];
  return cards.some((name) => name.startsWith("renderD")) ? ["webgpu"] : [];
}

/** At once, and over and over with the lane's own pauses: until it is ready the others have the windows, so none would start it. */
function startAgain(lane: Lane): void {
  if (lane.lost) return;
  lane.start().catch((error) => {
    if (!(error instanceof ThreadLost && error.how === "closed")) startAgain(lane);
  });
}

interface Opened {
  readonly backend: WorkerBackend;
  /** As warm-up measured it. */
  readonly windowsPerSecond: number;
}

async function open(build: RuntimeBuild, options: WorkerBackendOptions): Promise<Opened> {
  const onGpu = build === "cuda" || build === "webgpu";
  const count = options.lanes ?? (onGpu ? 1 : Math.min(8, availableParallelism()));
  const settings: InferenceThread["settings"] = {
    pack: options.pack,
    build,
    threads: 1,
    mostBatch: options.batch ?? MOST_BATCH,
  };
  const start = () => startThread("inference-worker", import.meta.url, settings);
  const makeLane = () => {
    const lane: Lane = new ModelThread<InferenceThread>({
      ...LANE,
      start,
      onLost: ({ message }) => {
        const next = lane.lost
          ? "no more threads take its place: start the server again"
          : "another thread takes its place";
        options.log?.(`${message}; ${next}`);
        startAgain(lane);
      },
    });
    return lane;
  };
  const lanes = Array.from({ length: count }, makeLane);
  // One after the other: what they measure of batches should not depend on each other.
  const opened: InferenceThread["ready"][] = [];
  try {
    for (const lane of lanes) {
      opened.push(await lane.start());
      options.onProgress?.(opened.length / count);
    }
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.close()));
    throw error;
  }
  // Every lane finds the same machine, so one tells it for all.
  const [first] = opened;
  for (const notice of first.notices) options.log?.(notice);
  const best = bestTime(first.prepared);
  const parts = [first.description];
  if (count > 1) parts.push(`${count} side by side`);
  const batch = options.batch ?? best.windows;
  if (batch > 1) parts.push(`up to ${batch} windows together`);
  const backend = new WorkerBackend(parts.join(", "), options.batch, lanes, start);
  backend.prepared(options.pack, first.prepared);
  return { backend, windowsPerSecond: (1000 * count * best.windows) / best.ms };
}

/**
 * Of the batches that make nobody late the smallest that does nearly as much as any. Calls of blocks grow with what there is to
 * do, so theirs is the largest such one: a smaller would only stop them where it is needed most.
 */
export function bestTime({ times, state }: Prepared): BatchTime {
  const longest = state === undefined ? LONGEST_BATCH_MS : LONGEST_BLOCKS_MS;
  const quick = times.filter(({ windows, ms }) => windows === 1 || ms <= longest);
  const least = Math.min(...quick.map(({ windows, ms }) => ms / windows));
  const good = quick.filter(({ windows, ms }) => ms / windows <= least / NEARLY);
  return (state === undefined ? good[0] : good.at(-1)) ?? { windows: 1, ms: 1 };
}

/** The one that has least to do, of those whose thread is there; of the others only where all those are busy. */
export function laneFor<L extends Pick<Lane, "ready" | "underWay">>(lanes: readonly L[]): L | undefined {
  const [first] = lanes
    .filter(({ underWay }) => underWay < CALLS)
    .sort((a, b) => Number(b.ready) - Number(a.ready) || a.underWay - b.underWay);
  return first;
}

/** Windows through one thread. `state`: numbers of a state, with streaming packs. */
export async function explainOn(
  lane: Lane,
  windows: readonly WindowQuery[],
  memory: CallMemory,
  state?: number,
): Promise<readonly WindowOutcome[]> {
  const wrong = windows.find((window) => !fits(window, state));
  if (wrong) return aroundWrong(lane, windows, memory, state);
  const call = joinCall(windows, state, memory);
  const answer = await lane.ask("explain", call, { give: memoryOf([call.magnitudes, call.memory?.states]) });
  memory.give(answer.magnitudes);
  // What the windows are answered lies in it, and is theirs until they are told.
  setImmediate(() => memory.give(answer.memory?.states));
  return splitAnswer(windows, answer);
}

function fits({ memory }: WindowQuery, state: number | undefined): boolean {
  return !memory || memory.values.length === state;
}

/** Those whose memory has another size fail alone. */
async function aroundWrong(
  lane: Lane,
  windows: readonly WindowQuery[],
  memory: CallMemory,
  state?: number,
): Promise<readonly WindowOutcome[]> {
  const well = windows.filter((window) => fits(window, state));
  const outcomes = well.length > 0 ? [...(await explainOn(lane, well, memory, state))] : [];
  return windows.map((window) => {
    if (fits(window, state)) return outcomes.shift()!;
    const { of, values } = window.memory!;
    return new Error(`a state of ${of} has ${values.length} numbers, not ${state}; begin that sound anew`);
  });
}

class WorkerBackend implements Backend {
  /** By folder of the pack: windows at once that pay, and numbers of its state. */
  readonly #prepared = new Map<string, { readonly batch: number; readonly state: number | undefined }>();
  readonly #memory: CallMemory;

  constructor(
    readonly description: string,
    private readonly chosenBatch: number | undefined,
    private readonly all: readonly Lane[],
    private readonly start: () => Worker,
  ) {
    this.#memory = new CallMemory(CALLS * all.length);
  }

  get lanes(): number {
    return this.#well.length;
  }

  get calls(): number {
    return CALLS * this.lanes;
  }

  batch({ folder }: PackReading): number {
    return this.chosenBatch ?? this.#prepared.get(folder)?.batch ?? 1;
  }

  /** What warm-up found of a pack. */
  prepared({ folder }: PackReading, prepared: Prepared): void {
    this.#prepared.set(folder, { batch: bestTime(prepared).windows, state: prepared.state });
  }

  get #well(): Lane[] {
    return this.all.filter((lane) => !lane.lost);
  }

  async explain(windows: readonly WindowQuery[]): Promise<readonly WindowOutcome[]> {
    const lane = laneFor(this.#well);
    if (!lane) throw new Error(`all ${this.lanes} lanes are busy`);
    const state = this.#prepared.get(windows[0].pack.folder)?.state;
    return explainOn(lane, windows, this.#memory, state);
  }

  /** On a thread of its own, so that those that answer are not held up. */
  async prepare(pack: PackReading): Promise<void> {
    const lane: Lane = new ModelThread<InferenceThread>({ ...LANE, start: this.start });
    try {
      this.prepared(pack, await lane.ask("prepare", pack));
    } finally {
      await lane.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((lane) => lane.close()));
  }
}
