/** Magnitudes and masks as they travel: log1p magnitudes in 16 or 8 bits, masks in 8 bits. */
import { fromFloat16, toFloat16 } from "./wire-float16.ts";

/** Name → number in a frames message. */
export const ENCODINGS = { "float16-log1p": 1, "uint8-log1p": 2 } as const;

export type Encoding = keyof typeof ENCODINGS;

/** Log-magnitudes as they travel: 16-bit for "float16-log1p", 8-bit for "uint8-log1p". */
export type Levels = Uint16Array | Uint8Array;

/** log1p of the largest magnitude that 8 bits can hold; a full-scale signal stays below log1p(256) = 5.55. */
const LOG_RANGE_8 = 6;

/** Larger log-magnitudes are taken for this, so that nothing a peer sends can overflow inside a model. */
const LOG_LIMIT = 16;

let table16: Float32Array | undefined;
let table8: Float32Array | undefined;

/** Linear magnitude of every float16 log-magnitude; what no magnitude can be (negative, NaN) counts as 0. */
function magnitudes16(): Float32Array {
  table16 ??= Float32Array.from({ length: 65_536 }, (_, half) => {
    const log = fromFloat16(half);
    return log > 0 ? Math.expm1(Math.min(log, LOG_LIMIT)) : 0;
  });
  return table16;
}

function magnitudes8(): Float32Array {
  table8 ??= Float32Array.from({ length: 256 }, (_, level) => Math.expm1((level / 255) * LOG_RANGE_8));
  return table8;
}

/** Bytes that one magnitude takes. */
export function encodingBytes(encoding: Encoding): 1 | 2 {
  return encoding === "uint8-log1p" ? 1 : 2;
}

/**
 * Linear magnitudes to levels. The relative error of `float16-log1p` is below 0.3 % from 1e-3 up to full scale, that
 * of `uint8-log1p` about 1.2 % of (1 + |X|).
 * NaN, infinite and negative values become 0. `levels` must be as long as `magnitudes`.
 */
export function encodeMagnitudes(magnitudes: Float32Array, levels: Levels): void {
  const wide = levels instanceof Uint16Array;
  for (let i = 0; i < magnitudes.length; i++) {
    const value = magnitudes[i];
    const log = value > 0 && value < Number.POSITIVE_INFINITY ? Math.log1p(value) : 0;
    levels[i] = wide
      ? toFloat16(Math.min(log, LOG_LIMIT))
      : Math.min(255, Math.round((log / LOG_RANGE_8) * 255));
  }
}

/** Levels back to linear magnitudes, written to `magnitudes` from `offset` on. */
export function decodeMagnitudes(levels: Levels, magnitudes: Float32Array, offset = 0): void {
  const table = levels instanceof Uint16Array ? magnitudes16() : magnitudes8();
  for (let i = 0; i < levels.length; i++) magnitudes[offset + i] = table[levels[i]];
}

/** Masks in [0, 1] to bytes, written to `bytes` from `offset` on; the error is at most 1/510. */
export function encodeMask(mask: Float32Array, bytes = new Uint8Array(mask.length), offset = 0): Uint8Array {
  for (let i = 0; i < mask.length; i++) bytes[offset + i] = mask[i] * 255 + 0.5;
  return bytes;
}

export function decodeMask(bytes: Uint8Array): Float32Array {
  const mask = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) mask[i] = bytes[i] / 255;
  return mask;
}
