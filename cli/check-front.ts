/** `listenable check-front`: does a front give a classifier what its own program gave it, and if not, which one does. */
import { basename } from "node:path";
import type { Command } from "commander";
import {
  type CheckedFront,
  type CheckFrontOptions,
  type ComparedWith,
  checkFront,
  type TriedFront,
} from "../lab/import/check/check-front.ts";
import { PRESETS } from "../lab/import/presets.ts";
import { addAnswerOptions } from "./classifier-options.ts";
import { EXIT_FAILED } from "./errors.ts";
import { followed } from "./follow.ts";
import { type CommonOptions, channelOption, positiveNumber, wholeNumber } from "./options.ts";
import { printResult } from "./say.ts";

type Given = CommonOptions & Omit<CheckFrontOptions, "file"> & { readonly classifier: string };

const PRESET_LINES = Object.entries(PRESETS).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`);

const EXAMPLES = `
A front that does not fit gives a pack that runs and says nonsense. This holds it against the program that the classifier came
with: let that program score one sound, write its scores to a file, and ask here.

  # in Python, with any model
  json.dump(model(features(sound)).squeeze().tolist(), open("scores.json", "w"))

scores.json is a list in the order of the classes (of a yes or no: one score), or {"label": score, ...} with --labels, of some
classes at least. Scores may be logits or probabilities; a sigmoid or softmax that the program applies outside the file is found.
The sound is best a WAV at the classifier's rate, as long as its window (or, where the file takes any length, exactly what the
program heard): other rates are converted, which no two programs do alike.

Printed are the largest difference of a score, as a share of the largest one, and the winner; then the fronts that differ in one
thing (scale and sides of triangles, power, gain, floor, norm, window, ends, level), best first. Where one change is not enough,
further ones are added to the best. A change that makes no difference cannot be told from this sound; take one with more in it.
Exit status: 0 it fits, 1 it does not (or something failed, which standard error says), 2 called wrongly.

Fronts by name; what differs follows (--front ast,emptyFrames=26):
${PRESET_LINES.join("\n")}

Examples:
  $ listenable check-front --classifier my.onnx --front front.json --sound dog.wav --expect scores.json
  $ listenable check-front --classifier cnn14.onnx --front panns-cnn14 --sound dog.wav --expect scores.json --labels labels.txt
  $ listenable check-front --classifier my.onnx --front input=mel,sampleRate=16000,nFft=512,hop=160,nMels=64,log=ln \\
      --sound dog.wav --expect scores.json --json

docs/explain-your-own-classifier.md lists all words of a front.
`;

export function registerCheckFront(program: Command): void {
  const command = program
    .command("check-front")
    .description(
      "hold a front against what a classifier's own program says of a sound, and find the one that fits",
    )
    .requiredOption("--classifier <file>", "the classifier's .onnx or .tflite file")
    .requiredOption("--front <name, file or words>", "how it is thought to be fed")
    .requiredOption("--sound <file>", "a sound that its own program scored")
    .requiredOption("--expect <file>", "those scores, as JSON")
    .option(
      "--labels <file>",
      "its classes in order: one a line, a JSON list, or a config.json with id2label",
    )
    .option("--start <seconds>", "where in the sound the window begins", seconds, 0)
    .addOption(channelOption());
  addAnswerOptions(command)
    .option(
      "--within <share>",
      "largest difference that fits, as a share of the largest score",
      positiveNumber,
      0.01,
    )
    .option("--changes <n>", "how many changes may add up in the best front", wholeNumber, 3)
    .addHelpText("after", EXAMPLES)
    .action(async ({ classifier: file, ...options }: Given) => {
      const checked = await followed((follow) => checkFront({ ...options, file }, follow));
      printResult(options.json, checked, (told) => layOut(basename(file), basename(options.sound), told));
      if (!checked.fits) process.exitCode = EXIT_FAILED;
    });
}

const COMPARED: Record<ComparedWith, string> = {
  answer: "what the file answers",
  sigmoid: "the sigmoid of what the file answers",
  softmax: "the softmax of what the file answers",
  logits: "the logits before the end of the file",
};

/** Rows of the table that are shown. */
const SHOWN = 12;

function layOut(file: string, sound: string, told: CheckedFront): string {
  const { given, expectedWinner, neighbours, best, fits, within } = told;
  const verdict = fits ? "The front fits." : "The front does not fit.";
  const winner =
    given.winner === expectedWinner
      ? `winner ${given.winner}, as expected`
      : `winner ${given.winner}, expected was ${expectedWinner}`;
  const lines = [
    `${file}, ${told.seconds.toFixed(2)} s of ${sound}, ${COMPARED[told.comparedWith]} compared`,
    `${verdict} Largest difference ${share(given.difference)} of the largest score (${share(within)} fit); ${winner}.`,
  ];
  const alike = neighbours.filter(({ difference }) => Math.abs(difference - given.difference) < 1e-6);
  const others = neighbours.filter(
    (each) => !alike.includes(each) && (fits || each.difference < given.difference),
  );
  const shown = others.slice(0, SHOWN);
  if (shown.length > 0) lines.push("", "With one change:", table([given, ...shown]));
  if (neighbours.length > shown.length)
    lines.push(
      `  (${neighbours.length - shown.length} more change nothing or are further off: --json has all)`,
    );
  if (fits && alike.length > 0)
    lines.push(
      "",
      `No difference to this sound: ${alike.map(({ changes }) => changes.join(" ")).join("; ")}.`,
    );
  lines.push("", lastWord(told));
  if (best.changes.length > 0) lines.push(`  --front ${best.front}`);
  return lines.join("\n");
}

function lastWord({ given, best, fits }: CheckedFront): string {
  if (best.changes.length === 0)
    return fits
      ? "No neighbour is better."
      : "No neighbour is better: the front is wrong in more, or the scores are of something else.";
  const said = `with ${best.changes.join(" and ")}: ${share(best.difference)}, winner ${best.winner}`;
  if (fits) return `A neighbour is closer still, ${said}.`;
  return best.fits
    ? `It fits ${said}.`
    : `Nothing tried fits; the best is ${said} (from ${share(given.difference)}).`;
}

function table(tried: readonly TriedFront[]): string {
  const rows = tried.map(({ changes, difference, winner, fits }) => [
    changes.join(" and ") || "(as given)",
    share(difference),
    winner,
    fits ? "fits" : "",
  ]);
  const all = [["change", "difference", "winner", ""], ...rows];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  "));
  return lines.map((line) => `  ${line.trimEnd()}`).join("\n");
}

function share(value: number): string {
  if (value === 0) return "0 %";
  return `${(100 * value).toPrecision(value < 1e-4 ? 1 : value < 10 ? 3 : 4)} %`;
}

function seconds(text: string): number {
  return text === "0" ? 0 : positiveNumber(text);
}
