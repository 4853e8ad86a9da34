/** What is rated: methods of a pack, sounds that others made, and the anchors. */
import { readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { Pack } from "../models/pack/pack.ts";
import { StudyFileError } from "./study-file.ts";

export const ANCHORS = ["original", "low"] as const;
export type Anchor = (typeof ANCHORS)[number];

export interface ForeignMethod {
  readonly id: string;
  /** Sounds named as the clips are, whatever their kind: dog.wav for dog.flac. */
  readonly folder: string;
}

interface Condition {
  readonly id: string;
  readonly title: string;
  readonly kind: "method" | "foreign" | "original" | "low";
}

const ANCHOR_TITLES = { original: "Original (hidden)", low: "Random mask (low anchor)" };

/** @throws StudyFileError when two of them have one name. */
export function conditionsOf(
  pack: Pack,
  methods: readonly string[],
  foreign: readonly ForeignMethod[],
  anchors: readonly Anchor[],
): Condition[] {
  const conditions: Condition[] = [
    ...methods.map((id) => ({
      id,
      title: pack.methods.find(({ name }) => name === id)?.title ?? id,
      kind: "method" as const,
    })),
    ...foreign.map(({ id }) => ({ id, title: id, kind: "foreign" as const })),
    ...anchors.map((id) => ({ id, title: ANCHOR_TITLES[id], kind: id })),
  ];
  const names = conditions.map(({ id }) => id);
  const twice = names.find((id, k) => names.indexOf(id) !== k);
  if (twice) throw new StudyFileError(`two conditions are called "${twice}"; give --foreign another name`);
  return conditions;
}

/** The sounds of a folder by their names without what follows the last dot. */
export async function soundsByStem(folder: string): Promise<Map<string, string>> {
  const files = await readdir(folder).catch(() => {
    throw new StudyFileError(`there is no folder ${folder}; name one with a sound for every clip`);
  });
  return new Map(files.map((file) => [stemOf(file), join(folder, file)]));
}

export function stemOf(file: string): string {
  return basename(file, extname(file));
}
