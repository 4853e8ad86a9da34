/** The settings of the published tables: what is mixed into a clip before it is explained. */
import type { Random } from "../data/random.ts";

export const CONTAMINATIONS = ["clean", "id", "mixtures", "white-noise", "speech"] as const;
export type Contamination = (typeof CONTAMINATIONS)[number];

export interface ContaminationSources {
  /** The other clips of the same set. */
  readonly clips: readonly Float32Array[];
  /** Spoken sentences. */
  readonly speech: readonly Float32Array[];
}

/**
 * The contaminated versions of one clip, at least one.
 *
 * - clean: the clip itself.
 * - id: background noise at 0 dB, `s/‖s‖ + n/‖n‖`, as in training.
 * - mixtures: `0.8·s/‖s‖ + 0.2·s₂/‖s₂‖` with another clip of the set; two a clip.
 * - white-noise: `s/‖s‖ + 0.5·n/‖n‖`.
 * - speech: as mixtures, with a sentence cut or zero-padded to the clip.
 *
 * All but `clean` are divided by their largest sample.
 */
export function contaminate(
  setting: Contamination,
  clip: Float32Array,
  sources: ContaminationSources,
  random: Random,
): Float32Array[] {
  const whiteNoise = () => Float32Array.from(clip, () => random.normal());
  const another = () => random.pick(sources.clips.filter((each) => each !== clip));
  switch (setting) {
    case "clean":
      return [clip];
    case "id":
      return [blend(clip, 1, whiteNoise(), 1)];
    case "mixtures":
      return [blend(clip, 0.8, another(), 0.2), blend(clip, 0.8, another(), 0.2)];
    case "white-noise":
      return [blend(clip, 1, whiteNoise(), 0.5)];
    case "speech":
      return [blend(clip, 0.8, random.pick(sources.speech), 0.2)];
    default:
      return setting satisfies never;
  }
}

/** `weight·s/‖s‖ + addedWeight·a/‖a‖`, divided by its largest sample; `added` is cut or zero-padded to the clip. */
function blend(clip: Float32Array, weight: number, added: Float32Array, addedWeight: number): Float32Array {
  const fitted = new Float32Array(clip.length);
  fitted.set(added.subarray(0, clip.length));
  const gain = weight / Math.max(norm(clip), 1e-9);
  const addedGain = addedWeight / Math.max(norm(fitted), 1e-9);
  const out = Float32Array.from(clip, (sample, i) => gain * sample + addedGain * fitted[i]);
  const peak = out.reduce((top, sample) => Math.max(top, Math.abs(sample)), 0);
  return peak > 0 ? out.map((sample) => sample / peak) : out;
}

function norm(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum);
}
