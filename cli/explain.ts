/** `listenable explain`: what the classifier heard in a sound file, and where, as sound, picture and figures. */
import type { Command } from "commander";
import { type ExplainFileOptions, explainFile } from "../lab/explaining/explain-file.ts";
import { explanationSummary } from "../lab/explaining/explanation-facts.ts";
import { followed } from "./follow.ts";
import {
  type CommonOptions,
  channelOption,
  packOption,
  RUNTIMES,
  runtimeOption,
  strideOption,
} from "./options.ts";
import { printResult } from "./say.ts";

type ExplainOptions = CommonOptions & ExplainFileOptions & { readonly runtime: keyof typeof RUNTIMES };

const EXAMPLES = `
Writes into DIR, replacing what is there:
  explanation.wav   the part that made the classifier decide
  rest.wav          everything else: explanation + rest = the recording (of several channels, as --channel has them)
  spectrogram.png   the recording, the mask over it, and what was heard when
  explanation.json  the decision, the probabilities of every window, and how they came about
The sounds have the recording's sampling rate and length, as 32-bit floats. The released models hear
16 kHz, so what lies above 7 kHz is always part of the rest. Reads wav, mp3, flac, ogg, opus, m4a, aac,
aiff, caf, au, webm and more, told by their bytes; what they hold and no library decodes goes to your ffmpeg.

Examples:
  $ listenable explain dog.wav --out dog
  $ listenable explain street.mp3 --out street --class siren
  $ listenable explain dog.wav --out dog --pack esc10-speech --method lmac --json
`;

export function registerExplain(program: Command): void {
  program
    .command("explain")
    .description("split a sound file into what the classifier went by and the rest")
    .argument("<file>", "the sound file")
    .requiredOption("--out <dir>", "folder for the results; made if it is not there")
    .addOption(packOption())
    .option("--method <name>", "explanation method of the pack (default: its first)")
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
      const asked = { ...options, build: RUNTIMES[options.runtime] };
      const result = await followed((follow) => explainFile(file, asked, follow));
      printResult(options.json, result, explanationSummary);
    });
}
