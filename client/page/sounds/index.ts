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
  /** In the page's address: `?sound=clock-in-rain`. */
  readonly name: string;
  readonly title: string;
  /** Ten seconds of samples in [-1, 1] at `sampleRate`, the same at every call; loops without a seam. */
  readonly make: () => Float32Array;
}

export const builtInSounds: readonly BuiltInSound[] = [
  { name: "clock-in-rain", title: "Clock in the rain", make: clockInRain },
  { name: "dog-by-the-sea", title: "Dog by the sea", make: dogByTheSea },
  { name: "rooster-in-wind", title: "Rooster in the wind", make: roosterInWind },
  { name: "helicopter-over-voices", title: "Helicopter over voices", make: helicopterOverVoices },
  { name: "chainsaw-by-the-fire", title: "Chainsaw by the fire", make: chainsawByTheFire },
];
