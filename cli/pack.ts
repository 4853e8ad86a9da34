/** `listenable pack`: from the weights of two training runs to a pack that every other command takes. */
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { buildPack, decoderMethod } from "../lab/packing/build-pack.ts";
import { loadWeights } from "../lab/training/weights-file.ts";
import { UsageError } from "./errors.ts";
import { addMethodOptions, chosenMethods } from "./method-options.ts";
import { repeated } from "./options.ts";
import { addForeignOptions, type ForeignPackOptions, isForeign, packForeign } from "./pack-foreign.ts";

interface PackOptions extends ForeignPackOptions {
  credit: string[];
  decoder: string[];
  l2i?: string;
}

const EXAMPLES = `
Examples:
  $ listenable pack --classifier runs/classifier --decoder runs/lmac --out my-pack
  $ listenable serve --pack my-pack
  $ listenable pack --classifier runs/classifier --methods saliency,ig --ig-steps 64 --out gradients
  $ listenable pack --classifier runs/classifier --decoder runs/lmac --methods all --features --out everything
  $ listenable pack --classifier runs/classifier --decoder runs/lmac --decoder runs/ft --l2i runs/l2i --out trained
  $ listenable pack --classifier my.onnx --front front.json --labels labels.txt --data sounds --out my-pack
  $ listenable pack --classifier my.onnx --front front.json --list-latents

Every method is a graph with the classifier inside; docs/methods.md tells what each does and costs.
docs/explain-your-own-classifier.md is the guide to classifiers in .onnx files.
`;

export function registerPack(program: Command): void {
  const command = program
    .command("pack")
    .description("make a pack of a trained classifier, or any in an .onnx file, and explanation methods")
    .requiredOption("--classifier <dir or file>", "run folder of the classifier, or an .onnx file")
    .option(
      "--decoder <dir>",
      "run folder of a decoder (L-MAC, as published, FT); can be given again",
      repeated,
      [],
    )
    .option("--l2i <dir>", "run folder of Listen to Interpret")
    .option(
      "--credit <sentence>",
      "whose further sounds they learnt from, where the runs do not say so; can be given again",
      repeated,
      [],
    )
    .option("--out <dir>", "folder for the pack")
    .option("--name <name>", "short name: lower-case letters, digits and dashes", "esc10-speech")
    .option("--title <text>", "name shown to people", "Everyday sounds and speech")
    .option("--version <text>", "version of the pack", "1.0.0")
    .option("--threshold <p>", "a class is believed from this probability on", probability, 0.8)
    .option(
      "--features",
      "also the methods on the classifier's own input, for evaluate's \"not listenable\" rows",
    )
    .addHelpText("after", EXAMPLES)
    .action(async (options: PackOptions) => {
      if (isForeign(options.classifier)) return packForeign(command, options);
      const { out } = options;
      if (out === undefined) throw new UsageError("--out is missing: the folder for the pack");
      const weights = (dir: string) => join(dir, "weights.bin");
      const classifier = await loadWeights(weights(options.classifier), "classifier");
      const decoders = await Promise.all(options.decoder.map((dir) => loadWeights(weights(dir), "lmac")));
      const l2i = options.l2i ? await loadWeights(weights(options.l2i), "l2i") : undefined;
      const listenable = decoders.filter(({ meta }) => !meta.shape.features);
      const trained: string[] = [
        ...listenable.map(({ meta }) => decoderMethod(meta)),
        ...(l2i ? ["l2i"] : []),
      ];
      if (trained.length > 0 && command.getOptionValueSource("methods") === "default") {
        command.setOptionValue("methods", [...trained, "all-ones"]);
      }
      const methods = chosenMethods(command, trained);
      const built = await buildPack(out, {
        ...options,
        classifier,
        decoders,
        l2i,
        methods,
        credits: options.credit,
      });
      const names = built.pack.methods.map(({ name }) => name);
      const result = {
        out,
        name: built.pack.name,
        methods: names,
        mmac: built.mmac,
        bytes: built.bytes,
      };
      const cost = built.mmac === undefined ? "" : `, ${built.mmac.toFixed(1)} MMAC a window`;
      console.log(
        options.json
          ? JSON.stringify(result)
          : `${out}: ${built.pack.title}${cost}, ${Math.round(built.bytes / 1024)} KiB; methods: ${names.join(", ")}`,
      );
    });
  addForeignOptions(command);
  addMethodOptions(command);
}

function probability(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError(`"${text}" is not a number from 0 to 1.`);
  return value;
}
