// What published preprocessing made of one made-up sound (test/reference/fronts.py), and that sound.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../fixtures/fronts", import.meta.url));

export interface PublishedFront {
  readonly name: string;
  /** In the words of the command line. */
  readonly front: string;
  /** Samples that were heard. */
  readonly samples: number;
  /** Frames of the classifier's input, or its samples. */
  readonly frames: number;
  /** Those of them that were kept. */
  readonly rows: readonly number[];
  /** [rows, bands] */
  readonly values: Float32Array;
}

export const publishedFronts: readonly PublishedFront[] = readdirSync(FOLDER)
  .sort()
  .map((file) => {
    const { data, ...told } = JSON.parse(readFileSync(join(FOLDER, file), "utf8"));
    const values = new Float32Array(Uint8Array.from(Buffer.from(data, "base64")).buffer);
    return { name: file.replace(/\.json$/, ""), ...told, values };
  });

/** A swelling tone, one that climbs, noise, and an offset. */
export function madeUpSound(rate: number, samples: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: samples }, (_, n) => {
    const t = n / rate;
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    const swell = 0.55 + 0.45 * Math.sin(2 * Math.PI * 4 * t);
    const tone = 0.2 * swell * Math.sin(2 * Math.PI * 220 * t);
    const climb = 0.1 * Math.sin(2 * Math.PI * (500 * t + 300 * t * t));
    return 0.02 + tone + climb + 0.05 * (state / 2 ** 31 - 1);
  });
}
