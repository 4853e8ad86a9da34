/** Every rating of a study with what it is a rating of, and who is left out of the report and why. */

import { csvLine } from "../protocol/csv.ts";
import type { Participant } from "./answers.ts";
import type { PlannedTrial } from "./plan.ts";
import { ratingKey, scaleRange, trialProgress } from "./protocol.ts";
import type { Study } from "./study-file.ts";

export interface Rating {
  readonly participant: string;
  readonly trial: string;
  readonly kind: PlannedTrial["kind"];
  readonly clip: string;
  readonly label: string;
  /** Of the trial's stimuli, from 1. */
  readonly place: number;
  /** In attention checks "right" or "wrong". */
  readonly method: string;
  readonly question: string;
  readonly value: number;
  /** When the rating was last changed. */
  readonly at: string;
}

export const EXCLUSIONS = ["incomplete", "headphones", "attention"] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];

export const EXCLUSION_MEANINGS: Readonly<Record<Exclusion, string>> = {
  incomplete: "did not rate all trials",
  headphones: "did not pass the headphone check",
  attention: "did not rate the sound with the class in it clearly above the others in an attention check",
};

/** In an attention check the right sound must lie so much of the scale above every wrong one. */
const ATTENTION_MARGIN = 0.1;

/** In the order of hearing; the practice's too. */
export function ratingsOf({ id, plan, progress, events }: Participant, study: Study): Rating[] {
  const times = new Map<string, string>();
  for (const { at, event } of events) {
    const { action } = event;
    if (action.kind === "rated") times.set(`${action.trial} ${action.stimulus} ${action.question}`, at);
  }
  return [...(plan.practice ? [plan.practice] : []), ...plan.trials].flatMap((trial) => {
    const { ratings } = trialProgress(progress, trial.id);
    return trial.stimuli.flatMap(({ method }, stimulus) =>
      study.questions.flatMap(({ id: question }) => {
        const value = ratings[ratingKey(stimulus, question)];
        if (value === undefined) return [];
        const { id: trialId, kind, clip, label } = trial;
        const at = times.get(`${trialId} ${stimulus} ${question}`) ?? "";
        return [
          {
            participant: id,
            trial: trialId,
            kind,
            clip,
            label,
            place: stimulus + 1,
            method,
            question,
            value,
            at,
          },
        ];
      }),
    );
  });
}

/** Why a participant's ratings do not count; empty when they do. */
export function exclusionsOf(person: Participant, study: Study): Exclusion[] {
  const { plan, progress } = person;
  const found: Exclusion[] = [];
  const done = (trial: PlannedTrial) => trialProgress(progress, trial.id).done;
  if (!plan.trials.every(done)) found.push("incomplete");
  const tried = progress.headphones.length > 0;
  if (study.headphones && tried && !progress.headphones.some(({ passed }) => passed))
    found.push("headphones");
  const checks = plan.trials.filter((trial) => trial.kind === "attention" && done(trial));
  if (checks.some((trial) => !attends(trial, person, study))) found.push("attention");
  return found;
}

function attends(trial: PlannedTrial, { progress }: Participant, study: Study): boolean {
  const { ratings } = trialProgress(progress, trial.id);
  const [question] = study.questions;
  const { low, high } = scaleRange(study.scale);
  const rated = (stimulus: number) => ratings[ratingKey(stimulus, question.id)];
  const right = trial.stimuli.findIndex(({ method }) => method === "right");
  return trial.stimuli.every(
    (_, stimulus) => stimulus === right || rated(right) - rated(stimulus) >= ATTENTION_MARGIN * (high - low),
  );
}

/** One line a rating, with a heading. */
export function ratingsCsv(
  ratings: readonly Rating[],
  excluded: ReadonlyMap<string, readonly Exclusion[]>,
): string {
  const columns = [
    "participant",
    "trial",
    "kind",
    "clip",
    "label",
    "place",
    "method",
    "question",
    "value",
    "at",
  ] as const;
  const line = (cells: readonly (string | number)[]) => csvLine(cells, "\n");
  return [
    line([...columns, "excluded"]),
    ...ratings.map((rating) =>
      line([...columns.map((column) => rating[column]), (excluded.get(rating.participant) ?? []).join(" ")]),
    ),
  ].join("");
}
