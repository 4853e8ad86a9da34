/**
 * What crosses the wire in a listening study, and the one set of rules for how a participant gets through it: page and
 * server both run `advance`, so what the page allows is what the server takes.
 *
 *   GET  study/api/participants/ID          StudyView; a new ID joins
 *   POST study/api/participants/ID/events   StudyEvent → EventAnswer; the same event again changes nothing
 *   GET  study/sounds/SOUND.wav
 */

/** What a participant may be called. Who has the name can go on in the person's place: new ones are drawn at random. */
export const PARTICIPANT_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Names of sounds tell nothing of what they are. */
export const SOUND_ID = /^[0-9a-f]{24}$/;
export const LONGEST_COMMENT = 2_000;
/** The number that stands for the original among a trial's stimuli. */
export const ORIGINAL = -1;

export type Scale = "0-100" | "1-5";

interface StudyQuestion {
  readonly id: string;
  /** "{class}" stands for the trial's class. */
  readonly text: string;
  /** What the ends of the scale mean. */
  readonly low: string;
  readonly high: string;
}

export interface StudyTrial {
  readonly id: string;
  /** The class whose part of the original the explanations should be. */
  readonly label: string;
  /** Sounds; the stimuli in the order of A, B, C ... */
  readonly original: string;
  readonly stimuli: readonly string[];
}

/** Three tones of which one is quieter; the one with opposed channels seems quieter over loudspeakers. */
export type Tone = "plain" | "quiet" | "opposed";

interface HeadphoneCheck {
  /** [attempts][questions], each the order of its three tones. */
  readonly attempts: readonly (readonly (readonly Tone[])[])[];
  /** Right answers that pass. */
  readonly needed: number;
  /** Whether the study ends for those who do not pass. */
  readonly required: boolean;
}

export interface Progress {
  readonly consented: boolean;
  /** One of each attempt made so far. */
  readonly headphones: readonly { readonly right: number; readonly passed: boolean }[];
  readonly volumeSet: boolean;
  /** By trial. */
  readonly trials: Readonly<Record<string, TrialProgress>>;
  readonly finished: boolean;
}

interface TrialProgress {
  /** Stimuli that were heard to their end, ORIGINAL among them. */
  readonly played: readonly number[];
  /** By `ratingKey`. */
  readonly ratings: Readonly<Record<string, number>>;
  readonly done: boolean;
}

/** The study as one participant gets it. */
export interface StudyView {
  readonly participant: string;
  readonly title: string;
  readonly language: string;
  readonly texts: {
    readonly welcome: readonly string[];
    readonly consent: readonly string[];
    readonly agree: string;
    readonly thanks: readonly string[];
  };
  readonly scale: Scale;
  readonly questions: readonly StudyQuestion[];
  readonly headphones?: HeadphoneCheck | undefined;
  readonly practice?: StudyTrial | undefined;
  readonly trials: readonly StudyTrial[];
  readonly progress: Progress;
}

export type StudyAction =
  | { readonly kind: "consented" }
  /** Which tone of each question seemed quietest, 0 to 2. */
  | { readonly kind: "tones-answered"; readonly attempt: number; readonly answers: readonly number[] }
  | { readonly kind: "volume-set" }
  | { readonly kind: "played"; readonly trial: string; readonly stimulus: number }
  | {
      readonly kind: "rated";
      readonly trial: string;
      readonly stimulus: number;
      readonly question: string;
      readonly value: number;
    }
  | { readonly kind: "trial-done"; readonly trial: string }
  | { readonly kind: "finished"; readonly comment: string };

export interface StudyEvent {
  /** Drawn by the page: an event that comes twice is taken once. */
  readonly id: string;
  readonly action: StudyAction;
}

/** Status 200, or 409 with `refused`: then the page goes on from `progress`, which is the server's. */
export interface EventAnswer {
  readonly refused?: string;
  readonly progress: Progress;
}

export const NO_PROGRESS: Progress = {
  consented: false,
  headphones: [],
  volumeSet: false,
  trials: {},
  finished: false,
};

const UNTOUCHED: TrialProgress = { played: [], ratings: {}, done: false };

export type Stage =
  | { readonly name: "consent" | "headphones" | "no-headphones" | "volume" | "comment" | "done" }
  | { readonly name: "trial"; readonly trial: StudyTrial; readonly number: number };

type Plan = Pick<StudyView, "headphones" | "practice" | "trials" | "questions" | "scale">;

/** What comes next. A trial's number counts from 1, the practice is 0. */
export function stageOf(plan: Plan, progress: Progress): Stage {
  if (!progress.consented) return { name: "consent" };
  const { headphones } = plan;
  if (headphones && !progress.headphones.some(({ passed }) => passed)) {
    if (progress.headphones.length < headphones.attempts.length) return { name: "headphones" };
    if (headphones.required) return { name: "no-headphones" };
  }
  if (!progress.volumeSet) return { name: "volume" };
  const { practice, trials } = plan;
  if (practice && !trialProgress(progress, practice.id).done) {
    return { name: "trial", trial: practice, number: 0 };
  }
  const next = trials.findIndex((trial) => !trialProgress(progress, trial.id).done);
  if (next >= 0) return { name: "trial", trial: trials[next], number: next + 1 };
  return { name: progress.finished ? "done" : "comment" };
}

export function trialProgress(progress: Progress, trial: string): TrialProgress {
  return progress.trials[trial] ?? UNTOUCHED;
}

export function ratingKey(stimulus: number, question: string): string {
  return `${stimulus} ${question}`;
}

/** Lowest and highest rating and what lies between two. */
export function scaleRange(scale: Scale): { readonly low: number; readonly high: number } {
  return scale === "0-100" ? { low: 0, high: 100 } : { low: 1, high: 5 };
}

export function mayRate({ played }: TrialProgress, stimulus: number): boolean {
  return played.includes(ORIGINAL) && played.includes(stimulus);
}

/** How many ratings the trial still lacks. */
export function missingRatings({ questions }: Plan, trial: StudyTrial, progress: TrialProgress): number {
  return trial.stimuli.length * questions.length - Object.keys(progress.ratings).length;
}

/** An action that does not fit where the participant is. */
export class StudyRefusal extends Error {
  override name = "StudyRefusal";
}

/** The progress after an action; throws a StudyRefusal that says why it can't be taken. */
export function advance(plan: Plan, progress: Progress, action: StudyAction): Progress {
  const stage = stageOf(plan, progress);
  const expect = (name: Stage["name"]) => {
    if (stage.name !== name) throw new StudyRefusal(`"${action.kind}" does not fit "${stage.name}"`);
  };
  switch (action.kind) {
    case "consented":
      expect("consent");
      return { ...progress, consented: true };
    case "tones-answered":
      expect("headphones");
      return { ...progress, headphones: [...progress.headphones, judgeTones(plan, progress, action)] };
    case "volume-set":
      expect("volume");
      return { ...progress, volumeSet: true };
    case "finished":
      expect("comment");
      return { ...progress, finished: true };
    case "played":
    case "rated":
    case "trial-done": {
      if (stage.name !== "trial" || stage.trial.id !== action.trial) {
        throw new StudyRefusal(`trial "${action.trial}" is not the one that is next`);
      }
      const before = trialProgress(progress, action.trial);
      const after = advanceTrial(plan, stage.trial, before, action);
      return { ...progress, trials: { ...progress.trials, [action.trial]: after } };
    }
    default:
      return action satisfies never;
  }
}

function judgeTones(
  { headphones }: Plan,
  progress: Progress,
  { attempt, answers }: Extract<StudyAction, { kind: "tones-answered" }>,
): Progress["headphones"][number] {
  const questions = headphones?.attempts[progress.headphones.length];
  if (!headphones || !questions || attempt !== progress.headphones.length) {
    throw new StudyRefusal(`attempt ${attempt} at the headphone check is not the one that is next`);
  }
  if (answers.length !== questions.length) {
    throw new StudyRefusal(`the headphone check has ${questions.length} questions, not ${answers.length}`);
  }
  const right = questions.filter((tones, k) => tones[answers[k]] === "quiet").length;
  return { right, passed: right >= headphones.needed };
}

function advanceTrial(
  plan: Plan,
  trial: StudyTrial,
  before: TrialProgress,
  action: Extract<StudyAction, { kind: "played" | "rated" | "trial-done" }>,
): TrialProgress {
  if (action.kind === "trial-done") {
    const missing = missingRatings(plan, trial, before);
    if (missing > 0) throw new StudyRefusal(`trial "${trial.id}" still lacks ${missing} ratings`);
    return { ...before, done: true };
  }
  const { stimulus } = action;
  if (stimulus < (action.kind === "played" ? ORIGINAL : 0) || stimulus >= trial.stimuli.length) {
    throw new StudyRefusal(`trial "${trial.id}" has no stimulus ${stimulus}`);
  }
  if (action.kind === "played") {
    return before.played.includes(stimulus) ? before : { ...before, played: [...before.played, stimulus] };
  }
  const { question, value } = action;
  const { low, high } = scaleRange(plan.scale);
  if (!plan.questions.some(({ id }) => id === question)) {
    throw new StudyRefusal(`there is no question "${question}"`);
  }
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new StudyRefusal(`a rating of ${value} is not on the scale of ${plan.scale}`);
  }
  if (!mayRate(before, stimulus)) {
    throw new StudyRefusal(`stimulus ${stimulus} of trial "${trial.id}" is rated before it was heard`);
  }
  return { ...before, ratings: { ...before.ratings, [ratingKey(stimulus, question)]: value } };
}
