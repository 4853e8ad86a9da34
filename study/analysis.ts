/** From ratings to figures: means with intervals, paired tests, who was left out. */
import { seededBy } from "../lab/data/random.ts";
import type { Participant } from "./answers.ts";
import { EXCLUSIONS, type Exclusion, exclusionsOf, type Rating, ratingsOf } from "./ratings.ts";
import { bootstrapMean, holm, type Interval, mean, wilcoxonSignedRank } from "./statistics.ts";
import type { Study } from "./study-file.ts";

export interface MethodFigure extends Interval {
  readonly question: string;
  readonly method: string;
  /** Ratings behind the participants' means. */
  readonly ratings: number;
}

export interface Comparison extends Interval {
  readonly question: string;
  /** `mean`, `low` and `high` are of the first's ratings minus the second's. */
  readonly methods: readonly [string, string];
  /** Wilcoxon's signed-rank test over participants, two-sided. */
  readonly p: number;
  /** After Holm's correction for all comparisons of the report. */
  readonly adjusted: number;
}

export interface Analysis {
  readonly joined: number;
  /** Who joined and did not even agree to take part; not counted among the excluded. */
  readonly neverBegan: number;
  readonly counted: number;
  /** Participants by reason; one may have several. */
  readonly excluded: Readonly<Record<Exclusion, number>>;
  /** Reasons that are not looked at. */
  readonly kept: readonly Exclusion[];
  /** Between joining and the last answer, of those who count; null when nobody does. */
  readonly medianMinutes: number | null;
  readonly figures: readonly MethodFigure[];
  readonly comparisons: readonly Comparison[];
  readonly comments: readonly string[];
  readonly ratings: readonly Rating[];
  readonly exclusions: ReadonlyMap<string, readonly Exclusion[]>;
}

/** @param keep reasons for which nobody is left out. */
export function analyse(
  study: Study,
  participants: readonly Participant[],
  keep: readonly Exclusion[] = [],
): Analysis {
  const began = participants.filter(({ progress }) => progress.consented);
  const exclusions = new Map<string, readonly Exclusion[]>();
  for (const person of began) {
    const reasons = exclusionsOf(person, study).filter((reason) => !keep.includes(reason));
    if (reasons.length > 0) exclusions.set(person.id, reasons);
  }
  const counted = began.filter(({ id }) => !exclusions.has(id));
  const ratings = began.flatMap((person) => ratingsOf(person, study));
  const means = participantMeans(
    ratings.filter(({ kind, participant }) => kind === "rating" && !exclusions.has(participant)),
  );
  const countOf = (reason: Exclusion) =>
    [...exclusions.values()].filter((all) => all.includes(reason)).length;
  return {
    joined: participants.length,
    neverBegan: participants.length - began.length,
    counted: counted.length,
    excluded: Object.fromEntries(EXCLUSIONS.map((reason) => [reason, countOf(reason)])) as Record<
      Exclusion,
      number
    >,
    kept: keep,
    medianMinutes: median(counted.map(minutesOf)),
    figures: figuresOf(study, means),
    comparisons: comparisonsOf(study, means),
    comments: counted.flatMap(({ events }) =>
      events.flatMap(({ event: { action } }) =>
        action.kind === "finished" && action.comment !== "" ? [action.comment] : [],
      ),
    ),
    ratings,
    exclusions,
  };
}

/** By question and method, by participant: the ratings that are one observation together. */
type Means = ReadonlyMap<string, ReadonlyMap<string, { readonly mean: number; readonly ratings: number }>>;

function keyOf(question: string, method: string): string {
  return `${question} ${method}`;
}

function participantMeans(ratings: readonly Rating[]): Means {
  const values = new Map<string, Map<string, number[]>>();
  for (const { question, method, participant, value } of ratings) {
    const key = keyOf(question, method);
    const people = values.get(key) ?? new Map<string, number[]>();
    values.set(key, people);
    people.set(participant, [...(people.get(participant) ?? []), value]);
  }
  const summed = (people: ReadonlyMap<string, readonly number[]>) =>
    new Map([...people].map(([id, each]) => [id, { mean: mean(each), ratings: each.length }]));
  return new Map([...values].map(([key, people]) => [key, summed(people)]));
}

function figuresOf({ questions, methods, seed }: Study, means: Means): MethodFigure[] {
  return questions.flatMap(({ id: question }) =>
    methods.flatMap(({ id: method }) => {
      const people = [...(means.get(keyOf(question, method))?.values() ?? [])];
      if (people.length === 0) return [];
      const interval = bootstrapMean(
        people.map((person) => person.mean),
        seededBy(seed, "bootstrap", question, method),
      );
      const ratings = people.reduce((sum, person) => sum + person.ratings, 0);
      return [{ question, method, ...interval, ratings }];
    }),
  );
}

function comparisonsOf({ questions, methods, seed }: Study, means: Means): Comparison[] {
  const tests = questions.flatMap(({ id: question }) =>
    methods.flatMap(({ id: first }, k) =>
      methods.slice(k + 1).flatMap(({ id: second }) => {
        const others = means.get(keyOf(question, second));
        const differences = [...(means.get(keyOf(question, first)) ?? [])].flatMap(([id, value]) => {
          const other = others?.get(id);
          return other ? [value.mean - other.mean] : [];
        });
        if (differences.length === 0) return [];
        const interval = bootstrapMean(differences, seededBy(seed, "difference", question, first, second));
        const pair: [string, string] = [first, second];
        return [{ question, methods: pair, ...interval, p: wilcoxonSignedRank(differences) }];
      }),
    ),
  );
  const adjusted = holm(tests.map(({ p }) => p));
  return tests.map((test, k) => ({ ...test, adjusted: adjusted[k] }));
}

function minutesOf({ joinedAt, events }: Participant): number {
  const end = events.at(-1)?.at ?? joinedAt;
  return (Date.parse(end) - Date.parse(joinedAt)) / 60_000;
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
