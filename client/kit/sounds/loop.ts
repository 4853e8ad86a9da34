/** The scene's loop as its file has it. */

/**
 * MP3 has no exact beginning and end: decoders cut off what the encoder put there, or not, and browsers differ. So a file begins and
 * ends with this many seconds of the loop over again, and any piece of the loop's length that lies within is the loop.
 */
export const ROLL_SECONDS = 0.1;

/** Samples [seconds x rate] of a decoded file, which repeat without a seam. @throws RangeError for a file that is too short. */
export function loopOf(decoded: Float32Array, sampleRate: number, seconds: number): Float32Array {
  const from = Math.round(ROLL_SECONDS * sampleRate);
  const length = Math.round(seconds * sampleRate);
  if (decoded.length < from + length) throw new RangeError(`${decoded.length} samples are no ${seconds} s`);
  return decoded.slice(from, from + length);
}
