/** Sounds in a temporary folder for a classifier of somebody else's, and the command that makes a pack of it. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWav } from "../../dsp/index.ts";
import { Random } from "../../lab/data/random.ts";
import { chord, FOLDER, FUNDAMENTALS, LABELS } from "../lab/import/fixtures.ts";
import { runCli, temporaryFolder } from "./run-cli.ts";

/** Training needs onnxruntime-node. */
export const trains = await import("onnxruntime-node").then(
  () => true,
  () => false,
);
if (!trains) console.log("skipped: training needs onnxruntime-node, which is not installed");

const RATE = 44100;
let folder: string;
export const at = (...parts: string[]) => join(folder, ...parts);

export async function makeSounds(): Promise<void> {
  folder = await temporaryFolder();
  await mkdir(at("sounds"));
  const random = new Random(3);
  for (let k = 0; k < 12; k++) {
    const label = k % 4;
    const samples =
      label < 3
        ? chord(FUNDAMENTALS[label] * 2 ** random.uniform(-0.3, 0.3), 2 * RATE, RATE)
        : new Float32Array(2 * RATE);
    for (let n = 0; n < samples.length; n++) samples[n] += (label < 3 ? 0.005 : 0.05) * random.normal();
    await writeFile(at("sounds", `${k}.wav`), writeWav([samples], RATE));
  }
  await writeFile(at("sounds", "broken.wav"), "this is no sound");
  await writeFile(at("labels.txt"), `${LABELS.join("\n")}\n`);
}

export const removeSounds = () => rm(folder, { recursive: true });

export function pack(name: string, ...words: string[]) {
  const model = ["--classifier", join(FOLDER, `${name}.onnx`), "--front", join(FOLDER, `${name}.front.json`)];
  return runCli("pack", ...model, ...words);
}

export const rest = (name: string) => [
  ...["--labels", at("labels.txt"), "--data", at("sounds"), "--out", at(name)],
  ...["--channels", "8", "--json"],
];
