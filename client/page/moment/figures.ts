/** What the classifier's answers about a span of a moment come to: is the explanation what it went by? */
import { AUDIBLE_RANGE_DB } from "../../../models/explain/clip-decision.ts";
import type { JudgedWindow } from "./explain-moment.ts";

/** Mean probabilities of one class over the windows that count. */
export interface Figures {
  /** Index of the class that they are about. */
  readonly target: number;
  /** Of the whole sound, of the explanation alone and of the rest, 0 to 1. */
  readonly whole: number;
  readonly explanation: number;
  readonly rest: number;
  /** Share of windows in which the explanation alone is surer of the class than the whole: average increase, 0 to 1. */
  readonly increase: number;
  /** Mean of whole minus rest: faithfulness, -1 to 1. */
  readonly faithfulness: number;
  /** Windows that count. */
  readonly windows: number;
}

/** Of frames, the end not included. */
export interface FrameSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * Over the windows whose middle lies in the span, or over the one nearest to it; windows that are silent or 30 dB fainter
 * than the loudest of them don't count. Null where none does.
 *
 * @param target the class that was asked about; -1 takes the most probable one.
 */
export function figuresOf(
  windows: readonly JudgedWindow[],
  span: FrameSpan,
  windowFrames: number,
  target: number,
): Figures | null {
  const counted = audible(within(windows, span, windowFrames));
  if (counted.length === 0) return null;
  const mean = (of: (window: JudgedWindow) => number) =>
    counted.reduce((sum, window) => sum + of(window), 0) / counted.length;
  const about = target >= 0 ? target : mostProbable(counted);
  return {
    target: about,
    whole: mean(({ whole }) => whole[about]),
    explanation: mean(({ explanation }) => explanation[about]),
    rest: mean(({ rest }) => rest[about]),
    increase: mean(({ whole, explanation }) => (explanation[about] > whole[about] ? 1 : 0)),
    faithfulness: mean(({ whole, rest }) => whole[about] - rest[about]),
    windows: counted.length,
  };
}

function within(
  windows: readonly JudgedWindow[],
  { from, to }: FrameSpan,
  windowFrames: number,
): readonly JudgedWindow[] {
  const middle = ({ firstFrame }: JudgedWindow) => firstFrame + windowFrames / 2;
  const inside = windows.filter((window) => middle(window) >= from && middle(window) < to);
  if (inside.length > 0 || windows.length === 0) return inside;
  const away = (window: JudgedWindow) => Math.abs(middle(window) - (from + to) / 2);
  return [windows.reduce((nearest, window) => (away(window) < away(nearest) ? window : nearest))];
}

function audible(windows: readonly JudgedWindow[]): readonly JudgedWindow[] {
  const loudest = windows.reduce((most, { power, silent }) => (silent ? most : Math.max(most, power)), 0);
  const least = loudest / 10 ** (AUDIBLE_RANGE_DB / 10);
  return windows.filter(({ power, silent }) => !silent && power >= least);
}

function mostProbable(windows: readonly JudgedWindow[]): number {
  const sums = new Float64Array(windows[0].whole.length);
  for (const { whole } of windows)
    whole.forEach((probability, k) => {
      sums[k] += probability;
    });
  return sums.indexOf(Math.max(...sums));
}
