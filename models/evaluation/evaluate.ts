/** Evaluates a pack on labelled sounds: what its classifier knows, and how faithful its explanations are. */

import { ESC10_CLASSES } from "../data/esc50.ts";
import { Random } from "../data/random.ts";
import { isEsc10, isKnown, type LabelledSound, SPEECH } from "../data/sound-sets.ts";
import type { LoadedMethod } from "../runtime/load-method.ts";
import { type ClassifierReport, type ClipAnswers, classifierReport } from "./classifier-report.ts";
import { type Contamination, contaminate } from "./contamination.ts";
import { evaluationWindows, type MaskControl, runWindows, windowFaithfulness } from "./explain-windows.ts";
import { type Faithfulness, meanFaithfulness } from "./metrics.ts";

export interface EvaluationOptions {
  readonly sounds: readonly LabelledSound[];
  /** Methods to put in the table. */
  readonly methods: readonly LoadedMethod[];
  /** Any method of the pack: only its probabilities are used. */
  readonly classifier: LoadedMethod;
  readonly settings: readonly Contamination[];
  /** Unknown categories that the classifier heard in training all the same: left out of the unknown windows. */
  readonly heardCategories: readonly string[];
  readonly seed: number;
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

export interface TableRow {
  readonly setting: Contamination;
  readonly method: string;
  readonly control: MaskControl;
  readonly windows: number;
  readonly mean: Faithfulness;
}

export interface Evaluation {
  readonly classifier: ClassifierReport;
  readonly rows: readonly TableRow[];
  readonly clips: number;
}

const GROUPS = { "ESC-10": ESC10_CLASSES as readonly string[], speech: [SPEECH] };
const CONTROLS: readonly MaskControl[] = ["own", "constant", "shuffled"];

/** Explanations are measured on the ESC-10 clips: the set that mixtures are made of as well. */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { sounds, methods, classifier, settings, heardCategories, seed, onProgress = () => {} } = options;
  const judged = sounds.filter(({ label }) => isKnown(label) || !heardCategories.includes(label));
  const explained = sounds.filter(({ label }) => isEsc10(label));
  const total = judged.length + settings.length * explained.length;
  let done = 0;

  const answers: ClipAnswers[] = [];
  for (const { name, label, samples } of judged) {
    const windows = await runWindows(classifier, evaluationWindows(samples));
    answers.push({ name, label, windows: windows.map(({ probabilities }) => probabilities) });
    onProgress(++done, total, "classifier");
  }
  const { labels, other, threshold, masking } = classifier.pack;
  const report = classifierReport(answers, labels, other, threshold, GROUPS);

  const rows: TableRow[] = [];
  const sources = {
    clips: explained.map(({ samples }) => samples),
    speech: sounds.filter(({ label }) => label === SPEECH).map(({ samples }) => samples),
  };
  for (const setting of settings) {
    const collected = new Map<string, { method: string; control: MaskControl; values: Faithfulness[] }>();
    for (const [index, { samples }] of explained.entries()) {
      const random = new Random(seed * 1_000_003 + index);
      const windows = contaminate(setting, samples, sources, random).flatMap(evaluationWindows);
      for (const method of methods) {
        const { name } = method.method;
        const answers = await runWindows(method, windows);
        for (const control of name === "all-ones" ? CONTROLS.slice(0, 1) : CONTROLS) {
          const key = `${name}/${control}`;
          const row = collected.get(key) ?? { method: name, control, values: [] };
          row.values.push(
            ...(await windowFaithfulness(answers, classifier, windows, masking, control, seed + index)),
          );
          collected.set(key, row);
        }
      }
      onProgress(++done, total, setting);
    }
    for (const { method, control, values } of collected.values()) {
      rows.push({ setting, method, control, windows: values.length, mean: meanFaithfulness(values) });
    }
  }
  return { classifier: report, rows, clips: judged.length };
}
