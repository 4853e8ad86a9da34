/** A method without gradients, run on a classifier that is a function and nothing more, as any other loaded method. */
import { joined, log1pGain } from "../../../dsp/index.ts";
import { strongestClass } from "../../../models/explain/class-decision.ts";
import { framesAnswered } from "../../../models/explain/window-times.ts";
import type { Pack, PackMethod } from "../../../models/pack/pack.ts";
import {
  type LoadedMethod,
  MethodInputError,
  type MethodResult,
} from "../../../models/runtime/load-method.ts";
import {
  CALLS_BESIDE,
  type PerturbationMethod,
  type PerturbationSettings,
  type Trials,
  titleWithCalls,
} from "./perturbation.ts";

export interface PerturbOptions {
  readonly settings: PerturbationSettings;
  /** Looked at between batches of calls: a window of a large classifier may take minutes. */
  readonly signal?: AbortSignal | undefined;
  /** Told how many calls of the window's were made, and how many it takes. */
  readonly onCalls?: ((done: number, total: number) => void) | undefined;
}

/** Most windows of a batch, and values in it: 4 MB. */
const BATCH = 16;
const BATCH_VALUES = 2 ** 20;

/**
 * Explains what `classifier` says; its own masks are not looked at. The classifier stays the caller's, `close` leaves it open.
 *
 * A streaming pack's classifier is asked about windows as long as its answers are about, each heard as a sound of its own from the
 * beginning on: what came before a window cannot be taken away from it.
 */
export function perturb(
  classifier: LoadedMethod,
  method: PerturbationMethod,
  options: PerturbOptions,
): LoadedMethod {
  const { frames, described, pack } = describe(classifier, method, options.settings);
  const { sampleRate, stft } = pack;
  const shape = { frames, bins: stft.bins, sampleRate, hop: stft.hop };
  const trials = method.trials(shape, options.settings.budget - CALLS_BESIDE, options.settings.seed);
  const size = frames * stft.bins;
  return {
    pack,
    method: described,
    runtime: classifier.runtime,
    maskShape: [frames, stft.bins],
    async run(magnitudes, batch, target = -1, phases) {
      if (magnitudes.length !== batch * size) {
        throw new MethodInputError(
          `${batch} windows of [${frames}, ${stft.bins}] have ${batch * size} magnitudes, and ${magnitudes.length} were given`,
        );
      }
      const results: MethodResult[] = [];
      for (let n = 0; n < batch; n++) {
        const window = new MaskedWindow(
          classifier,
          magnitudes.subarray(n * size, (n + 1) * size),
          phases?.subarray(n * size, (n + 1) * size),
          options,
        );
        results.push(await explain(window, trials, typeof target === "number" ? target : target[n]));
      }
      return {
        probabilities: joined(results.map(({ probabilities }) => probabilities)),
        masks: joined(results.map(({ masks }) => masks)),
        inferenceMs: results.reduce((sum, { inferenceMs }) => sum + inferenceMs, 0),
      };
    },
    close: async () => {},
  };
}

/** What pack.json would say of the classifier's windows and the method. */
function describe(
  { pack, method: asked }: LoadedMethod,
  method: PerturbationMethod,
  settings: PerturbationSettings,
): { frames: number; described: PackMethod; pack: Pack } {
  const frames = framesAnswered(pack);
  const described: PackMethod = {
    name: method.name,
    title: titleWithCalls(method, settings),
    graph: asked.graph,
    target: true,
    parameters: { ...settings },
  };
  const { streaming: _, ...windowed } = pack;
  return { frames, described, pack: { ...windowed, windowFrames: frames, methods: [described] } };
}

async function explain(window: MaskedWindow, trials: Trials, target: number): Promise<MethodResult> {
  const total = trials.count + CALLS_BESIDE;
  const [whole, silence] = await window.ask(
    CALLS_BESIDE,
    (n, out) => {
      out.fill(n === 0 ? 1 : 0);
    },
    { before: 0, total },
  );
  const asked = target >= 0 ? target : strongestClass(window.pack, whole);
  const rows = await window.ask(trials.count, trials.keep, { before: CALLS_BESIDE, total });
  const answers = {
    whole: whole[asked],
    silence: silence[asked],
    trials: Float64Array.from(rows, (row) => row[asked]),
  };
  return {
    probabilities: whole,
    masks: maskFrom(trials.relevance(answers)),
    inferenceMs: window.inferenceMs,
  };
}

/** What speaks for the class, the most of it as 1; zeros where nothing does. */
export function maskFrom(relevance: Float32Array): Float32Array {
  const most = relevance.reduce((a, b) => Math.max(a, b), 0);
  return relevance.map((value) => (most > 0 ? Math.max(0, value) / most : 0));
}

class MaskedWindow {
  inferenceMs = 0;

  constructor(
    private readonly classifier: LoadedMethod,
    private readonly magnitudes: Float32Array,
    private readonly phases: Float32Array | undefined,
    private readonly options: PerturbOptions,
  ) {}

  get pack(): Pack {
    return this.classifier.pack;
  }

  /** What the classifier says of `count` masked versions, [classes] each. */
  async ask(
    count: number,
    keep: Trials["keep"],
    { before, total }: { readonly before: number; readonly total: number },
  ): Promise<Float32Array[]> {
    const { signal, onCalls } = this.options;
    const size = this.magnitudes.length;
    const most = Math.max(1, Math.min(BATCH, Math.floor(BATCH_VALUES / size)));
    const answers: Float32Array[] = [];
    for (let first = 0; first < count; first += most) {
      signal?.throwIfAborted();
      const batch = Math.min(most, count - first);
      const masked = new Float32Array(batch * size);
      for (let k = 0; k < batch; k++) this.#mask(first + k, keep, masked.subarray(k * size, (k + 1) * size));
      const phases = this.phases && joined(Array.from({ length: batch }, () => this.phases!));
      const { probabilities, inferenceMs } = await this.classifier.run(masked, batch, -1, phases);
      this.inferenceMs += inferenceMs;
      const classes = probabilities.length / batch;
      for (let k = 0; k < batch; k++) answers.push(probabilities.slice(k * classes, (k + 1) * classes));
      onCalls?.(before + first + batch, total);
    }
    return answers;
  }

  /** As the pack masks: what is explained by a mask has to be what was heard under one. */
  #mask(n: number, keep: Trials["keep"], out: Float32Array): void {
    keep(n, out);
    const { masking } = this.pack;
    for (let i = 0; i < out.length; i++) {
      const magnitude = this.magnitudes[i];
      out[i] = magnitude * (masking === "log1p" ? log1pGain(out[i], magnitude) : out[i]);
    }
  }
}
