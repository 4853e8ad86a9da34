/** The sounds that a training on ESC-50 hears, and whose they are. */
import type { Esc50Clip } from "../data/esc50.ts";
import {
  CREDITS_FILE,
  isKnown,
  type LabelledSound,
  loadSoundSet,
  type SoundSet,
} from "../data/sound-sets.ts";
import type { Follow } from "../progress.ts";
import { SoundPool } from "./sound-pool.ts";
import type { Attribution, ClassifierMeta, Origin } from "./weights-file.ts";

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

/** One pool a label, in their order; that of `other` holds all sounds of no known class. */
export function soundPools({ sounds }: SoundSet, { labels, other }: ClassifierMeta): SoundPool[] {
  const isOf = (label: string) => (each: LabelledSound) =>
    label === other ? !isKnown(each.label) : each.label === label;
  return labels.map((label) => new SoundPool(sounds.filter(isOf(label)).map(({ samples }) => samples)));
}

/** Whose the sounds are, for the file of the weights. */
export function soundsOrigin(
  { clips, credits }: SoundSet,
  credit: readonly string[] = [],
): Pick<Origin, "attributions" | "credits"> {
  return {
    attributions: clips.map(attributionOf),
    credits: [...credits.speech, ...credits.music, ...credits.other, ...credit],
  };
}

function attributionOf({ file, licence: { name, author, title, url } }: Esc50Clip): Attribution {
  return { file, licence: name, author, title, url };
}
