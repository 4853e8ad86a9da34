/** Makes the classifier's training windows: real sounds, made-up others, mixtures, other rooms and microphones. */

import type { Random } from "../data/random.ts";
import { WINDOW_FRAMES, WINDOW_SAMPLES, windowMagnitudes } from "../data/windows.ts";
import { BINS } from "../networks/own-shape.ts";
import { alteredSound } from "./altered-sounds.ts";
import {
  colouredNoise,
  meanPower,
  mixAtRatio,
  randomRoom,
  scale,
  tiltBins,
  toUnitPower,
  zeroStripes,
} from "./augment.ts";
import { otherSound } from "./other-sounds.ts";
import { SoundPool } from "./sound-pool.ts";

export interface TrainingSounds {
  /** Real sounds by label, without the label that means "none of these". */
  readonly known: ReadonlyMap<string, readonly Float32Array[]>;
  /** Real sounds of no known class. */
  readonly other: readonly Float32Array[];
}

interface ClassifierMix {
  readonly labels: readonly string[];
  /** The label of sounds of no known class. */
  readonly otherLabel: string;
  /**
   * Labels whose sounds, altered, are of no known class. Noise-like sounds (rain, surf, fire) stay what they are when
   * mirrored or shuffled, and a classifier that is told otherwise stops believing in them.
   */
  readonly alterable: readonly string[];
  /** Share of the batch that is of no known class. */
  readonly otherShare: number;
  /** Relative frequency of a known label; 1 where not named. */
  readonly labelWeight: Readonly<Record<string, number>>;
}

interface ClassifierBatch {
  /** [batch, WINDOW_FRAMES, BINS] */
  readonly magnitudes: Float32Array;
  /** [batch, labels], rows sum to one. */
  readonly targets: Float32Array;
}

interface Item {
  samples: Float32Array;
  /** Share of each label. */
  target: Float32Array;
}

export class ClassifierBatches {
  private readonly known: ReadonlyMap<string, SoundPool>;
  private readonly alterable: SoundPool;
  private readonly other: SoundPool;
  private readonly drawList: { label: string; upTo: number }[] = [];

  constructor(
    sounds: TrainingSounds,
    private readonly mix: ClassifierMix,
  ) {
    this.known = new Map([...sounds.known].map(([label, list]) => [label, new SoundPool(list)]));
    for (const [label, pool] of this.known) {
      if (pool.size === 0) throw new Error(`no audible training sound of the class "${label}"`);
      if (!mix.labels.includes(label))
        throw new Error(`training sounds of "${label}", which is not among the labels`);
    }
    this.alterable = new SoundPool(mix.alterable.flatMap((label) => sounds.known.get(label) ?? []));
    this.other = new SoundPool(sounds.other);
    let upTo = 0;
    for (const label of this.known.keys()) {
      upTo += mix.labelWeight[label] ?? 1;
      this.drawList.push({ label, upTo });
    }
  }

  /** `batch` random windows; the same generator state gives the same batch. */
  next(random: Random, batch: number): ClassifierBatch {
    const size = WINDOW_FRAMES * BINS;
    const labels = this.mix.labels.length;
    const magnitudes = new Float32Array(batch * size);
    const targets = new Float32Array(batch * labels);
    for (let item = 0; item < batch; item++) {
      const { samples, target } = this.item(random);
      const window = windowMagnitudes(samples, 0, magnitudes.subarray(item * size, (item + 1) * size));
      tiltBins(random, window, WINDOW_FRAMES, BINS);
      zeroStripes(random, window, WINDOW_FRAMES, BINS);
      targets.set(target, item * labels);
    }
    return { magnitudes, targets };
  }

  private item(random: Random): Item {
    if (random.chance(0.015)) return this.silence(random);
    const first = random.chance(this.mix.otherShare) ? this.otherItem(random) : this.knownItem(random);
    toUnitPower(first.samples);
    const known = first.target[this.mix.labels.indexOf(this.mix.otherLabel)] === 0;
    if (random.chance(known ? 0.4 : 0.25)) this.addSecond(random, first);
    if (random.chance(0.25)) randomRoom(random, first.samples);
    if (random.chance(0.4)) {
      mixAtRatio(first.samples, colouredNoise(random, WINDOW_SAMPLES), random.uniform(8, 35));
    }
    // The level alone must say nothing: recordings and microphones differ by tens of decibels.
    toUnitPower(first.samples);
    scale(first.samples, 10 ** (random.uniform(-55, -8) / 20));
    return first;
  }

  /** Mix-up by amplitude: each label gets the share of its sound's amplitude. */
  private addSecond(random: Random, first: Item): void {
    const second = random.chance(0.5) ? this.knownItem(random) : this.otherItem(random);
    if (meanPower(second.samples) < 1e-12) return;
    const gain = 10 ** (-random.uniform(0, 25) / 20);
    toUnitPower(second.samples);
    for (let i = 0; i < first.samples.length; i++) first.samples[i] += gain * second.samples[i];
    const share = gain / (1 + gain);
    first.target.forEach((value, k) => {
      first.target[k] = (1 - share) * value + share * second.target[k];
    });
  }

  private knownItem(random: Random): Item {
    const draw = random.uniform(0, this.drawList[this.drawList.length - 1].upTo);
    const { label } = this.drawList.find(({ upTo }) => draw < upTo)!;
    const speed = random.chance(0.5) ? Math.exp(random.uniform(-0.15, 0.15)) : 1;
    return { samples: this.known.get(label)!.window(random, speed), target: this.oneHot(label) };
  }

  private otherItem(random: Random): Item {
    return { samples: this.otherSamples(random), target: this.oneHot(this.mix.otherLabel) };
  }

  private otherSamples(random: Random): Float32Array {
    const real = this.other.size > 0 ? Math.min(0.6, 0.15 + this.other.size / 400) : 0;
    const draw = random.uniform();
    if (draw < real) return this.other.window(random, Math.exp(random.uniform(-0.3, 0.3)));
    if (draw < real + (1 - real) * 0.65) return otherSound(random, WINDOW_SAMPLES);
    return alteredSound(random, this.alterable);
  }

  /** Digital silence or noise below anything a microphone gives: of no class. */
  private silence(random: Random): Item {
    const target = this.oneHot(this.mix.otherLabel);
    if (random.chance(0.3)) return { samples: new Float32Array(WINDOW_SAMPLES), target };
    const noise = toUnitPower(colouredNoise(random, WINDOW_SAMPLES));
    return { samples: scale(noise, 10 ** (random.uniform(-110, -80) / 20)), target };
  }

  private oneHot(label: string): Float32Array {
    const target = new Float32Array(this.mix.labels.length);
    target[this.mix.labels.indexOf(label)] = 1;
    return target;
  }
}
