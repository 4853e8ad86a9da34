/** Colour tables for the spectrogram, computed once: 256 levels as pixels of an ImageData seen as 32-bit words. */
import { MAGMA_LEVELS, magma } from "../../../models/picture/magma.ts";

export const levels = MAGMA_LEVELS;

/** A pixel as the 32-bit word that canvases store (every browser's machine is little-endian). */
export function pixel(red: number, green: number, blue: number, alpha = 255): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export function channels(word: number): { red: number; green: number; blue: number; alpha: number } {
  return { red: word & 255, green: (word >>> 8) & 255, blue: (word >>> 16) & 255, alpha: word >>> 24 };
}

/** Magma, opaque. */
export function colourTable(): Uint32Array {
  return Uint32Array.from({ length: levels }, (_, k) => pixel(...magma(k / (levels - 1))));
}

/** The same brightness order without colour and dimmed: what the mask takes away. Alpha is left at zero. */
export function veilTable(): Uint32Array {
  return Uint32Array.from({ length: levels }, (_, k) => {
    const [red, green, blue] = magma(k / (levels - 1));
    const grey = Math.round(22 + 0.42 * (0.2126 * red + 0.7152 * green + 0.0722 * blue));
    return pixel(grey, grey, Math.min(255, grey + 6), 0);
  });
}
