/** `listenable evaluate`: what a pack's classifier knows, and how faithful its explanations are. */
import { type Command, InvalidArgumentError } from "commander";
import {
  DEFAULT_CONTAMINATION,
  defaultThreads,
  type EvaluateOptions,
  evaluate,
} from "../lab/evaluation/evaluate.ts";
import { SETTING_NAMES, type SettingName } from "../lab/evaluation/plan/contamination.ts";
import { REPORT_CLIPS } from "../lab/evaluation/report/report.ts";
import { PERTURBATIONS } from "../lab/methods/perturbation/index.ts";
import { followed } from "./follow.ts";
import {
  type CommonOptions,
  channelOption,
  packOption,
  positiveInteger,
  RUNTIMES,
  runtimeOption,
  wholeNumber,
} from "./options.ts";
import { printResult } from "./say.ts";

const EXAMPLES = `
DIR is ESC-50 or UrbanSound8K in its official layout, or any folder of sounds: explanations need no labels.
Writes into the folder given by --out:
  table.md, table.json   one table a setting: methods, controls and oracles; what was left out, and why
  report.html            the tables, pictures and sounds of the worst clips; one file, nothing is fetched
  results.jsonl          every figure as it comes: the same command goes on where it was stopped
A window is 1.05 s, and windows follow each other without a gap (--stride). A clip's figure is the mean over its
windows within 30 dB of the loudest, a table's the mean over clips. Sounds are measured on their first 30 s.
Sounds that the pack says it has heard in training are counted and told; figures are made all the same.
Unknown classes that the pack's card says were heard in training are left out of the unknown windows.

Examples:
  $ listenable evaluate --data ESC-50 --fold 4 --speech sentences --methods all --contamination all --out results
  $ listenable evaluate --data ESC-50 --fold 4 --contamination clean,scenes --unknown UrbanSound8K --backgrounds city.wav --out results
  $ listenable evaluate --data ESC-50 --fold 4 --contamination clean --voices voices --music music --unknown other --out results
  $ listenable evaluate --data recordings --contamination white-noise --out results
  $ listenable evaluate --data ESC-50 --fold 4 --methods all,rise,kernel-shap --budget 500 --clips 40 --out results
  $ listenable evaluate --data UrbanSound8K --fold 10 --pack my-pack --speech LJSpeech-1.1 --clips 200 --out results
`;

export function registerEvaluate(program: Command): void {
  const command = program
    .command("evaluate")
    .description("measure a pack's explanations, and its classifier where the sounds are labelled");
  addSoundOptions(command);
  addMeasureOptions(command);
  command.addHelpText("after", EXAMPLES).action(runEvaluate);
}

function addSoundOptions(command: Command): void {
  command
    .requiredOption("--data <dir>", "ESC-50, UrbanSound8K, or any folder of sounds")
    .requiredOption("--out <dir>", "folder for tables, report and results")
    .option(
      "--fold <n>",
      "only this fold of the data set, one that the pack was not trained on",
      positiveInteger,
    )
    .option("--speech <dir>", "spoken sentences: LJSpeech, or any folder of sounds")
    .option("--voices <dirs...>", "further folders of voices, each counted by itself")
    .option("--music <dirs...>", "folders of music: how much of it is named")
    .option(
      "--unknown <dirs...>",
      "folders of sounds that the pack doesn't know: how many are taken for known",
    )
    .option(
      "--backgrounds <paths...>",
      "files or folders of sounds of no known class, behind the events of scenes (default: noise of random colours)",
    );
}

function addMeasureOptions(command: Command): void {
  command
    .addOption(packOption())
    .option(
      "--methods <list>",
      `methods of the pack, or all of its; also ${PERTURBATIONS.map(({ name }) => name).join(", ")}, which call the classifier`,
      (text) => text.split(","),
      ["all"],
    )
    .option("--budget <n>", "of the latter: calls a window, at most (default: 500)", wholeNumber)
    .option(
      "--contamination <list>",
      `${SETTING_NAMES.join(", ")}; published is the four of the published tables, all is everything`,
      contaminations,
      [...DEFAULT_CONTAMINATION],
    )
    .option("--keep-scenes", "also write the scenes, their stems and times into the folder scenes of --out")
    .option("--only <list>", "of the unknown categories, judge only these", (text) => text.split(","))
    .option(
      "--clips <n>",
      "at most so many clips of known classes and of others, drawn by the seed",
      positiveInteger,
    )
    .option("--randomisation", "also randomise the classifier layer by layer and compare the masks")
    .option("--report-clips <n>", "clips a setting in the report, 0 for none", wholeNumber, REPORT_CLIPS)
    .option(
      "--stride <frames>",
      "frames from one window to the next (default: a whole window)",
      positiveInteger,
    )
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .addOption(channelOption())
    .option("--threads <n>", "sounds measured side by side", positiveInteger, defaultThreads())
    .addOption(runtimeOption());
}

async function runEvaluate(
  options: CommonOptions & EvaluateOptions & { runtime: keyof typeof RUNTIMES },
): Promise<void> {
  const asked = { ...options, build: RUNTIMES[options.runtime] };
  const { record, markdown } = await followed((follow) => evaluate(asked, follow));
  printResult(options.json, record, () => markdown);
}

function contaminations(text: string): SettingName[] {
  return text.split(",").map((name) => {
    const found = SETTING_NAMES.find((each) => each === name);
    if (!found) throw new InvalidArgumentError(`"${name}" is not one of ${SETTING_NAMES.join(", ")}.`);
    return found;
  });
}
