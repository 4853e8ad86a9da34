/** The settings of the published tables: what is mixed into a clip before it is explained. */
import type { Random } from "../../data/random.ts";

export const CONTAMINATIONS = ["clean", "id", "mixtures", "white-noise", "speech"] as const;
export type Contamination = (typeof CONTAMINATIONS)[number];

/** What tables are of: contaminated clips, or scenes in which they are events (`lab/data/scenes.ts`). */
export const SETTINGS = [...CONTAMINATIONS, "scenes"] as const;
export type Setting = (typeof SETTINGS)[number];

/** The four settings of the published tables. */
const PUBLISHED: readonly Contamination[] = ["id", "mixtures", "white-noise", "speech"];

/** Settings, and words for several of them. */
export const SETTING_NAMES = [...SETTINGS, "published", "all"] as const;
export type SettingName = (typeof SETTING_NAMES)[number];

/**
 * The settings that the names stand for, each once: `published` for the four of the published tables, `all` for these, the
 * clean clips and, where there are sounds of known classes, scenes.
 */
export function settingsNamed(names: readonly SettingName[], knownSounds: boolean): Setting[] {
  const settings = names.flatMap((name): readonly Setting[] => {
    if (name === "published") return PUBLISHED;
    if (name !== "all") return [name];
    return [...PUBLISHED, "clean", ...(knownSounds ? (["scenes"] as const) : [])];
  });
  return [...new Set(settings)];
}

interface ContaminationSources {
  /** Another clip of the same set. */
  otherClip(): Promise<Float32Array>;
  /** A spoken sentence. */
  sentence(): Promise<Float32Array>;
}

/** A clip with something mixed into it, and both parts as they lie in the mixture: `samples` is their sum. */
export interface Contaminated {
  readonly samples: Float32Array;
  /** What the clip contributes, and what was added to it; absent where nothing was. */
  readonly parts?: { readonly target: Float32Array; readonly interferer: Float32Array };
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
export async function contaminate(
  setting: Contamination,
  clip: Float32Array,
  sources: ContaminationSources,
  random: Random,
): Promise<Contaminated[]> {
  const whiteNoise = () => Float32Array.from(clip, () => random.normal());
  switch (setting) {
    case "clean":
      return [{ samples: clip }];
    case "id":
      return [blend(clip, 1, whiteNoise(), 1)];
    case "mixtures":
      return [
        blend(clip, 0.8, await sources.otherClip(), 0.2),
        blend(clip, 0.8, await sources.otherClip(), 0.2),
      ];
    case "white-noise":
      return [blend(clip, 1, whiteNoise(), 0.5)];
    case "speech":
      return [blend(clip, 0.8, await sources.sentence(), 0.2)];
    default:
      return setting satisfies never;
  }
}

/** `weight·s/‖s‖ + addedWeight·a/‖a‖`, divided by its largest sample; `added` is cut or zero-padded to the clip. */
function blend(clip: Float32Array, weight: number, added: Float32Array, addedWeight: number): Contaminated {
  const fitted = new Float32Array(clip.length);
  fitted.set(added.subarray(0, clip.length));
  const gain = weight / Math.max(norm(clip), 1e-9);
  const addedGain = addedWeight / Math.max(norm(fitted), 1e-9);
  let peak = 0;
  for (let n = 0; n < clip.length; n++) {
    peak = Math.max(peak, Math.abs(gain * clip[n] + addedGain * fitted[n]));
  }
  const scale = peak > 0 ? 1 / peak : 1;
  const target = clip.map((sample) => scale * gain * sample);
  const interferer = fitted.map((sample) => scale * addedGain * sample);
  return { samples: target.map((sample, n) => sample + interferer[n]), parts: { target, interferer } };
}

function norm(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum);
}
