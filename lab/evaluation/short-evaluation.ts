/** A first look at how faithful a new pack's explanations are, on sounds that its decoder has not heard. */

import { strongestClass } from "../../models/explain/class-decision.ts";
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import { audibleStarts } from "../data/waves.ts";
import { WindowCutter } from "../data/window-cutter.ts";
import { betterMethod, maskProblem, Unevenness } from "../explaining/poor-mask.ts";
import type { ForeignClassifier } from "../import/foreign-classifier.ts";
import { faithfulness, meanOf } from "./metrics/metrics.ts";

export interface MethodFigures {
  readonly method: string;
  readonly windows: number;
  /** Average increase and drop in percent, share of windows whose class is kept, mean of the mask. */
  readonly ai: number;
  readonly ad: number;
  readonly fidIn: number;
  readonly mm: number;
  /** Share of the energy that the masks leave, and how uneven they are: see `maskProblem`. */
  readonly energy: number;
  readonly unevenness: number;
}

/** Windows of each sound: the loudest, at most that many. */
const WINDOWS_A_SOUND = 2;

export async function shortEvaluation(
  classifier: ForeignClassifier,
  methods: readonly LoadedMethod[],
  /** Any method of the pack, a cheap one: only its probabilities are used. */
  judge: LoadedMethod,
  sounds: readonly Float32Array[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<MethodFigures[]> {
  const cutter = new WindowCutter(classifier);
  const total = methods.length * sounds.length;
  let done = 0;
  const rows: MethodFigures[] = [];
  for (const loaded of methods) {
    const values: Record<"ai" | "ad" | "fidIn" | "mm" | "energy", number>[] = [];
    const unevenness = new Unevenness();
    for (const samples of sounds) {
      const starts = audibleStarts(samples, cutter.length, Math.ceil(cutter.length / 2), 20);
      for (const start of starts.slice(0, WINDOWS_A_SOUND)) {
        const { magnitudes, phases } = cutter.cut(samples, start);
        const ask = async (values: Float32Array) =>
          (await judge.run(values, 1, -1, phases)).probabilities.slice();
        const { probabilities, masks: mask } = await loaded.run(magnitudes, 1, -1, phases);
        const whole = probabilities.slice();
        const kept = magnitudes.map((value, i) => value * mask[i]);
        const rest = magnitudes.map((value, i) => value - kept[i]);
        const outputs = { whole, kept: await ask(kept), rest: await ask(rest) };
        const { ai, ad, fidIn } = faithfulness(outputs, judge.pack);
        unevenness.add(mask, magnitudes);
        values.push({ ai, ad, fidIn, mm: meanOf(mask), energy: energyOf(kept) / energyOf(magnitudes) });
      }
      onProgress(++done, total);
    }
    const mean = (key: "ai" | "ad" | "fidIn" | "mm" | "energy") =>
      values.reduce((sum, value) => sum + value[key], 0) / Math.max(1, values.length);
    rows.push({
      method: loaded.method.name,
      windows: values.length,
      ai: mean("ai"),
      ad: mean("ad"),
      fidIn: mean("fidIn"),
      mm: mean("mm"),
      energy: mean("energy"),
      unevenness: unevenness.value(),
    });
  }
  return rows;
}

function energyOf(magnitudes: Float32Array): number {
  return magnitudes.reduce((sum, value) => sum + value * value, 0);
}

/** What is to be said of methods whose masks explain nothing, and which does better on the same sounds. */
export function poorMasks(figures: readonly MethodFigures[]): string[] {
  const good = figures.filter((each) => maskProblem(each.method, each) === undefined);
  const best = good.toSorted((a, b) => b.fidIn - a.fidIn || b.ai - a.ai)[0]?.method;
  return figures.flatMap((each) => {
    const problem = maskProblem(each.method, each);
    if (problem === undefined) return [];
    const better = best ?? betterMethod(each.method, []);
    return [
      `${problem}; ${best ? `${better} of this pack says more` : `explain --method ${better} may say more`}`,
    ];
  });
}

/** Share of the windows that fall to each class: a classifier that says one word for everything is misfed. */
export async function classesHeard(
  classifier: ForeignClassifier,
  loaded: LoadedMethod,
  sounds: readonly Float32Array[],
): Promise<number[]> {
  const cutter = new WindowCutter(classifier);
  const counts = new Array<number>(classifier.classes).fill(0);
  let windows = 0;
  for (const samples of sounds) {
    const [start] = audibleStarts(samples, cutter.length, Math.ceil(cutter.length / 2), 1);
    if (start === undefined) continue;
    const { magnitudes, phases } = cutter.cut(samples, start);
    const { probabilities } = await loaded.run(magnitudes, 1, -1, phases);
    counts[strongestClass(loaded.pack, probabilities)]++;
    windows++;
  }
  return counts.map((count) => count / Math.max(1, windows));
}

export function figuresTable(rows: readonly MethodFigures[]): string {
  const cells = [
    ["method", "AI ↑", "AD ↓", "Fid-In ↑", "MM", "windows"],
    ...rows.map(({ method, ai, ad, fidIn, mm, windows }) => [
      method,
      ai.toFixed(1),
      ad.toFixed(1),
      fidIn.toFixed(2),
      mm.toFixed(2),
      String(windows),
    ]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells
    .map((row) =>
      row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join("  "),
    )
    .join("\n");
}
