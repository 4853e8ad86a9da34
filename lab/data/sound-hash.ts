/** Tells whether two files hold the same sound, so that what was heard in training is not taken for held out. */
import { createHash } from "node:crypto";

/** Longer sounds are told by their beginning: some are read no further than half a minute. */
const MOST_SAMPLES = 80_000;

/** 16 hexadecimal digits; of the same samples always the same. */
export function soundHash(samples: Float32Array): string {
  const { buffer, byteOffset, length } = samples;
  const bytes = new Uint8Array(buffer, byteOffset, 4 * Math.min(length, MOST_SAMPLES));
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}
