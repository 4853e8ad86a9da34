/**
 * The built-in sounds: made by code, so that the page can be tried without a microphone and without anybody's
 * recording. They imitate, and are called synthetic where people read of them.
 */
import { chainsawByTheFire } from "./chainsaw-by-the-fire.ts";
import { clockInRain } from "./clock-in-rain.ts";
import { dogByTheSea } from "./dog-by-the-sea.ts";
import { helicopterOverVoices } from "./helicopter-over-voices.ts";
import { roosterInWind } from "./rooster-in-wind.ts";

export { sampleRate } from "./synth.ts";

export interface BuiltInSound {
  /** In the page's address: `?sound=clock-in-rain`; `soundTitle` of words/words.ts is what people read. */
  readonly name: string;
  /**
   * Ten seconds of samples in [-1, 1] at `sampleRate`, the same array at every call, which nobody may change; loops without a
   * seam. The first call takes a while.
   */
  readonly make: () => Float32Array;
}

export const builtInSounds: readonly BuiltInSound[] = [
  { name: "clock-in-rain", make: once(clockInRain) },
  { name: "dog-by-the-sea", make: once(dogByTheSea) },
  { name: "rooster-in-wind", make: once(roosterInWind) },
  { name: "helicopter-over-voices", make: once(helicopterOverVoices) },
  { name: "chainsaw-by-the-fire", make: once(chainsawByTheFire) },
];

function once(make: () => Float32Array): () => Float32Array {
  let made: Float32Array | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
