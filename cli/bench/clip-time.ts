/** How long a clip of five seconds takes to be explained as a whole in this process, one clip after the other. */
import { explainSound } from "../../models/explain/explain-sound.ts";
import type { OpenPack } from "../../models/pack/open-pack.ts";
import { loadWhole } from "../../models/runtime/load-cut.ts";
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import { percentiles } from "./percentiles.ts";

export interface ClipTime {
  readonly runtime: string;
  readonly clips: number;
  /** Runs of the model for one clip. */
  readonly runs: number;
  /** Milliseconds inside onnxruntime for one clip, median. */
  readonly modelMs: number;
  /** With transforms, masking and resynthesis. */
  readonly wholeMs: number;
  /** Milliseconds of processor time for all of it, median. */
  readonly cpuMs: number;
}

const SECONDS = 5;
const WARM_UP = 5;
const CLIPS = 30;

/** Windows lie side by side; blocks of a streaming pack do so anyway. */
export async function measureClip(
  runtime: Runtime,
  opened: OpenPack,
  method: string | undefined,
): Promise<ClipTime> {
  const { pack } = opened;
  const { windowFrames: stride, sampleRate: rate } = pack;
  let runs = 0;
  const loaded = await loadWhole({ ...runtime, onRun: () => runs++ }, opened, method);
  const model = new ModelTime(loaded);
  // Values as of noise: zeros could take short cuts.
  const clip = Float32Array.from({ length: SECONDS * rate }, (_, n) => 0.3 * Math.sin(n * n * 0.37));
  const times = { modelMs: [] as number[], wholeMs: [] as number[], cpuMs: [] as number[] };
  try {
    for (let n = 0; n < WARM_UP + CLIPS; n++) {
      runs = 0;
      model.ms = 0;
      const [before, started] = [process.cpuUsage(), performance.now()];
      await explainSound(model, clip, { rate, stride });
      const { user, system } = process.cpuUsage(before);
      if (n < WARM_UP) continue;
      times.modelMs.push(model.ms);
      times.wholeMs.push(performance.now() - started);
      times.cpuMs.push((user + system) / 1000);
    }
    const median = (list: readonly number[]) => percentiles(list, [0.5])[0];
    return {
      ...{ runtime: runtime.description, clips: CLIPS, runs },
      modelMs: median(times.modelMs),
      wholeMs: median(times.wholeMs),
      cpuMs: median(times.cpuMs),
    };
  } finally {
    await loaded.close();
  }
}

/** A method that adds up its time inside onnxruntime. */
class ModelTime implements LoadedMethod {
  ms = 0;
  readonly pack;
  readonly method;
  readonly runtime;
  readonly maskShape;
  readonly streaming;

  constructor(private readonly loaded: LoadedMethod) {
    const { pack, method, runtime, maskShape, streaming } = loaded;
    this.pack = pack;
    this.method = method;
    this.runtime = runtime;
    this.maskShape = maskShape;
    this.streaming = streaming && {
      ...streaming,
      hear: (...blocks: Parameters<typeof streaming.hear>) => this.#timed(streaming.hear(...blocks)),
    };
  }

  run(...window: Parameters<LoadedMethod["run"]>) {
    return this.#timed(this.loaded.run(...window));
  }

  close(): Promise<void> {
    return this.loaded.close();
  }

  async #timed<T extends { readonly inferenceMs: number }>(answer: Promise<T>): Promise<T> {
    const told = await answer;
    this.ms += told.inferenceMs;
    return told;
  }
}
