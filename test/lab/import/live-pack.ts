// Packs of the foreign classifiers of the fixtures, without a trained decoder: made in seconds by the command.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCli } from "../../cli/run-cli.ts";
import { FOLDER, LABELS } from "./fixtures.ts";

/** Writes the pack of `name` ("mel44", "wave16") with GradCAM and the mask of ones into `folder`; returns its folder. */
export async function packOf(name: string, folder: string): Promise<string> {
  const labels = join(folder, "labels.txt");
  await writeFile(labels, `${LABELS.join("\n")}\n`);
  const out = join(folder, name);
  const model = ["--classifier", join(FOLDER, `${name}.onnx`), "--front", join(FOLDER, `${name}.front.json`)];
  const { status, stderr } = await runCli(
    ...["pack", ...model, "--labels", labels, "--methods", "gradcam,all-ones", "--out", out, "--json"],
  );
  if (status !== 0) throw new Error(`the pack of ${name} could not be made: ${stderr}`);
  return out;
}
