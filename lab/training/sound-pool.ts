import type { Random } from "../data/random.ts";
import { audibleStarts } from "../data/waves.ts";
import { WINDOW_SAMPLES } from "../data/windows.ts";
import { readAtSpeed } from "./augment.ts";

/** Training windows are cut where the sound is within this of its loudest window. */
const AUDIBLE_RANGE_DB = 10;
const STEP = 1600;

/** Sounds of one kind, from which random windows are cut where there is something to hear. */
export class SoundPool {
  private readonly sounds: { samples: Float32Array; starts: number[] }[];

  /** @param length samples of a window. */
  constructor(
    sounds: readonly Float32Array[],
    private readonly length = WINDOW_SAMPLES,
  ) {
    this.sounds = sounds
      .map((samples) => ({ samples, starts: audibleStarts(samples, length, STEP, AUDIBLE_RANGE_DB) }))
      .filter(({ starts }) => starts.length > 0);
  }

  get size(): number {
    return this.sounds.length;
  }

  /** One window, read at `speed` times the normal rate. */
  window(random: Random, speed = 1): Float32Array {
    const { samples, starts } = random.pick(this.sounds);
    const length = Math.ceil(this.length * speed);
    const near = random.pick(starts) + random.integer(STEP) - STEP / 2;
    // A sound shorter than the window lies anywhere within it.
    const spare = samples.length - length;
    const start = spare >= 0 ? Math.min(spare, Math.max(0, near)) : -random.integer(1 - spare);
    return readAtSpeed(samples, start, this.length, speed);
  }
}
