/** `study.json`: what a study asks about which sounds. Sounds lie beside it, as sounds/SOUND.wav. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { PARTICIPANT_ID, SOUND_ID } from "./protocol.ts";

const id = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be lower-case letters, digits and dashes"),
);
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(2_000));
const texts = v.pipe(v.array(text), v.maxLength(40));
const sound = v.pipe(v.string(), v.regex(SOUND_ID, "must be the name of a sound, 24 of 0-9a-f"));
const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

const clipSchema = v.object({
  id,
  /** What the clip was made of, for whoever runs the study. */
  source: v.optional(v.string()),
  /** The class that participants read: "dog". */
  label: text,
  original: sound,
  /** By method. */
  sounds: v.record(id, sound),
});

const attentionSchema = v.object({
  id,
  label: text,
  original: sound,
  /** Has the class in it, as the original has. */
  right: sound,
  /** Have nothing of it. */
  wrong: v.pipe(v.array(sound), v.minLength(1)),
});

const studySchema = v.object({
  format: v.literal(1),
  name: id,
  title: text,
  /** Of its texts, as in HTML's lang: "en". */
  language: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$/)), "en"),
  /** Start of the random numbers: with a participant's name it gives the order of trials and stimuli. */
  seed: whole(0, 2 ** 31 - 1),
  texts: v.object({
    /** Paragraphs. */
    welcome: texts,
    consent: texts,
    agree: text,
    thanks: texts,
  }),
  scale: v.picklist(["0-100", "1-5"]),
  /** The first one is what attention is judged by. */
  questions: v.pipe(v.array(v.object({ id, text, low: text, high: text })), v.minLength(1), v.maxLength(6)),
  /** Conditions; more than letters or patience allow is refused. */
  methods: v.pipe(
    v.array(v.object({ id, title: text, kind: v.picklist(["method", "foreign", "original", "low"]) })),
    v.minLength(1),
    v.maxLength(12),
  ),
  clips: v.pipe(v.array(clipSchema), v.minLength(1), v.maxLength(2_000)),
  practice: v.optional(clipSchema),
  attention: v.optional(v.array(attentionSchema), []),
  /** Rated by each participant, attention checks not counted. */
  trials: whole(1, 200),
  headphones: v.optional(
    v.object({
      questions: whole(1, 12),
      /** Right answers that pass. */
      needed: whole(1, 12),
      attempts: whole(1, 5),
      /** Whether the study ends for those who do not pass; else they are left out of the report. */
      required: v.boolean(),
    }),
  ),
  participants: v.optional(
    v.object({
      most: v.optional(whole(1, 100_000), 1_000),
      /** When given, only these may take part. */
      invited: v.optional(v.array(v.pipe(v.string(), v.regex(PARTICIPANT_ID)))),
    }),
    {},
  ),
});

export type Study = v.InferOutput<typeof studySchema>;
export type StudyClip = v.InferOutput<typeof clipSchema>;

/** The study file or one of its sounds is missing or wrong. */
export class StudyFileError extends Error {
  override name = "StudyFileError";
}

export const STUDY_FILE = "study.json";

export function soundPath(folder: string, name: string): string {
  return join(folder, "sounds", `${name}.wav`);
}

/** Checks the parsed text of a study file; `source` is named in the error, as are the fields. */
export function parseStudy(json: unknown, source: string): Study {
  const result = v.safeParse(studySchema, json);
  if (!result.success) {
    const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? "(root)"}: ${issue.message}`);
    throw new StudyFileError(`${source} is not a usable study: ${problems.slice(0, 8).join("; ")}`);
  }
  const study = result.output;
  const problems = contradictions(study);
  if (problems.length > 0) throw new StudyFileError(`${source}: ${problems.slice(0, 8).join("; ")}`);
  return study;
}

function contradictions(study: Study): string[] {
  const { clips, practice, methods, trials, attention, questions, headphones } = study;
  const problems: string[] = [];
  const unique = (field: string, ids: readonly string[]) => {
    const twice = ids.find((each, k) => ids.indexOf(each) !== k);
    if (twice !== undefined) problems.push(`${field}: "${twice}" is there twice`);
  };
  unique(
    "methods",
    methods.map(({ id }) => id),
  );
  unique(
    "questions",
    questions.map(({ id }) => id),
  );
  unique(
    "clips",
    clips.map(({ id }) => id),
  );
  unique(
    "attention",
    attention.map(({ id }) => id),
  );
  const named: [string, StudyClip][] = clips.map((clip, k) => [`clips.${k}`, clip]);
  if (practice) named.push(["practice", practice]);
  for (const [field, clip] of named) {
    for (const { id } of methods) {
      if (!(id in clip.sounds)) problems.push(`${field}.sounds.${id}: there is no sound of this method`);
    }
  }
  if (trials > clips.length) problems.push(`trials: ${trials} are more than the ${clips.length} clips`);
  if (headphones && headphones.needed > headphones.questions) {
    problems.push(`headphones.needed: ${headphones.needed} of ${headphones.questions} can't be right`);
  }
  return problems;
}

export interface OpenStudy {
  readonly folder: string;
  readonly study: Study;
  /** Of the study file's bytes: answers are kept with it, so that they are never read by another file. */
  readonly hash: string;
}

/** @throws StudyFileError when the file or one of the sounds is missing or wrong. */
export async function openStudy(folder: string): Promise<OpenStudy> {
  const file = join(folder, STUDY_FILE);
  const bytes = await readFile(file).catch(({ code, message }: NodeJS.ErrnoException) => {
    throw new StudyFileError(
      code === "EACCES" || code === "EPERM"
        ? `${file} cannot be read (${message}); a study is its maker's alone: run this as the same user, or chown it`
        : `there is no ${file}; name a folder that "listenable study prepare" made`,
    );
  });
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new StudyFileError(`${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const study = parseStudy(json, file);
  const missing = allSounds(study).find((name) => !existsSync(soundPath(folder, name)));
  if (missing !== undefined) {
    throw new StudyFileError(
      `${soundPath(folder, missing)}, which ${file} names, is not there; prepare again`,
    );
  }
  return { folder, study, hash: createHash("sha256").update(bytes).digest("hex").slice(0, 24) };
}

/** Every sound that the study plays, each once. */
export function allSounds({ clips, practice, attention }: Study): string[] {
  const ofClip = ({ original, sounds }: StudyClip) => [original, ...Object.values(sounds)];
  return [
    ...new Set([
      ...[...clips, ...(practice ? [practice] : [])].flatMap(ofClip),
      ...attention.flatMap(({ original, right, wrong }) => [original, right, ...wrong]),
    ]),
  ];
}
