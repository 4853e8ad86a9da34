/** What a classifier's answers are where its graph does not tell: probabilities or logits, alone or exclusive. A trial says it. */
import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import { WindowCutter } from "../data/window-cutter.ts";
import { UsageError } from "../errors.ts";
import { windowInputs } from "../networks/explained-classifier.ts";
import type { ForeignClassifier } from "./foreign-classifier.ts";
import type { Answer, Form } from "./head.ts";
import type { ReadClassifier } from "./read-classifier.ts";
import { trialSounds } from "./trial-sounds.ts";

type Rows = readonly (readonly number[])[];

export interface AnswersToSettle {
  readonly read: ReadClassifier;
  /** What the user says of them. */
  readonly answer?: Answer | undefined;
  readonly answers?: Form | undefined;
  /** What the file answered, a row of classes an input; undefined where it could not be asked. */
  readonly rows: Rows | undefined;
  /** The same as it answers made-up sounds. */
  onSounds(): Promise<Rows>;
  /** Reads the file again. */
  again(answer: Answer | undefined, answers: Form | undefined): ReadClassifier;
}

/**
 * Answers within 0 and 1 are never taken for logits without a word.
 *
 * @throws UsageError where what the user says cannot be, or where they have to say it.
 */
export async function settleAnswers(settling: AnswersToSettle): Promise<ReadClassifier> {
  const { read, answer, rows, again } = settling;
  const noted = (settled: ReadClassifier, note: string): ReadClassifier => ({
    ...settled,
    notes: [...settled.notes, note],
  });
  switch (read.toldBy) {
    case "sigmoid":
      return read;
    case "softmax":
      if (!rows || sumToOne(rows)) return read;
      return noted(
        again(answer, "independent"),
        "A softmax makes its answers, but they do not sum to one over its classes, so each counts as a yes or no of its own; " +
          "--answers exclusive makes them compete.",
      );
    case "unbounded":
      if (!rows || !withinOne(rows)) return read;
      return noted(
        read,
        "On what was tried they lie within 0 and 1, as logits seldom do; if they are probabilities, say --answer probabilities.",
      );
    case "given":
      if (answer === "logits" && rows && withinOne(rows)) {
        return noted(read, "Its answers lie within 0 and 1; they count as logits because --answer says so.");
      }
      if (answer === "probabilities" && rows && !withinOne(rows)) throw noProbabilities(read, rows);
      return read;
    case "nothing":
      return byTrial(settling, noted);
    default:
      return read.toldBy satisfies never;
  }
}

async function byTrial(
  { read, answer, answers, rows = [], onSounds, again }: AnswersToSettle,
  noted: (settled: ReadClassifier, note: string) => ReadClassifier,
): Promise<ReadClassifier> {
  const heard = withinOne(rows) ? [...rows, ...(await onSounds())] : rows;
  if (!withinOne(heard)) {
    if (answer === "probabilities") throw noProbabilities(read, heard);
    if (answers) return read;
    return noted(
      read,
      `Its answers are not within 0 and 1 (${rangeOf(heard)}), so they are taken for logits of classes that exclude each ` +
        "other (softmax); --answers independent says that each is a yes or no of its own (sigmoid).",
    );
  }
  if (sumToOne(heard) && answers !== "independent") {
    const note = "Its answers sum to one, so they count as probabilities; --answer logits says otherwise.";
    return noted(again("probabilities", "exclusive"), note);
  }
  if (!answer && !answers && !tells(heard)) throw unclear(read, heard);
  const form = answers ?? "independent";
  return noted(
    again("probabilities", form),
    `Its answers to ${heard.length} inputs lie within 0 and 1 and do not sum to one, so they count as probabilities of ` +
      (form === "independent"
        ? "classes that are a yes or no each; --answers exclusive makes them compete, --answer logits says that they are none."
        : "classes that exclude each other; --answer logits says that they are none."),
  );
}

/** Enough different numbers that it is no chance that all lie within 0 and 1. */
function tells(rows: Rows): boolean {
  const values = rows.flat();
  return values.length >= 24 && Math.max(...values) - Math.min(...values) >= 0.05;
}

const SLACK = 1e-5;

function withinOne(rows: Rows): boolean {
  return rows.every((row) => row.every((value) => value >= -SLACK && value <= 1 + SLACK));
}

function sumToOne(rows: Rows): boolean {
  return rows.every((row) => Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-3) && withinOne(rows);
}

function rangeOf(rows: Rows): string {
  const values = rows.flat();
  return `${Math.min(...values).toPrecision(3)} to ${Math.max(...values).toPrecision(3)}`;
}

function noProbabilities({ source }: ReadClassifier, rows: Rows): UsageError {
  return new UsageError(
    `${source}: --answer probabilities says that its answers are probabilities, but they go from ${rangeOf(rows)}; ` +
      "leave --answer out, or say --answer logits",
  );
}

function unclear({ source, output }: ReadClassifier, rows: Rows): UsageError {
  return new UsageError(
    `${source}: nothing tells whether "${output}" gives probabilities or logits (${rangeOf(rows)} on ${rows.length} inputs); say ` +
      "--answer logits, or --answers independent (each class a yes or no of its own) or --answers exclusive (one of them) where they are probabilities",
  );
}

/** What the classifier answers to made-up sounds, as its logits were read. */
export async function answersToSounds(
  { ort, sessionOptions }: Runtime,
  explained: ForeignClassifier,
): Promise<Rows> {
  const g = new GraphBuilder();
  const inputs = windowInputs(g, explained, 1);
  const { logits } = explained.classify(g, explained.features(g, inputs.magnitudes, inputs.phases));
  g.output("answers", logits);
  const session = await ort.InferenceSession.create(encodeModel(g), sessionOptions);
  const cutter = new WindowCutter(explained);
  const rows: number[][] = [];
  try {
    for (const sound of trialSounds(cutter.length, explained.sampleRate)) {
      const window = cutter.cut(sound);
      const shape = [1, explained.frames, explained.bins];
      const feeds = Object.entries(window).flatMap(([name, values]) =>
        values ? [[name, new ort.Tensor("float32", values, shape)] as const] : [],
      );
      const { answers } = await session.run(Object.fromEntries(feeds));
      rows.push(Array.from(answers?.data as Float32Array));
    }
  } finally {
    await session.release();
  }
  return rows;
}
