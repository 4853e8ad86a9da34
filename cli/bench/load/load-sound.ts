/** What the load generator's streams hear: made-up sounds as frames on the wire, encoded once for all of them. */
import { sampleRate as soundRate, syntheticSounds } from "../../../client/kit/sounds/synthetic/index.ts";
import { resample, spectrogramMagnitudes, stft } from "../../../dsp/offline.ts";
import { encodeBlocks, encodeFrames } from "../../../protocol/wire.ts";
import { decodeMagnitudes, encodeMagnitudes } from "../../../protocol/wire-levels.ts";

/** Sounds of ten seconds each, one after the other. */
const SOUNDS = 3;

export interface LoadSound {
  /** Frames from which on it repeats itself. */
  readonly length: number;
  /** A message of `count` frames numbered from `firstFrame`, which hold the sound from frame `from` on. */
  message(firstFrame: number, from: number, count: number): Uint8Array;
  /** The same as blocks of a streaming pack, which are asked about. */
  blocks(request: number, firstFrame: number, from: number, count: number): Uint8Array;
  /** The magnitudes [count, bins] that the server has of these frames. */
  magnitudes(from: number, count: number): Float32Array;
}

/** The frames of a pack's shape. `mostFrames` is the most that one message may hold. */
export function loadSound(
  sampleRate: number,
  shape: { readonly window: number; readonly hop: number; readonly bins: number },
  mostFrames: number,
): LoadSound {
  const { bins } = shape;
  const parts = syntheticSounds
    .slice(0, SOUNDS)
    .map(({ make }) => spectrogramMagnitudes(stft(resample(make(), soundRate, sampleRate), shape)));
  const length = parts.reduce((sum, part) => sum + part.length / bins, 0);
  // The beginning once more behind the end, so that no message has to be put together of two pieces.
  const magnitudes = new Float32Array((length + mostFrames) * bins);
  let at = 0;
  for (let n = 0; at < magnitudes.length; n++) {
    const part = parts[n % parts.length].subarray(0, magnitudes.length - at);
    magnitudes.set(part, at);
    at += part.length;
  }
  const levels = new Uint16Array(magnitudes.length);
  encodeMagnitudes(magnitudes, levels);
  const piece = (from: number, count: number) => {
    const start = (from % length) * bins;
    return levels.subarray(start, start + count * bins);
  };
  return {
    length,
    message: (firstFrame, from, count) => encodeFrames(firstFrame, bins, piece(from, count)),
    blocks: (request, firstFrame, from, count) => encodeBlocks(request, firstFrame, bins, piece(from, count)),
    magnitudes: (from, count) => {
      const decoded = new Float32Array(count * bins);
      decodeMagnitudes(piece(from, count), decoded);
      return decoded;
    },
  };
}
