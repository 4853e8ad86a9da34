/** A thread that holds the packs' models and runs one batch of windows at a time; onnxruntime blocks the thread it runs on. */
import { blockSizes, pagesMaskFrames } from "../../models/pack/live-frames.ts";
import type { OpenPack } from "../../models/pack/open-pack.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import type { Pack } from "../../models/pack/pack.ts";
import { loadNewest } from "../../models/runtime/load-cut.ts";
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { serveCalls } from "../../models/runtime/serve-calls-node.ts";
import { framesIn } from "../../protocol/audio-shape.ts";
import type { PackReading } from "./backend.ts";
import type { BatchTime, InferenceThread, Prepared } from "./inference-thread.ts";
import { type JoinedAnswer, type JoinedCall, memoryOf } from "./joined-call.ts";
import { explainTogether, hearTogether } from "./run-together.ts";

/** One reading of a pack and the graphs of it that were asked for. */
class Models {
  readonly #loaded = new Map<string, Promise<LoadedMethod>>();

  constructor(
    private readonly runtime: Runtime,
    readonly open: OpenPack,
  ) {}

  /** Loads the method at its first use and keeps it; a failure is not kept. */
  async get(name: string, maskFrames: number): Promise<LoadedMethod> {
    // A streaming pack's method knows by itself how many blocks at once it has graphs for.
    if (this.open.pack.streaming) maskFrames = this.open.pack.windowFrames;
    const key = `${name} ${maskFrames}`;
    let method = this.#loaded.get(key);
    if (!method) {
      method = loadNewest(this.runtime, this.open, name, maskFrames);
      this.#loaded.set(key, method);
      method.catch(() => this.#loaded.delete(key));
    }
    return method;
  }

  async close(): Promise<void> {
    for (const method of this.#loaded.values()) await (await method.catch(() => undefined))?.close();
  }
}

class Packs {
  /** The newest reading of each folder. */
  readonly #packs = new Map<string, { generation: number; models: Promise<Models> }>();

  constructor(private readonly runtime: Runtime) {}

  async models({ folder, generation }: PackReading): Promise<Models> {
    const held = this.#packs.get(folder);
    if (held && held.generation >= generation) return held.models;
    const models = openPackFolder(folder).then((open) => new Models(this.runtime, open));
    this.#packs.set(folder, { generation, models });
    models.catch(() => this.#packs.delete(folder));
    void held?.models.then((each) => each.close()).catch(() => {});
    return models;
  }

  /**
   * Loads and runs the first method once, whole and as pages ask for it: the first run is slow, and a model that cannot
   * run should be known early.
   */
  async prepare(pack: PackReading): Promise<Models> {
    const models = await this.models(pack);
    const { stft, methods } = models.open.pack;
    for (const { frames, maskFrames } of askedFor(models.open.pack)) {
      const first = await models.get(methods[0].name, maskFrames);
      await first.run(new Float32Array(frames * stft.bins), 1);
    }
    return models;
  }

  async explain(call: JoinedCall): Promise<JoinedAnswer> {
    const models = await this.models(call.pack);
    const method = await models.get(call.method, call.maskFrames);
    return method.streaming ? hearTogether(method.streaming, call) : explainTogether(method, call);
  }
}

/** What pages will ask for: of so many frames, masks of so many of the newest. */
function askedFor(pack: Pack): { readonly frames: number; readonly maskFrames: number }[] {
  const { windowFrames } = pack;
  const blocks = blockSizes(pack);
  if (blocks) return blocks.map((frames) => ({ frames, maskFrames: frames }));
  const masks = new Set([windowFrames, pagesMaskFrames(pack)]);
  return [...masks].map((maskFrames) => ({ frames: windowFrames, maskFrames }));
}

/** Frames that are asked about at once: a window, or as many blocks as pages wait for in their usual setting. */
function stepFrames(pack: Pack): number {
  const most = framesIn({ sampleRate: pack.sampleRate, hop: pack.stft.hop }, STEP_MS);
  return blockSizes(pack)?.findLast((frames) => frames <= most) ?? pack.windowFrames;
}

const STEP_MS = 64;
const REPEATS = 5;
/** Twice as many windows at once have to cost clearly less than twice as much. */
const WORTHWHILE = 0.9;
/** One doubling that doesn't pay may be chance, or the next one does. */
const DOUBTFUL = 2;

/** log1p(|X|) of 0.25 in 16 bits: values as of sound. */
const SOME_LEVEL = 0x3400;

/** So many windows at once as sessions send them, so that all of their way through this thread is warm. */
async function runOnce(packs: Packs, pack: PackReading, windows: number): Promise<number> {
  const { open } = await packs.models(pack);
  const { streaming, stft, methods } = open.pack;
  const frames = stepFrames(open.pack);
  const size = windows * frames * stft.bins;
  const { inferenceMs } = await packs.explain({
    pack,
    method: methods[0].name,
    maskFrames: frames,
    targets: new Array(windows).fill(-1),
    ...(streaming
      ? {
          magnitudes: new Uint16Array(size).fill(SOME_LEVEL),
          memory: {
            of: new Array(windows).fill(null),
            states: new Float32Array(windows * streaming.state),
          },
        }
      : { magnitudes: new Float32Array(size).fill(0.5) }),
  });
  return inferenceMs;
}

/** Times of 1, 2, 4, ... windows at once, as far as doublings pay. */
async function batchTimes(packs: Packs, pack: PackReading, most: number): Promise<BatchTime[]> {
  const times: BatchTime[] = [];
  let doubts = 0;
  for (let windows = 1; windows <= most; windows *= 2) {
    const taken: number[] = [];
    try {
      // The first run of a size is slow.
      for (let n = 0; n <= REPEATS; n++) taken.push(await runOnce(packs, pack, windows));
    } catch {
      // A classifier of somebody else may take one window only.
      break;
    }
    // What else the machine does only ever adds to the time.
    const ms = Math.min(...taken.slice(1));
    const least = Math.min(...times.map((each) => each.ms / each.windows));
    doubts = ms / windows > WORTHWHILE * least ? doubts + 1 : 0;
    times.push({ windows, ms });
    if (doubts === DOUBTFUL) break;
  }
  return times;
}

await serveCalls<InferenceThread>(async ({ build, threads, pack, mostBatch }) => {
  const notices: string[] = [];
  const runtime = await nodeRuntime({ build, threads, log: (line) => notices.push(line) });
  const packs = new Packs(runtime);
  const prepare = async (reading: PackReading): Promise<Prepared> => {
    const models = await packs.prepare(reading);
    return { times: await batchTimes(packs, reading, mostBatch), state: models.open.pack.streaming?.state };
  };
  return {
    ready: { description: runtime.description, notices, prepared: await prepare(pack) },
    calls: {
      explain: async (call, { give }) => {
        const answer = await packs.explain(call);
        const { magnitudes, answers, memory } = answer;
        give(...memoryOf([magnitudes, answers.messages, memory?.states]));
        return answer;
      },
      prepare,
    },
  };
});
