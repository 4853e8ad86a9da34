/** Hears sounds that were held out, as they are and as a microphone somewhere would give them. */
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";
import { readSound } from "../../data/check-sound.ts";
import { type Random, seededBy } from "../../data/random.ts";
import { soundHash } from "../../data/sound-hash.ts";
import { addRumble } from "../../training/microphone.ts";
import { recorded } from "../../training/recording.ts";
import { type HeardAnswers, hearSound } from "../measure/heard-sound.ts";
import type { HeardPair } from "../metrics/recognition.ts";
import { mixTwo } from "../plan/two-sounds.ts";
import type { HeldOutSound } from "./sounds.ts";

/** Of the steps of a sound one in so many, 128 ms apart: what they are about is the same but for an eighth. */
const STEPS_APART = 4;

export interface HeardSound extends HeldOutSound, HeardAnswers {}

export const HOWS = ["as it is", "recorded"] as const;
export type How = (typeof HOWS)[number];

export class Listening {
  readonly #refused = new Set<string>();

  constructor(
    private readonly classifier: LoadedMethod,
    private readonly inTraining: ReadonlySet<string>,
    private readonly seed: number,
  ) {}

  /** Sounds that were not heard, with the reason. */
  get refused(): readonly string[] {
    return [...this.#refused];
  }

  /** None where the sound holds nothing, can't be read or was heard in training. */
  async hear(sound: HeldOutSound, how: How): Promise<HeardSound[]> {
    const samples = await this.#read(sound);
    return samples ? this.#heard(sound, samples, how) : [];
  }

  async hearTwo([louder, fainter]: readonly [HeldOutSound, HeldOutSound], how: How): Promise<HeardPair[]> {
    const [one, other] = [await this.#read(louder), await this.#read(fainter)];
    if (!one || !other) return [];
    const mixed = mixTwo(one, other, this.classifier.pack.sampleRate);
    const heard = await this.#heard(louder, mixed, how);
    return heard.map(({ windows, whole }) => ({
      ...{ windows, whole },
      louder: louder.label,
      fainter: fainter.label,
    }));
  }

  async #heard(sound: HeldOutSound, samples: Float32Array, how: How): Promise<HeardSound[]> {
    const random = seededBy(this.seed, "recorded", sound.name);
    const heard = how === "as it is" ? samples : throughMicrophone(random, samples);
    const { windows, whole } = await hearSound(this.classifier, heard, 1);
    if (windows.length === 0) return [];
    return [{ ...sound, whole, windows: windows.filter((_, k) => k % STEPS_APART === 0) }];
  }

  async #read({ path, source }: HeldOutSound): Promise<Float32Array | undefined> {
    try {
      const samples = await readSound(path, this.classifier.pack.sampleRate);
      if (source === "ESC-50" || !this.inTraining.has(soundHash(samples))) {
        if (samples.some((sample) => Math.abs(sample) > 1e-5)) return samples;
        this.#refused.add(`left out: ${path}: silent`);
      } else this.#refused.add(`left out: ${path}: it was heard in training`);
    } catch (error) {
      this.#refused.add(`left out: ${error instanceof Error ? error.message : error}`);
    }
    return undefined;
  }
}

/** A made-up room, microphone and line, at any level, now and then with a rumble. */
function throughMicrophone(random: Random, samples: Float32Array): Float32Array {
  const heard = recorded(random, samples);
  const peak = heard.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
  const gain = 10 ** (random.uniform(-40, 0) / 20) / peak;
  for (let n = 0; n < heard.length; n++) heard[n] *= gain;
  if (random.chance(0.2)) addRumble(random, heard);
  return heard;
}
