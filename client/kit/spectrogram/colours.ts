/** Colour tables for the spectrogram, computed once: 256 levels as pixels of an ImageData seen as 32-bit words. */
import { interpolateMagma } from "d3-scale-chromatic";

export const levels = 256;

/** A pixel as the 32-bit word that canvases store (every browser's machine is little-endian). */
export function pixel(red: number, green: number, blue: number, alpha = 255): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export function channels(word: number): { red: number; green: number; blue: number; alpha: number } {
  return { red: word & 255, green: (word >>> 8) & 255, blue: (word >>> 16) & 255, alpha: word >>> 24 };
}

function parse(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Magma: equal steps of level look equally large, in print and to colour-blind eyes too. */
export function colourTable(): Uint32Array {
  return Uint32Array.from({ length: levels }, (_, k) => pixel(...parse(interpolateMagma(k / (levels - 1)))));
}

/** The same brightness order without colour and dimmed: what the mask takes away. Alpha is left at zero. */
export function veilTable(): Uint32Array {
  return Uint32Array.from({ length: levels }, (_, k) => {
    const [red, green, blue] = parse(interpolateMagma(k / (levels - 1)));
    const grey = Math.round(22 + 0.42 * (0.2126 * red + 0.7152 * green + 0.0722 * blue));
    return pixel(grey, grey, Math.min(255, grey + 6), 0);
  });
}
