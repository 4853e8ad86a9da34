/** What the classifier's answers about a span of a sound come to: is the explanation what it went by? */
import type { Pack } from "../pack/pack.ts";
import { type DecisionClasses, strongestClass } from "./class-decision.ts";
import { audible, weightedMean } from "./clip-decision.ts";
import type { JudgedWindow } from "./judge-parts.ts";
import { middleFrame } from "./window-times.ts";

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

export interface FiguresOptions {
  /** Index of the class that was asked about; the one that the windows decide for when left out or -1. */
  readonly target?: number;
  /** What the windows decide by: the class most above its own threshold. Without, the most probable one. */
  readonly classes?: DecisionClasses | undefined;
  /** Only the windows whose middle, or that of what their answer is about, lies in this span, or the one nearest to it; all when left out. */
  readonly during?: FrameSpan &
    Pick<Pack, "windowFrames"> & {
      /** Frames that an answer is about, as `framesAnswered` has them; a window's when left out. */
      readonly answered?: number | undefined;
    };
  /**
   * "audible", the default: windows that are silent or 30 dB fainter than the loudest of them don't count, as in
   * `ClipDecision`. "all": each counts, for a span that is known to be the class's own; nothing is heard in a silent one.
   */
  readonly counting?: "audible" | "all";
  /** Windows that it says no to don't count, whatever is heard in them. */
  readonly only?: ((window: JudgedWindow) => boolean) | undefined;
}

/** Means over the windows that count; null where none does. */
export function figuresOf(
  windows: readonly JudgedWindow[],
  { target = -1, classes, during, counting = "audible", only = () => true }: FiguresOptions = {},
): Figures | null {
  const inside = (during ? within(windows, during) : windows).filter(only);
  const counted = counting === "all" ? inside : audible(inside);
  if (counted.length === 0) return null;
  const mean = (of: (window: JudgedWindow) => number) => weightedMean(counted, of);
  const about = target >= 0 ? target : decidedFor(counted, classes);
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
  { from, to, windowFrames, answered = windowFrames }: NonNullable<FiguresOptions["during"]>,
): readonly JudgedWindow[] {
  const middle = ({ firstFrame }: JudgedWindow) => middleFrame(firstFrame, windowFrames, answered);
  const inside = windows.filter((window) => middle(window) >= from && middle(window) < to);
  if (inside.length > 0 || windows.length === 0) return inside;
  const away = (window: JudgedWindow) => Math.abs(middle(window) - (from + to) / 2);
  return [windows.reduce((nearest, window) => (away(window) < away(nearest) ? window : nearest))];
}

function decidedFor(windows: readonly JudgedWindow[], classes?: DecisionClasses): number {
  const sums = new Float64Array(windows[0].whole.length);
  for (const { whole } of windows)
    whole.forEach((probability, k) => {
      sums[k] += probability;
    });
  if (!classes) return sums.indexOf(Math.max(...sums));
  return strongestClass(
    classes,
    sums.map((sum) => sum / windows.length),
  );
}
