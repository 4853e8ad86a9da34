/** The sounds that a training on ESC-50 hears, and whose they are. */
import type { Esc50Clip } from "../data/esc50.ts";
import { soundHash } from "../data/sound-hash.ts";
import { CREDITS_FILE, loadSoundSet, OTHER, type SoundSet } from "../data/sound-sets.ts";
import { samplesOf } from "../data/windows.ts";
import type { Follow } from "../progress.ts";
import type { TrainingSounds } from "./classifier-batches.ts";
import { SoundPool } from "./sound-pool.ts";
import type { Attribution, ClassifierMeta, Origin, StreamClassifierMeta } from "./weights-file.ts";

export interface TrainingSoundsOptions {
  /** ESC-50 in its official layout. */
  readonly data: string;
  /** Folds to train on. */
  readonly folds: readonly number[];
  /** A folder of spoken sentences. */
  readonly speech: string;
  /** A folder of music. */
  readonly music?: string | undefined;
  /** A folder of further sounds that are of no known class. */
  readonly other?: string;
  /** ESC-50 categories to keep out of training. */
  readonly without?: readonly string[];
  /** Leave out what is spared for settings of the sounds of `other`. */
  readonly spare?: boolean;
  /** Train on all clips, not only those under CC0 and CC BY. */
  readonly anyLicence?: boolean;
  /** Sentences on whose the sounds of `speech` and `other` are, where no `CREDITS.txt` in their folders says so. */
  readonly credit?: readonly string[];
}

export async function loadTrainingSounds(
  { anyLicence, without = [], credit = [], ...options }: TrainingSoundsOptions,
  { onProgress = () => {}, onNotice = () => {}, signal }: Follow = {},
): Promise<SoundSet> {
  const set = await loadSoundSet({
    ...options,
    without,
    freeOnly: !anyLicence,
    signal,
    onProgress: (done, total) => onProgress({ stage: "sounds", done, total }),
  });
  for (const line of set.skipped) onNotice(`left out: ${line}`);
  for (const line of set.notes) onNotice(line);
  if (options.other !== undefined && set.credits.other.length + credit.length === 0) {
    onNotice(
      `nothing says whose the sounds in ${options.other} are, so no pack will: give --credit, or put a ${CREDITS_FILE} there`,
    );
  }
  return set;
}

/** The sounds of each label that a classifier knows, and all others. */
export function soundsByLabel({ sounds }: SoundSet, labels: readonly string[]): TrainingSounds {
  const known = new Map<string, Float32Array[]>();
  const other: Float32Array[] = [];
  for (const { label, samples } of sounds) {
    if (label === OTHER || !labels.includes(label)) other.push(samples);
    else if (known.has(label)) known.get(label)!.push(samples);
    else known.set(label, [samples]);
  }
  return { known, other };
}

export interface ClassPools {
  /** Sounds of each class, in the order of the labels; that of `other`, where there is one, holds all of no known class. */
  readonly classes: readonly SoundPool[];
  /** Sounds of no known class, where no label means them. */
  readonly beside?: SoundPool | undefined;
}

/** Pools of windows as long as the classifier's. */
export function soundPools(
  set: SoundSet,
  { labels, other, shape }: ClassifierMeta | StreamClassifierMeta,
): ClassPools {
  const sounds = soundsByLabel(set, labels);
  const pool = (list: readonly Float32Array[]) => new SoundPool(list, samplesOf(shape.frames));
  return {
    classes: labels.map((label) => pool(label === other ? sounds.other : (sounds.known.get(label) ?? []))),
    ...(other === undefined && { beside: pool(sounds.other) }),
  };
}

/** Whose the sounds are and which they are, for the file of the weights. */
export function soundsOrigin(
  { clips, credits, sounds }: SoundSet,
  credit: readonly string[] = [],
): Pick<Origin, "attributions" | "credits" | "heard"> {
  return {
    heard: sounds.map(({ samples }) => soundHash(samples)),
    attributions: clips.map(attributionOf),
    credits: [...credits.speech, ...credits.music, ...credits.other, ...credit],
  };
}

function attributionOf({ file, licence: { name, author, title, url } }: Esc50Clip): Attribution {
  return { file, licence: name, author, title, url };
}
