/** When an explanation says nothing: it leaves next to nothing to be heard, or its mask is about the same everywhere. */
import { ALL_ONES } from "../methods/all-ones.ts";
import { PERTURBATIONS } from "../methods/perturbation/index.ts";

export interface MaskFigures {
  /** Share of the sound's energy that it leaves. */
  readonly energy: number;
  /** Standard deviation of its values as a share of their mean, where there is sound; 0 for a mask of zeros. */
  readonly unevenness: number;
}

/** Below it nobody hears what is left: 20 dB down. */
const LEAST_ENERGY = 0.01;
/** Masks of methods that work have 0.5 and more. */
const LEAST_UNEVENNESS = 0.1;

/** What is wrong with a method's masks, for people; undefined where nothing is. */
export function maskProblem(method: string, { energy, unevenness }: MaskFigures): string | undefined {
  if (method === ALL_ONES.name) return undefined;
  if (energy < LEAST_ENERGY)
    return `${method} leaves ${(100 * energy).toFixed(2)} % of the sound's energy: there is hardly anything to hear`;
  if (unevenness < LEAST_UNEVENNESS)
    return `${method}'s mask has no shape: it is about the same everywhere, and says of no part that it matters more`;
  return undefined;
}

/** Those whose masks keep enough to be heard, the most telling first. */
const LISTENABLE = ["lmac-selective", "lmac", "lmac-ft", "gradcam", "smoothgrad"];

/** Another method to try, of those that the pack has, or one that any classifier can be explained by. */
export function betterMethod(method: string, others: readonly string[]): string {
  const [rise, ...further] = PERTURBATIONS.map(({ name }) => name);
  const found = LISTENABLE.find((name) => name !== method && others.includes(name));
  return found ?? (method === rise ? further.find((name) => name === "kernel-shap")! : rise!);
}

/** Keeps count of a mask's values where there is sound. */
export class Unevenness {
  #count = 0;
  #sum = 0;
  #squares = 0;

  add(mask: Float32Array, magnitudes: Float32Array): void {
    for (let i = 0; i < mask.length; i++) {
      if (!(magnitudes[i] > 0)) continue;
      this.#count++;
      this.#sum += mask[i];
      this.#squares += mask[i] ** 2;
    }
  }

  value(): number {
    if (this.#sum === 0) return 0;
    const mean = this.#sum / this.#count;
    return Math.sqrt(Math.max(0, this.#squares / this.#count - mean ** 2)) / mean;
  }
}
