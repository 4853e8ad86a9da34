/** Sounds made by code, the same everywhere and at every call: what measurements and tests hear. They imitate. */
import { chainsawByTheFire } from "./chainsaw-by-the-fire.ts";
import { clockInRain } from "./clock-in-rain.ts";
import { dogByTheSea } from "./dog-by-the-sea.ts";
import { helicopterOverVoices } from "./helicopter-over-voices.ts";
import { roosterInWind } from "./rooster-in-wind.ts";

export { sampleRate } from "./synth.ts";

export interface SyntheticSound {
  readonly name: string;
  /** Ten seconds of samples in [-1, 1] at `sampleRate`, the same array at every call, which nobody may change; loops without a seam. */
  readonly make: () => Float32Array;
}

export const syntheticSounds: readonly SyntheticSound[] = [
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
