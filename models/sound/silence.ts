/** The stillness of sound that is missing. */
import type { Decoded } from "./packets.ts";

/** In pieces of a second, so that an hour of it takes no memory. */
export function* silence(samples: number, channelCount: number, sampleRate: number): Generator<Decoded> {
  for (let left = samples; left > 0; left -= sampleRate) {
    const length = Math.min(left, sampleRate);
    yield { channelData: Array.from({ length: channelCount }, () => new Float32Array(length)), sampleRate };
  }
}
