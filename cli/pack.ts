/** `listenable pack`: from the weights of two training runs to a pack that every other command takes. */
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { buildPack } from "../models/build-pack.ts";
import { loadWeights } from "../models/training/weights-file.ts";
import type { CommonOptions } from "./options.ts";

interface PackOptions extends CommonOptions {
  classifier: string;
  decoder: string;
  out: string;
  name: string;
  title: string;
  version: string;
  threshold: number;
}

const EXAMPLES = `
Example:
  $ listenable pack --classifier runs/classifier --decoder runs/lmac --out my-pack
  $ listenable serve --pack my-pack
`;

export function registerPack(program: Command): void {
  program
    .command("pack")
    .description("make a pack of a trained classifier and its decoder")
    .requiredOption("--classifier <dir>", "run folder of the classifier")
    .requiredOption("--decoder <dir>", "run folder of the decoder")
    .requiredOption("--out <dir>", "folder for the pack")
    .option("--name <name>", "short name: lower-case letters, digits and dashes", "esc10-speech")
    .option("--title <text>", "name shown to people", "Everyday sounds and speech")
    .option("--version <text>", "version of the pack", "1.0.0")
    .option("--threshold <p>", "a class is believed from this probability on", probability, 0.8)
    .addHelpText("after", EXAMPLES)
    .action(async (options: PackOptions) => {
      const classifier = await loadWeights(join(options.classifier, "weights.bin"), "classifier");
      const decoder = await loadWeights(join(options.decoder, "weights.bin"), "lmac");
      const built = await buildPack(options.out, { ...options, classifier, decoder });
      const result = { out: options.out, name: built.pack.name, mmac: built.mmac, bytes: built.bytes };
      console.log(
        options.json
          ? JSON.stringify(result)
          : `${options.out}: ${built.pack.title}, ${built.mmac.toFixed(1)} MMAC a window, ${Math.round(built.bytes / 1024)} KiB`,
      );
    });
}

function probability(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError(`"${text}" is not a number from 0 to 1.`);
  return value;
}
