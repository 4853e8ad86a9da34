/** Runs methods over windows, and masks windows by what they give. */
import { joined, log1pGain, type Masking } from "../../../dsp/index.ts";
import { strongestClass } from "../../../models/explain/class-decision.ts";
import type { LoadedFeatureJudge } from "../../../models/runtime/load-feature-judge.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";
import type { Random } from "../../data/random.ts";
import { meanOf } from "../metrics/metrics.ts";
import type { SoundWindow } from "../plan/window-shape.ts";

/** Windows a run. More gain nothing on one thread, and methods that sample hold many copies of each. */
const BATCH = 4;

interface WindowAnswer {
  readonly probabilities: Float32Array;
  readonly mask: Float32Array;
}

/** @param targets the class to explain for each window; the winner of each without. */
export async function runWindows(
  method: LoadedMethod,
  windows: readonly SoundWindow[],
  targets?: readonly number[],
): Promise<WindowAnswer[]> {
  const answers = await runAll(method, windows, targets);
  if (targets || !method.streaming || !method.method.target) return answers;
  // Every block was explained for the class that won it; a window is asked about the one that wins at its end.
  return runAll(
    method,
    windows,
    answers.map(({ probabilities }) => strongestClass(method.pack, probabilities)),
  );
}

async function runAll(
  method: LoadedMethod,
  windows: readonly SoundWindow[],
  targets?: readonly number[],
): Promise<WindowAnswer[]> {
  const answers: WindowAnswer[] = [];
  for (let first = 0; first < windows.length; first += BATCH) {
    const part = windows.slice(first, first + BATCH);
    const magnitudes = joined(part.map((window) => window.magnitudes));
    const phases = part.flatMap((window) => window.phases ?? []);
    const result = await method.run(
      magnitudes,
      part.length,
      targets?.slice(first, first + BATCH),
      phases.length > 0 ? joined(phases) : undefined,
    );
    const probabilities = rows(result.probabilities, part.length);
    const masks = rows(result.masks, part.length);
    for (let k = 0; k < part.length; k++) answers.push({ probabilities: probabilities[k], mask: masks[k] });
  }
  return answers;
}

/** What the classifier says of each window; the mask of `classifier` is not looked at. */
export async function askClassifier(
  classifier: LoadedMethod,
  windows: readonly SoundWindow[],
): Promise<Float32Array[]> {
  return (await runWindows(classifier, windows)).map(({ probabilities }) => probabilities);
}

/** What the classifier says of each window with its own input masked. */
export async function askFeatureJudge(
  judge: LoadedFeatureJudge,
  windows: readonly SoundWindow[],
  masks: readonly Float32Array[],
): Promise<Float32Array[]> {
  const answers: Float32Array[] = [];
  for (let first = 0; first < windows.length; first += BATCH) {
    const part = windows.slice(first, first + BATCH);
    const mask = joined(masks.slice(first, first + BATCH));
    const magnitudes = joined(part.map((window) => window.magnitudes));
    answers.push(...rows(await judge.run(magnitudes, mask, part.length), part.length));
  }
  return answers;
}

function rows(values: Float32Array, count: number): Float32Array[] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, k) => values.slice(k * width, (k + 1) * width));
}

/** What a row of the table masks with: the method's own mask, or one of the two controls made from it. */
export const MASK_CONTROLS = ["own", "constant", "shuffled"] as const;
export type MaskControl = (typeof MASK_CONTROLS)[number];

export function controlled(mask: Float32Array, control: MaskControl, random: Random): Float32Array {
  if (control === "constant") return new Float32Array(mask.length).fill(meanOf(mask));
  if (control === "shuffled") return shuffled(mask, random);
  return mask;
}

function shuffled(mask: Float32Array, random: Random): Float32Array {
  const out = mask.slice();
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const value = out[i];
    out[i] = out[j];
    out[j] = value;
  }
  return out;
}

/** What multiplies |X| where `mask` masks it in its domain: the mask itself, or what becomes of it by log1p. */
export function gainsOf({ magnitudes }: SoundWindow, mask: Float32Array, masking: Masking): Float32Array {
  return masking === "linear" ? mask : mask.map((value, k) => log1pGain(value, magnitudes[k]));
}

/** Kept M⊙X and rest X − M⊙X of one window, both with its phases. */
export function keptAndRest(
  window: SoundWindow,
  gains: Float32Array,
): { readonly kept: SoundWindow; readonly rest: SoundWindow } {
  const { magnitudes, phases } = window;
  const kept = magnitudes.map((magnitude, k) => gains[k] * magnitude);
  const rest = magnitudes.map((magnitude, k) => Math.max(0, magnitude - kept[k]));
  return { kept: { magnitudes: kept, phases }, rest: { magnitudes: rest, phases } };
}
