/** `listenable explain`: what the classifier heard in a sound file, and where, as sound, picture and figures. */
import type { Command } from "commander";
import { targetIndex } from "../models/explain/ask-method.ts";
import { type Pack, PackError, type PackMethod, packMethod } from "../models/pack/pack.ts";
import { MethodInputError } from "../models/runtime/load-method.ts";
import { openPack } from "../models/runtime/open-pack-node.ts";
import { openRecording } from "../models/sound/open-recording-node.ts";
import { UsageError } from "./errors.ts";
import { explainRecording } from "./explain/explain-recording.ts";
import { type ExplanationFacts, explanationSummary } from "./explain/explanation-facts.ts";
import { interruptible } from "./interrupt.ts";
import { type CommonOptions, packOption, RUNTIMES, runtimeOption, strideOption } from "./options.ts";

interface ExplainOptions extends CommonOptions {
  out: string;
  pack: string;
  method?: string;
  class?: string;
  runtime: keyof typeof RUNTIMES;
  stride?: number;
  original?: boolean;
}

const EXAMPLES = `
Writes into DIR, replacing what is there:
  explanation.wav   the part that made the classifier decide
  rest.wav          everything else: explanation + rest = the recording (mean of its channels)
  spectrogram.png   the recording, the mask over it, and what was heard when
  explanation.json  the decision, the probabilities of every window, and how they came about
The sounds have the recording's sampling rate and length, as 32-bit floats. The released models hear
16 kHz, so what lies above 7 kHz is always part of the rest. Reads wav, mp3, flac, ogg, opus, m4a, aac, aiff and webm.

Examples:
  $ listenable explain dog.wav --out dog
  $ listenable explain street.mp3 --out street --class siren
  $ listenable explain dog.wav --out dog --method all-ones --json
`;

export function registerExplain(program: Command): void {
  program
    .command("explain")
    .description("split a sound file into what the classifier went by and the rest")
    .argument("<file>", "the sound file")
    .requiredOption("--out <dir>", "folder for the results; made if it is not there")
    .addOption(packOption())
    .option("--method <name>", "explanation method of the pack (default: its first)")
    .option("--class <label>", "explain this class (default: each window's most probable one)")
    .addOption(runtimeOption())
    .addOption(strideOption())
    .option("--original", "also write original.wav, the mean of the recording's channels")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, options: ExplainOptions) => {
      const result = await explainFile(file, options);
      console.log(options.json ? JSON.stringify(result) : explanationSummary(result));
    });
}

async function explainFile(file: string, options: ExplainOptions): Promise<ExplanationFacts> {
  const log = (line: string) => console.error(`listenable: ${line}`);
  const opened = await openPack(options.pack, { build: RUNTIMES[options.runtime], log });
  const { pack } = opened;
  const method = chosenMethod(pack, options.method);
  const target = chosenClass(pack, method, options.class);
  const { stride } = options;
  if (stride !== undefined && stride > pack.windowFrames) {
    throw new UsageError(`--stride ${stride} leaves gaps; windows have ${pack.windowFrames} frames`);
  }
  const recording = await openRecording(file);
  try {
    const loaded = await opened.method(method.name);
    const { out, original = false } = options;
    return await interruptible((signal) =>
      explainRecording({ file, recording, loaded, target, stride, out, original, signal }),
    );
  } finally {
    await opened.close();
  }
}

function chosenMethod(pack: Pack, name?: string): PackMethod {
  try {
    return packMethod(pack, name);
  } catch (error) {
    throw error instanceof PackError ? new UsageError(`--method: ${error.message}`) : error;
  }
}

function chosenClass(pack: Pack, method: PackMethod, label?: string): string | undefined {
  if (label === undefined) return undefined;
  try {
    targetIndex(pack, label);
  } catch (error) {
    throw error instanceof MethodInputError ? new UsageError(`--class: ${error.message}`) : error;
  }
  if (!method.target) {
    throw new UsageError(
      `--class: method ${method.name} of pack ${pack.name} explains only the most probable class; leave --class out`,
    );
  }
  return label;
}
