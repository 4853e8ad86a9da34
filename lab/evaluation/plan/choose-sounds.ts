/** Which sounds of a folder are measured and what for, after each of them was looked at. */
import { stat } from "node:fs/promises";
import type { SoundCheck } from "../../data/check-sound.ts";
import { seededBy } from "../../data/random.ts";
import type { FoundSound } from "../../data/sound-folder.ts";
import { MUSIC, SPEECH } from "../../data/sound-sets.ts";
import type { EvaluationOptions } from "../evaluation.ts";
import {
  type HashedSource,
  type HeardInTraining,
  heardInTraining,
  heardSentences,
} from "../heard-in-training.ts";
import type { SoundPools } from "../measure/measure-sound.ts";
import { keyOf } from "../measure/result-store.ts";
import type { Steps } from "../steps.ts";
import { asUnknown, sourceName } from "./unknown-source.ts";

/** Of a corpus of ten thousand sentences, as many as this are drawn to mix in. */
const MOST_SENTENCES = 200;

export interface CheckedSound extends FoundSound {
  /** Of its samples. */
  readonly hash: string;
  /** What it is told by where it was heard in training. */
  readonly heardAs: string;
}

/** Sounds of one folder. */
export interface SoundSource {
  readonly name: string;
  readonly sounds: readonly CheckedSound[];
}

export interface ChosenSounds {
  /** Whether sounds of the classes that the pack knows are among them, so that right and wrong can be told. */
  readonly labelled: boolean;
  /** The pack's classes but for "other", speech and music. */
  readonly known: readonly string[];
  /** Sounds whose explanations are measured, and that are mixed into each other. */
  readonly explained: readonly CheckedSound[];
  /** Labelled sounds that the classifier is judged by. */
  readonly judged: readonly CheckedSound[];
  /** Sounds of no known class among them, by where they are from. */
  readonly unknown: readonly SoundSource[];
  /** Voices and music among them, by where they are from. */
  readonly folders: readonly SoundSource[];
  /** Sounds of two known classes to be heard at once, the louder first. */
  readonly pairs: readonly (readonly [CheckedSound, CheckedSound])[];
  readonly sentences: readonly CheckedSound[];
  /** Behind the events of scenes. */
  readonly backgrounds: readonly CheckedSound[];
  readonly pools: SoundPools;
  readonly heard: HeardInTraining;
  /** Files that are not measured, with the reason. */
  readonly skipped: readonly string[];
  readonly notes: readonly string[];
}

/** @throws Error when nothing can be measured, or a setting lacks what it mixes in. */
export async function chooseSounds(options: EvaluationOptions, progress: Steps): Promise<ChosenSounds> {
  const { opened, data, settings, seed, mostClips = data.sounds.length } = options;
  const { labels, other, heardCategories = [], name } = opened.pack;
  const isNamed = (label: string | undefined) =>
    label !== undefined && labels.includes(label) && label !== other && label !== SPEECH;
  const known = labels.filter((label) => isNamed(label) && label !== MUSIC);
  const knownSounds = data.sounds.filter(({ label }) => isNamed(label));
  const labelled = knownSounds.length > 0;
  const notes: string[] = [];
  if (!labelled && data.sounds.some(({ label }) => label !== undefined)) {
    notes.push(
      `None of the labels of ${data.layout} is a class of pack ${name} (${known.join(", ")}): ` +
        "all clips are explained, and accuracy is left out.",
    );
  }
  if (options.channel !== undefined && options.channel !== "mix") {
    notes.push(`Of sounds with several channels, channel "${options.channel}" is measured.`);
  }
  // What the classifier heard in training without learning its name says nothing of the unknown.
  const isUnknown = ({ label }: FoundSound) =>
    label !== undefined &&
    !labels.includes(label) &&
    !heardCategories.includes(label) &&
    (options.only?.includes(label) ?? true);
  const strangers = labelled
    ? [data, ...(options.unknown ?? []).map(asUnknown)].map(({ layout, sounds }) => ({
        name: layout,
        sounds: drawn(sounds.filter(isUnknown), mostClips, seed),
      }))
    : [];
  const toExplain = drawn(labelled ? knownSounds : data.sounds, mostClips, seed);
  const toJudge = strangers.flatMap(({ sounds }) => sounds);
  const toMixIn = drawn(options.sentences?.sounds ?? [], MOST_SENTENCES, seed);
  const behind = settings.includes("scenes") ? (options.backgrounds ?? []) : [];
  const toHear = labelled ? soundsToHear(options, notes) : [];

  const hearing = toHear.flatMap(({ sounds }) => sounds);
  const wanted = [...toExplain, ...toJudge, ...toMixIn, ...behind, ...hearing];
  const checks = await checkSounds(wanted, options, progress);
  const skipped = [...data.refused];
  const usable = (sounds: readonly FoundSound[]): CheckedSound[] =>
    sounds.flatMap((sound) => {
      const check = checks.get(sound.path);
      if (check?.usable) {
        notes.push(...check.notes);
        return [{ ...sound, hash: check.hash, heardAs: check.heardAs }];
      }
      skipped.push(check?.reason ?? `${sound.path}: it could not be checked`);
      return [];
    });
  const explained = usable(toExplain);
  const strange = strangers.map(({ name: source, sounds }) => ({ name: source, sounds: usable(sounds) }));
  const unknown = strange.filter(({ sounds }) => sounds.length > 0);
  const sentences = usable(toMixIn);
  const backgrounds = usable(behind);
  if (explained.length === 0) {
    const first = skipped[0] ? `; the first: ${skipped[0]}` : "";
    throw new Error(`none of the ${toExplain.length} sounds of ${data.folder} can be measured${first}`);
  }
  if (settings.includes("mixtures") && explained.length < 2) {
    throw new Error(`mixtures need two clips to mix, and ${data.folder} has one that can be measured`);
  }
  if (settings.includes("speech") && sentences.length === 0) {
    throw new Error(`none of the sentences can be mixed in; the last: ${skipped.at(-1)}`);
  }
  if (settings.includes("scenes") && !labelled) {
    throw new Error(
      `scenes are of known events, and no sound of ${data.folder} is of a class of pack ${name} (${known.join(", ")})`,
    );
  }
  if (behind.length > 0 && backgrounds.length === 0) {
    throw new Error(`none of the backgrounds can be used; the last: ${skipped.at(-1)}`);
  }
  const spoken = sentences.map((sound) => ({ ...sound, label: SPEECH }));
  const voices = labels.includes(SPEECH) ? spoken : [];
  const spokenBy = options.sentences ? sourceName(options.sentences) : "";
  const named = toHear.map(({ name: source, label, sounds }) => ({
    name: source,
    sounds: usable(sounds).map((sound) => ({ ...sound, label })),
  }));
  const folders = [{ name: spokenBy, sounds: voices }, ...named].filter(({ sounds }) => sounds.length > 0);
  const [ofData, ...ofOthers] = strange;
  const heard = heardInTraining(name, options.heard, [
    hashedSource(dataName(options), [...explained, ...(ofData?.sounds ?? [])]),
    ...[...ofOthers, { name: spokenBy, sounds: sentences }, ...named].map((each) =>
      hashedSource(each.name, each.sounds),
    ),
    hashedSource("the backgrounds", backgrounds),
  ]);
  const told = heardSentences(heard);
  for (const sentence of told) options.onNotice?.(sentence);
  return {
    labelled,
    known,
    explained,
    judged: labelled ? [...explained, ...[...unknown, ...folders].flatMap(({ sounds }) => sounds)] : [],
    unknown,
    folders: labelled ? folders : [],
    pairs: labelled ? drawPairs(explained, [...explained, ...voices], seed) : [],
    sentences,
    backgrounds,
    pools: { clips: explained, sentences: spoken, backgrounds },
    heard,
    skipped,
    notes: [...told, ...notes],
  };
}

function dataName({ data, fold }: EvaluationOptions): string {
  return fold === undefined ? sourceName(data) : `fold ${fold} of ${sourceName(data)}`;
}

function hashedSource(name: string, sounds: readonly CheckedSound[]): HashedSource {
  return { name, hashes: sounds.map(({ heardAs }) => heardAs) };
}

/** The folders of voices and of music, as far as the pack has a class for them. */
function soundsToHear({ opened, voices = [], music = [], seed }: EvaluationOptions, notes: string[]) {
  const { labels, name } = opened.pack;
  const folders = [
    ...voices.map((found) => ({ found, label: SPEECH })),
    ...music.map((found) => ({ found, label: MUSIC })),
  ];
  for (const { found, label } of folders) {
    if (!labels.includes(label))
      notes.push(`${found.folder} is left out: "${label}" is no class of pack ${name}.`);
  }
  return folders
    .filter(({ label }) => labels.includes(label))
    .map(({ found, label }) => ({
      ...{ name: sourceName(found), label },
      sounds: drawn(found.sounds, MOST_SENTENCES, seed),
    }));
}

/** Looks into every file, or remembers what was seen there when it had the same size and date. */
async function checkSounds(
  sounds: readonly FoundSound[],
  { opened, store, threads, signal, channel = "mix" }: EvaluationOptions,
  progress: Steps,
): Promise<Map<string, SoundCheck>> {
  const checks = new Map<string, SoundCheck>();
  const keys = new Map<string, string>();
  for (const { path } of sounds) {
    const { size, mtimeMs } = await stat(path).catch(() => ({ size: -1, mtimeMs: 0 }));
    const key = keyOf("check-3", path, size, mtimeMs, opened.pack.sampleRate, channel);
    keys.set(path, key);
    const before = store.get<SoundCheck>(key);
    if (before) checks.set(path, before);
  }
  const tasks = sounds
    .filter(({ path }) => !checks.has(path))
    .map(({ path }) => ({ type: "check", path }) as const);
  if (tasks.length === 0) return checks;
  progress.add(tasks.length);
  await (await threads.get()).run(tasks, {
    signal,
    onDone: ({ path }, result) => {
      if (result instanceof Error) checks.set(path, { usable: false, reason: `${path}: ${result.message}` });
      else if (result.type === "check") {
        checks.set(path, result.check);
        store.add(keys.get(path)!, result.check);
      }
      progress.step("reading sounds");
    },
  });
  return checks;
}

/** Each of the louder ones beside one of another class, every class as likely as the others. */
export function drawPairs<Sound extends Pick<FoundSound, "name" | "label">>(
  louder: readonly Sound[],
  fainter: readonly Sound[],
  seed: number,
): (readonly [Sound, Sound])[] {
  return louder.flatMap((sound) => {
    const labels = [...new Set(fainter.map(({ label }) => label))].filter((label) => label !== sound.label);
    if (labels.length === 0) return [];
    const random = seededBy(seed, "pair", sound.name);
    const drawn = random.pick(labels);
    return [[sound, random.pick(fainter.filter(({ label }) => label === drawn))] as const];
  });
}

/** At most `most` of the items, drawn by the seed and kept in their order. */
function drawn<T>(items: readonly T[], most: number, seed: number): T[] {
  if (items.length <= most) return [...items];
  const chosen = seededBy(seed, "drawn")
    .shuffle(items.map((_, index) => index))
    .slice(0, most);
  return chosen.sort((a, b) => a - b).map((index) => items[index]);
}
