/** How many of the sounds that a pack is judged on it has heard in training, and what that makes of the figures. */
import type { HeardSounds } from "../data/heard-sounds.ts";

export interface HeardInTraining {
  /** The pack's name. */
  readonly pack: string;
  /** Whether the pack says what it has heard. */
  readonly told: boolean;
  /** Trainings of a pack that says it which don't: "classifier", or a method's name. */
  readonly unknown: readonly string[];
  /** Empty where nothing is told. */
  readonly sources: readonly HeardOfSource[];
}

export interface HeardOfSource {
  readonly name: string;
  readonly heard: number;
  readonly of: number;
}

/** Sounds of one folder, each by its `soundHash`. */
export interface HashedSource {
  readonly name: string;
  readonly hashes: readonly string[];
}

/** @param heard undefined of a pack that doesn't say it, and of results of before. */
export function heardInTraining(
  pack: string,
  heard: HeardSounds | undefined,
  sources: readonly HashedSource[],
): HeardInTraining {
  if (!heard) return { pack, told: false, unknown: [], sources: [] };
  return {
    pack,
    told: true,
    unknown: heard.unknown,
    sources: sources
      .filter(({ hashes }) => hashes.length > 0)
      .map(({ name, hashes }) => ({
        name,
        heard: hashes.filter((hash) => heard.has(hash)).length,
        of: hashes.length,
      })),
  };
}

/** Sentences for people; the first is the one that matters. */
export function heardSentences({ pack, told, unknown, sources }: HeardInTraining): string[] {
  if (!told) {
    return [
      `Pack ${pack} doesn't say which sounds it has heard in training: whether these figures are of new sounds is unknown.`,
    ];
  }
  const total = sources.reduce((sum, { of }) => sum + of, 0);
  const among = sources.filter(({ heard }) => heard > 0);
  const these = sources.every(({ heard, of }) => heard === of) ? "these figures" : "figures of them";
  const counts = among.map(
    ({ name, heard, of }, k) => `${heard} of ${of} ${k === 0 ? "sounds of " : "of "}${name}`,
  );
  return [
    among.length > 0
      ? `${listed(counts)} were heard in training: ${these} say nothing about new sounds.`
      : `None of the ${total} sounds was heard in training, as far as pack ${pack} says.`,
    ...(unknown.length > 0
      ? [`Which sounds the training of its ${listed(unknown)} heard, pack ${pack} doesn't say.`]
      : []),
  ];
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
