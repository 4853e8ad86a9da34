/** `listenable explain`: what the classifier heard in a sound file, and where, as sound, picture and figures. */
import type { Command } from "commander";
import { UsageError } from "../lab/errors.ts";
import { type ExplainFileOptions, explainFile } from "../lab/explaining/explain-file.ts";
import { explanationSummary } from "../lab/explaining/explanation-facts.ts";
import type { ClassifierFile } from "../lab/explaining/open-classifier.ts";
import { PERTURBATIONS } from "../lab/methods/perturbation/index.ts";
import { addReadingOptions, READING_OPTIONS } from "./classifier-options.ts";
import { followed } from "./follow.ts";
import {
  type CommonOptions,
  channelOption,
  packOption,
  RUNTIMES,
  runtimeOption,
  strideOption,
  wholeNumber,
} from "./options.ts";
import { printResult } from "./say.ts";

type ExplainOptions = CommonOptions &
  Omit<ExplainFileOptions, "classifier"> &
  Omit<ClassifierFile, "file"> & {
    readonly classifier?: string;
    readonly runtime: keyof typeof RUNTIMES;
  };

const WITHOUT_GRADIENTS = PERTURBATIONS.map(
  ({ name, description }) => `  ${name.padEnd(12)} ${description}`,
).join("\n");

const EXAMPLES = `
Writes into DIR, replacing what is there:
  explanation.wav   the part that made the classifier decide
  rest.wav          everything else: explanation + rest = the recording (of several channels, as --channel has them)
  spectrogram.png   the recording, the mask over it, and what was heard when
  explanation.json  the decision, the probabilities of every window, and how they came about
The sounds have the recording's sampling rate and length, as 32-bit floats. The released models hear
16 kHz, so what lies above 7 kHz is always part of the rest. Reads wav, mp3, flac, ogg, opus, m4a, aac,
aiff, caf, au, webm and more, told by their bytes; what they hold and no library decodes goes to your ffmpeg.

Methods that any classifier can be explained by, in place of the pack's own: they call it hundreds of times a window (--budget),
with this and that taken away. Windows then lie half a window apart (--stride).
${WITHOUT_GRADIENTS}

Examples:
  $ listenable explain dog.wav --out dog
  $ listenable explain street.mp3 --out street --class siren
  $ listenable explain dog.wav --out dog --pack esc10-speech --method lmac --json
  $ listenable explain dog.wav --out dog --method rise --budget 500
  $ listenable explain dog.wav --out dog --classifier my.onnx --front front.json --labels labels.txt --method kernel-shap
`;

export function registerExplain(program: Command): void {
  const command = program
    .command("explain")
    .description("split a sound file into what the classifier went by and the rest")
    .argument("<file>", "the sound file")
    .requiredOption("--out <dir>", "folder for the results; made if it is not there")
    .addOption(packOption())
    .option("--method <name>", "explanation method of the pack (default: its first), or one of those below")
    .option(
      "--budget <n>",
      "of the methods below: calls of the classifier a window, at most (default: 500)",
      wholeNumber,
    )
    .option("--seed <n>", "of the methods below: start of the random numbers (default: 1)", wholeNumber)
    .option(
      "--class <label>",
      "explain this class (default: of each window, or block, the one most above its threshold)",
    )
    .addOption(runtimeOption())
    .addOption(strideOption())
    .addOption(channelOption())
    .option("--original", "also write original.wav, the recording as it was heard")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, options: ExplainOptions) => {
      const { classifier: path, ...given } = options;
      const classifier = path === undefined ? undefined : { ...given, file: path };
      checkReading(command, path);
      const asked = { ...given, classifier, build: RUNTIMES[options.runtime] };
      const result = await followed((follow) => explainFile(file, asked, follow));
      printResult(options.json, result, explanationSummary);
    });
  addReadingOptions(
    command
      .optionsGroup("Of a classifier in a file:")
      .option("--classifier <file>", "explain this .onnx or .tflite classifier, in place of a pack"),
  );
}

/** What is said of a classifier's file, and no file. */
function checkReading(command: Command, path: string | undefined): void {
  const given = READING_OPTIONS.find((word) => command.getOptionValue(word) !== undefined);
  if (path === undefined && given)
    throw new UsageError(`--${given} is of a classifier in a file: give --classifier too`);
  if (path !== undefined && command.getOptionValueSource("pack") === "cli") {
    throw new UsageError("--classifier is explained in place of a pack: leave --pack or --classifier out");
  }
}
