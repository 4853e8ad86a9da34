/** Whether a front is the one that a classifier was trained with: what it says of a sound against what its own program said. */
import type { ChannelChoice } from "../../../dsp/channel-choice.ts";
import { readMono } from "../../../models/sound/read-audio.ts";
import { UsageError } from "../../errors.ts";
import type { Follow } from "../../progress.ts";
import { type Front, frontWords } from "../front.ts";
import { type ImportOptions, importClassifier } from "../import-classifier.ts";
import type { ReadClassifier } from "../read-classifier.ts";
import { type ExpectedScores, readExpected } from "./expected-scores.ts";
import { type Answers, FrontAsker } from "./front-asker.ts";
import { furtherNeighboursOf, neighboursOf } from "./neighbours.ts";

export interface CheckFrontOptions extends ImportOptions {
  /** The sound that the original program heard. */
  readonly sound: string;
  /** JSON file of the scores that it gave. */
  readonly expect: string;
  /** Second at which its window begins; 0 without. */
  readonly start?: number;
  readonly channel?: ChannelChoice;
  /** Largest difference that fits, as a share of the largest score; 0.01 without. */
  readonly within?: number;
  /** How many changes may add up in the best front; 3 without. */
  readonly changes?: number;
}

export interface TriedFront {
  /** What differs from the front that was asked about, in the words of the command line; none for itself. */
  readonly changes: readonly string[];
  /** Largest difference of a score, as a share of the largest one expected. */
  readonly difference: number;
  /** The class with the highest score, of those that scores were given of. */
  readonly winner: string;
  /** Within the tolerance, and the same winner. */
  readonly fits: boolean;
  /** In the words of the command line. */
  readonly front: string;
}

/** What the expected scores were held against. */
export type ComparedWith = "answer" | "sigmoid" | "softmax" | "logits";

export interface CheckedFront {
  readonly fits: boolean;
  readonly given: TriedFront;
  readonly expectedWinner: string;
  readonly comparedWith: ComparedWith;
  readonly within: number;
  /** Seconds of sound that were heard. */
  readonly seconds: number;
  /** One change each, best first. */
  readonly neighbours: readonly TriedFront[];
  /** The best of all, of several changes where one was not enough. */
  readonly best: TriedFront;
  readonly bestFront: Front;
}

/** Seconds of a sound that are read: more than any window that people have. */
const MOST_SECONDS = 120;
/** A probability from which on it hides how wrong a front is. */
const SURE = 0.98;
/** A change that helps less than that does not count as one. */
const LEAST_GAIN = 0.9;

/**
 * @throws UsageError for options that cannot be; Error that names the file for what cannot be read or run.
 */
export async function checkFront(options: CheckFrontOptions, follow: Follow = {}): Promise<CheckedFront> {
  const { within = 0.01, changes = 3, start = 0 } = options;
  const { onNotice = () => {}, onProgress = () => {}, signal } = follow;
  const imported = await importClassifier(options, onNotice);
  const { read, front, labels, classes, classifier, runtime } = imported;
  const expected = await readExpected(options.expect, classes, labels);
  const sound = await readWindow(options, front.sampleRate, start, onNotice);
  const time = read.input.shape[timeAxis(classifier.layout)];
  const asker = new FrontAsker(
    runtime,
    read,
    classifier.layout,
    sound,
    typeof time === "number" ? time : undefined,
  );
  const nameOf = (index: number) => labels?.[index] ?? `class ${index}`;
  let comparedWith = "answer" as ComparedWith;

  const judge = async (candidate: Front, told: readonly string[]): Promise<TriedFront> => {
    const answers = await asker.ask(candidate);
    comparedWith = told.length === 0 ? formFor(read, answers, expected) : comparedWith;
    const all = inForm(answers, comparedWith);
    const scores = new Map([...expected.keys()].map((index) => [index, all[index]]));
    // What is the same for all classes was lost in the file's softmax.
    const free = comparedWith === "logits" && read.answers === "exclusive";
    const difference = free
      ? largestDifference(centred(scores), centred(expected))
      : largestDifference(scores, expected);
    const best = winnerOf(scores);
    const fits = difference <= within && best === winnerOf(expected);
    return { changes: told, difference, winner: nameOf(best), fits, front: frontWords(candidate) };
  };

  try {
    const needed = asker.samplesOf(front);
    if (sound.length < needed) {
      onNotice(
        `${options.sound} has ${seconds(sound.length, front)} s from there on, the front takes ${seconds(needed, front)} s; ` +
          "silence follows it, which has to be what the original program heard too",
      );
    }
    const given = await judge(front, []);
    const most = Math.max(...expected.values());
    if (comparedWith !== "logits" && most > SURE && withinOne(expected.values())) {
      onNotice(
        `the expected scores are as good as 0 and 1 (${most.toFixed(4)}), which many fronts lead to: logits, or another sound, tell more`,
      );
    }
    let [best, bestFront] = [given, front];
    let neighbours: TriedFront[] = [];
    for (let round = 1; round <= changes && (round === 1 || !best.fits); round++) {
      // One change, then two of the common ones, then one more at a time on top of the best so far.
      const around = round === 2 ? furtherNeighboursOf(front) : neighboursOf(round === 1 ? front : bestFront);
      const before = round <= 2 ? [] : best.changes;
      const tried: { told: TriedFront; front: Front }[] = [];
      for (const [done, { changes: more, front: candidate }] of around.entries()) {
        signal?.throwIfAborted();
        onProgress({ stage: "fronts", done: done + 1, total: around.length, detail: more.join(" and ") });
        const told = await judge(candidate, [...before, ...more]).catch(() => undefined);
        if (told && Number.isFinite(told.difference)) tried.push({ told, front: candidate });
      }
      tried.sort(
        (a, b) => Number(b.told.fits) - Number(a.told.fits) || a.told.difference - b.told.difference,
      );
      if (round === 1) neighbours = tried.map(({ told }) => told);
      const [first] = tried;
      // Of two that fit, one by less than a twentieth of what is allowed, the other is as good.
      const room = best.fits ? best.difference > within / 20 && first?.told.fits : true;
      if (!first || !room || first.told.difference >= LEAST_GAIN * best.difference) continue;
      [best, bestFront] = [first.told, first.front];
    }
    return {
      fits: given.fits,
      given,
      expectedWinner: nameOf(winnerOf(expected)),
      comparedWith,
      within,
      seconds: needed / front.sampleRate,
      neighbours,
      best,
      bestFront,
    };
  } finally {
    await asker.close();
  }
}

async function readWindow(
  { sound, channel }: CheckFrontOptions,
  rate: number,
  start: number,
  onNotice: (sentence: string) => void,
): Promise<Float32Array> {
  const { samples, channelNotes } = await readMono(sound, rate, {
    maxSeconds: start + MOST_SECONDS,
    channel,
  });
  for (const note of channelNotes) onNotice(note);
  const from = Math.round(start * rate);
  if (from >= samples.length) {
    const length = (samples.length / rate).toFixed(2);
    throw new UsageError(`--start ${start} lies beyond the end of ${sound}, which has ${length} s`);
  }
  return samples.subarray(from);
}

function seconds(samples: number, { sampleRate }: Front): string {
  return (samples / sampleRate).toFixed(3);
}

function timeAxis(layout: string): number {
  return Math.max(layout.indexOf("T"), layout.indexOf("S"));
}

const withinOne = (values: Iterable<number>) =>
  [...values].every((value) => value >= -1e-6 && value <= 1 + 1e-6);

/** What the scores were: as the file answers, or made of it outside the file, as programs do. */
function formFor(
  { classes, answers }: ReadClassifier,
  found: Answers,
  expected: ExpectedScores,
): ComparedWith {
  const whole = found.answer.length === classes;
  const probabilities = whole && withinOne(found.answer);
  if (!withinOne(expected.values())) return probabilities || !whole ? "logits" : "answer";
  if (probabilities) return "answer";
  const sum = [...expected.values()].reduce((a, b) => a + b, 0);
  const all = expected.size === classes;
  if (all) return Math.abs(sum - 1) < 1e-3 ? "softmax" : "sigmoid";
  return answers === "independent" || sum > 1.001 ? "sigmoid" : "softmax";
}

function inForm({ answer, logits }: Answers, form: ComparedWith): ArrayLike<number> {
  if (form === "answer") return answer;
  if (form === "logits") return logits;
  if (form === "sigmoid") return logits.map((value) => 1 / (1 + Math.exp(-value)));
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const raised = logits.map((value) => Math.exp(value - most));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((value) => value / sum);
}

function centred(scores: ExpectedScores): ExpectedScores {
  const mean = [...scores.values()].reduce((a, b) => a + b, 0) / scores.size;
  return new Map([...scores].map(([index, score]) => [index, score - mean]));
}

function largestDifference(scores: ExpectedScores, expected: ExpectedScores): number {
  let [most, scale] = [0, 1e-12];
  for (const [index, score] of expected) {
    const difference = Math.abs((scores.get(index) as number) - score);
    if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, difference);
    scale = Math.max(scale, Math.abs(score));
  }
  return most / scale;
}

function winnerOf(scores: ExpectedScores): number {
  return [...scores].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}
