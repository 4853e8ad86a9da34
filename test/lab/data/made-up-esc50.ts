/** A made-up data set in ESC-50's official layout: one chord a category, told apart by its pitch; no two clips are the same. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWav } from "../../../dsp/index.ts";
import { ESC10_CLASSES } from "../../../lab/data/esc50.ts";
import { MODEL_RATE } from "../../../lab/networks/own-shape.ts";

const TARGETS = [0, 1, 10, 11, 12, 20, 21, 38, 40, 41];

export interface MadeUpEsc50 {
  readonly folds: readonly number[];
  /** Clips of each category and fold. */
  readonly clips: number;
  readonly seconds: number;
}

/** Writes `audio`, `meta/esc50.csv` and `LICENSE`: the ten categories of ESC-10 and "cow". */
export async function writeMadeUpEsc50(folder: string, shape: MadeUpEsc50): Promise<void> {
  await mkdir(join(folder, "audio"), { recursive: true });
  await mkdir(join(folder, "meta"), { recursive: true });
  const rows = ["filename,fold,target,category,esc10,src_file,take"];
  const licences: string[] = [];
  const categories = [
    ...ESC10_CLASSES.map((name, k) => ({ name, target: TARGETS[k] })),
    { name: "cow", target: 3 },
  ];
  for (const fold of shape.folds) {
    for (const [k, { name, target }] of categories.entries()) {
      for (let clip = 0; clip < shape.clips; clip++) {
        const source = 1000 * fold + 20 * k + clip;
        const file = `${fold}-${source}-A-${target}.wav`;
        const samples = chord(200 * 1.35 ** k + 5 * clip + 2 * (fold - 1), shape.seconds);
        await writeFile(join(folder, "audio", file), writeWav([samples], MODEL_RATE));
        rows.push(`${file},${fold},${target},${name},${name !== "cow" ? "True" : "False"},${source},A`);
        const licence = clip === 0 ? "CC0" : "CC-BY";
        licences.push(
          `- [${fold}-${source}-A.ogg]: clip derived from sound ${source} (https://example.org/${source}) by somebody [${licence}]`,
        );
      }
    }
  }
  await writeFile(join(folder, "meta", "esc50.csv"), `${rows.join("\n")}\n`);
  await writeFile(join(folder, "LICENSE"), `${licences.join("\n")}\n`);
}

/** Three tones that swell and fade four times a second. */
export function chord(fundamental: number, seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * MODEL_RATE) }, (_, n) => {
    const t = n / MODEL_RATE;
    const swell = 0.55 + 0.45 * Math.sin(2 * Math.PI * 4 * t);
    return 0.1 * swell * [1, 2, 3].reduce((sum, h) => sum + Math.sin(2 * Math.PI * h * fundamental * t), 0);
  });
}
