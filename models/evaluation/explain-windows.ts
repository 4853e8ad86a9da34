/** Runs a method over the windows of a sound and asks the classifier again about what it kept and what it left. */
import { BINS, type Masking } from "../../dsp/index.ts";
import { Random } from "../data/random.ts";
import { audibleStarts } from "../data/waves.ts";
import { WINDOW_FRAMES, WINDOW_SAMPLES, windowMagnitudes } from "../data/windows.ts";
import { AUDIBLE_RANGE_DB } from "../explain/clip-decision.ts";
import type { LoadedMethod } from "../runtime/load-method.ts";
import { type Faithfulness, faithfulness } from "./metrics.ts";

/** Evaluation windows start every half second and lie within 30 dB of the sound's loudest window. */
const STEP = 8000;
const BATCH = 16;
const SIZE = WINDOW_FRAMES * BINS;

/** Magnitudes of the audible windows of a sound, each [WINDOW_FRAMES, BINS]. */
export function evaluationWindows(samples: Float32Array): Float32Array[] {
  return audibleStarts(samples, WINDOW_SAMPLES, STEP, AUDIBLE_RANGE_DB).map((start) =>
    windowMagnitudes(samples, start, new Float32Array(SIZE)),
  );
}

export interface WindowAnswer {
  readonly probabilities: Float32Array;
  readonly mask: Float32Array;
}

export async function runWindows(
  method: LoadedMethod,
  windows: readonly Float32Array[],
): Promise<WindowAnswer[]> {
  const answers: WindowAnswer[] = [];
  for (let first = 0; first < windows.length; first += BATCH) {
    const part = windows.slice(first, first + BATCH);
    const magnitudes = new Float32Array(part.length * SIZE);
    for (const [index, window] of part.entries()) magnitudes.set(window, index * SIZE);
    const { probabilities, masks } = await method.run(magnitudes, part.length);
    const classes = probabilities.length / part.length;
    for (let index = 0; index < part.length; index++) {
      answers.push({
        probabilities: probabilities.slice(index * classes, (index + 1) * classes),
        mask: masks.slice(index * SIZE, (index + 1) * SIZE),
      });
    }
  }
  return answers;
}

/** What a row of the table masks with: the method's own mask, or one of the two controls made from it. */
export type MaskControl = "own" | "constant" | "shuffled";

/**
 * Faithfulness of every window.
 *
 * @param answers what the method gave for `windows`, from `runWindows`: the controls are made of the same masks.
 * @param classifier a method of the same pack whose mask is not looked at; only its probabilities are.
 */
export async function windowFaithfulness(
  answers: readonly WindowAnswer[],
  classifier: LoadedMethod,
  windows: readonly Float32Array[],
  masking: Masking,
  control: MaskControl,
  seed: number,
): Promise<Faithfulness[]> {
  const random = new Random(seed);
  const masks = answers.map(({ mask }) => controlled(mask, control, random));
  const kept = await runWindows(
    classifier,
    windows.map((window, i) => masked(window, masks[i], masking, false)),
  );
  const rest = await runWindows(
    classifier,
    windows.map((window, i) => masked(window, masks[i], masking, true)),
  );
  return answers.map(({ probabilities }, i) =>
    faithfulness({
      whole: probabilities,
      kept: kept[i].probabilities,
      rest: rest[i].probabilities,
      maskMean: meanOf(masks[i]),
    }),
  );
}

function controlled(mask: Float32Array, control: MaskControl, random: Random): Float32Array {
  if (control === "constant") return new Float32Array(mask.length).fill(meanOf(mask));
  if (control === "shuffled") return Float32Array.from(random.shuffle(Array.from(mask)));
  return mask;
}

/** M⊙X, or (1−M)⊙X: what is left when the kept part is taken away from the input. */
function masked(window: Float32Array, mask: Float32Array, masking: Masking, rest: boolean): Float32Array {
  return window.map((magnitude, i) => {
    const kept = masking === "linear" ? mask[i] * magnitude : Math.expm1(mask[i] * Math.log1p(magnitude));
    return rest ? magnitude - kept : kept;
  });
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
