/** A classifier's answer as one value a class: frames are pooled, one value becomes yes and no, and its last operators tell its logits. */
import type { Dimension, GraphBuilder, Tensor } from "../../models/graph/index.ts";
import { type Answer, type Form, type Head, headOf } from "./head.ts";

export const POOLS = ["mean", "max", "last"] as const;
/** What becomes of values frame by frame. */
export type Pool = (typeof POOLS)[number];

export interface AnswerWords {
  readonly answer?: Answer | undefined;
  readonly answers?: Form | undefined;
  readonly pool?: Pool | undefined;
  /** How many classes there are, where it is known: tells the axis of classes from that of frames. */
  readonly classes?: number | undefined;
}

export interface ReadAnswer {
  readonly head: Head;
  /** [B, classes], as the file says them, frames pooled. */
  readonly said: Tensor;
  /** [B, classes], or [B, 2] of one value. */
  readonly logits: Tensor;
  /** It was one value. */
  readonly binary: boolean;
}

/**
 * @param free whether its first axis is a batch of any size.
 * @throws Error where it is not one value a class and cannot be made so.
 */
export function readAnswer(g: GraphBuilder, answer: Tensor, words: AnswerWords, free: boolean): ReadAnswer {
  const { values, count } = pooled(g, answer, words, free);
  const said = g.reshape(values, [-1, count]);
  if (count > 1) {
    const head = headOf(g, values, { answer: words.answer, form: words.answers });
    return { head, said, logits: g.reshape(head.logits, [-1, count]), binary: false };
  }
  // A probability of yes has log-odds, as those of independent classes; half of them either way makes a softmax of two.
  const form = words.answer === "probabilities" ? "independent" : undefined;
  const head = headOf(g, values, { answer: words.answer, form });
  const half = g.mul(g.reshape(head.logits, [-1, 1]), 0.5);
  return { head, said, logits: g.concat([half, g.neg(half)], 1), binary: true };
}

/** The values of an answer [B, ...], or of a single window's, and how many there are; sizes of one are nothing. */
function pooled(
  g: GraphBuilder,
  answer: Tensor,
  { pool, classes }: AnswerWords,
  free: boolean,
): { values: Tensor; count: number } {
  const { shape } = answer;
  const show = `[${shape.join(", ")}]`;
  if (free && typeof shape[0] !== "string") throw new Error(`its answer is ${show} for any batch`);
  const first = free || (shape[0] === 1 && shape.length > 1) ? 1 : 0;
  const axes = shape.map((_, axis) => axis).slice(first);
  const several = axes.filter((axis) => shape[axis] !== 1);
  if (pool === undefined) {
    const count = several.length === 0 ? 1 : shape[several[0]!];
    if (several.length < 2 && typeof count === "number") return { values: answer, count };
    throw new Error(
      several.length === 2
        ? `its answer is ${show}, not one value a class: if they are values frame by frame, say --pool mean, max or last; ` +
            "else name an output of the shape [batch, classes] with --output"
        : `its answer is ${show}, not one value a class; name an output of the shape [batch, classes] with --output, ` +
            "and export it with fixed sizes where this one is a name",
    );
  }
  const ofClasses = axes.length > 1 ? axisOfClasses(shape, axes, classes) : undefined;
  const count = ofClasses === undefined ? 1 : shape[ofClasses];
  if (typeof count !== "number")
    throw new Error(`its answer is ${show}; export it with a fixed number of classes`);
  const frames = several.filter((axis) => axis !== ofClasses);
  return { values: over(g, answer, frames, pool), count };
}

/** The one as large as there are classes (or one, for yes or no), the last one first; the last one where none is. */
function axisOfClasses(
  shape: readonly Dimension[],
  axes: readonly number[],
  classes: number | undefined,
): number | undefined {
  const isClasses = (axis: number) =>
    shape[axis] === classes || (classes !== undefined && classes <= 2 && shape[axis] === 1);
  return axes.findLast(isClasses) ?? axes.at(-1);
}

function over(g: GraphBuilder, values: Tensor, frames: readonly number[], pool: Pool): Tensor {
  if (frames.length === 0) return values;
  if (pool === "mean") return g.reduceMean(values, frames);
  if (pool === "max") return g.reduceMax(values, frames);
  return frames
    .toReversed()
    .reduce((rest, axis) => g.op("Gather", [rest, g.constant(-1, "int64")], { axis }), values);
}
