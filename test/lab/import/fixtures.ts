import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseFront } from "../../../lab/import/front.ts";
import { readClassifier } from "../../../lab/import/read-classifier.ts";

export const FOLDER = fileURLToPath(new URL("../../fixtures/foreign", import.meta.url));
export const LABELS = ["low", "middle", "high", "noise"];
export const FUNDAMENTALS = [150, 520, 1800];

export const file = (name: string) => readFile(join(FOLDER, name));

export async function front(name: string) {
  return parseFront(JSON.parse((await file(`${name}.front.json`)).toString()), name);
}

export async function classifier(name: string, output?: string) {
  return readClassifier(await file(`${name}.onnx`), { source: `${name}.onnx`, output });
}

/** What PyTorch found, by name. */
export async function expected(
  name: string,
): Promise<Record<string, { shape: number[]; data: Float32Array }>> {
  const json = JSON.parse((await file(`${name}.json`)).toString()) as Record<
    string,
    { shape: number[]; data: string }
  >;
  return Object.fromEntries(
    Object.entries(json).map(([key, { shape, data }]) => [
      key,
      { shape, data: new Float32Array(Uint8Array.from(Buffer.from(data, "base64")).buffer) },
    ]),
  );
}

/** As `chord` in test/models/made-up-esc50.ts, at any rate. */
export function chord(fundamental: number, samples: number, rate: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, n) => {
    const t = n / rate;
    const swell = 0.55 + 0.45 * Math.sin(2 * Math.PI * 4 * t);
    return 0.1 * swell * [1, 2, 3].reduce((sum, h) => sum + Math.sin(2 * Math.PI * h * fundamental * t), 0);
  });
}

/** Largest difference relative to the largest expected value. */
export function relativeError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let [error, scale] = [0, 1e-12];
  for (let i = 0; i < wanted.length; i++) {
    error = Math.max(error, Math.abs(found[i] - wanted[i]));
    scale = Math.max(scale, Math.abs(wanted[i]));
  }
  return Number.isFinite(error) ? error / scale : Number.POSITIVE_INFINITY;
}
