/** The lines of a study's journal, and what they say of each participant. */
import * as v from "valibot";
import { parseEvent } from "./event-schema.ts";
import { JournalError, readJournal } from "./journal.ts";
import { blindTrial, type Plan, planFor } from "./plan.ts";
import {
  advance,
  NO_PROGRESS,
  PARTICIPANT_ID,
  type Progress,
  type StudyEvent,
  StudyRefusal,
} from "./protocol.ts";
import type { OpenStudy, Study } from "./study-file.ts";

export const ANSWERS_FILE = "answers.jsonl";

const participant = v.pipe(v.string(), v.regex(PARTICIPANT_ID));
const lineSchema = v.union([
  v.object({
    at: v.string(),
    participant,
    /** `number` counts from 0; `study` is the hash of the study file that the answers are to. */
    joined: v.object({ number: v.pipe(v.number(), v.integer(), v.minValue(0)), study: v.string() }),
  }),
  v.object({ at: v.string(), participant, event: v.unknown() }),
]);

/** One line: somebody joined, or an event of somebody who had. */
export type AnswerLine =
  | {
      readonly at: string;
      readonly participant: string;
      readonly joined: { readonly number: number; readonly study: string };
    }
  | { readonly at: string; readonly participant: string; readonly event: StudyEvent };

export interface TimedEvent {
  readonly at: string;
  readonly event: StudyEvent;
}

/** One participant as the lines so far tell. */
export class Participant {
  readonly plan: Plan;
  /** What `advance` needs to know. */
  readonly rules: ReturnType<typeof rulesOf>;
  readonly seen = new Set<string>();
  readonly events: TimedEvent[] = [];
  progress: Progress = NO_PROGRESS;

  constructor(
    study: Study,
    readonly id: string,
    readonly number: number,
    readonly joinedAt: string,
  ) {
    this.plan = planFor(study, id, number);
    this.rules = rulesOf(study, this.plan);
  }

  get finished(): boolean {
    return this.progress.finished;
  }

  /** When they joined or last answered, in milliseconds since 1970. */
  get actedAt(): number {
    return Date.parse(this.events.at(-1)?.at ?? this.joinedAt);
  }

  /** Takes an event that was not seen before; throws a StudyRefusal, and nothing changes, when it does not fit. */
  take(event: StudyEvent, at: string): void {
    this.progress = advance(this.rules, this.progress, event.action);
    this.seen.add(event.id);
    this.events.push({ at, event });
  }
}

/** All that is known of somebody, as lines: with those of everybody else a journal as it was, but for its order. */
export function linesOf({ id, number, joinedAt, events }: Participant, study: string): AnswerLine[] {
  return [
    { at: joinedAt, participant: id, joined: { number, study } },
    ...events.map(({ at, event }) => ({ at, participant: id, event })),
  ];
}

export function rulesOf(study: Study, plan: Plan) {
  const { headphones } = study;
  return {
    scale: study.scale,
    questions: study.questions,
    headphones: headphones && {
      attempts: plan.tones,
      needed: headphones.needed,
      required: headphones.required,
    },
    practice: plan.practice && blindTrial(plan.practice),
    trials: plan.trials.map(blindTrial),
  };
}

/**
 * Everybody in a results file, in the order in which they joined.
 *
 * @throws JournalError when a line is damaged, does not fit those before it, or answers another study file.
 */
export async function readAnswers(
  path: string,
  { study, hash, folder }: OpenStudy,
): Promise<{ readonly participants: Map<string, Participant>; readonly end: number }> {
  const { lines, end } = await readJournal(path);
  const participants = new Map<string, Participant>();
  for (const [k, json] of lines.entries()) {
    const broken = (why: string) => new JournalError(`${path}, line ${k + 1}: ${why}`);
    const parsed = v.safeParse(lineSchema, json);
    if (!parsed.success) throw broken(`${v.getDotPath(parsed.issues[0]) ?? "(root)"} is not as it should be`);
    const line = parsed.output;
    if ("joined" in line) {
      if (line.joined.study !== hash) {
        throw broken(
          `these answers are to another study file than the one in ${folder}: it was changed since, or it is another ` +
            "study; put the file back, or name another folder with --results",
        );
      }
      // A line that came twice, as of a journal put together from two.
      if (participants.has(line.participant)) continue;
      const { number } = line.joined;
      participants.set(line.participant, new Participant(study, line.participant, number, line.at));
      continue;
    }
    const person = participants.get(line.participant);
    if (!person) throw broken(`${line.participant} answers without having joined`);
    const event = parseEvent(line.event, (problem) => {
      throw broken(`event.${problem}`);
    });
    if (!event || person.seen.has(event.id)) continue;
    try {
      person.take(event, line.at);
    } catch (error) {
      throw error instanceof StudyRefusal ? broken(error.message) : error;
    }
  }
  return { participants, end };
}
