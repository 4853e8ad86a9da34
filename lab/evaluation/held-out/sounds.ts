/** Which sounds a run has not heard, as far as that can be told before they are read. */
import { readEsc50 } from "../../data/esc50.ts";
import { seededBy } from "../../data/random.ts";
import { findSounds } from "../../data/sound-folder.ts";
import { MUSIC, SPEECH } from "../../data/sound-sets.ts";
import { isSparedSound, isUnknownSound, mayTrainOn } from "../../data/unknown-sounds.ts";
import { UsageError } from "../../errors.ts";
import type { StreamClassifierMeta } from "../../training/weights-file.ts";
import { asUnknown, sourceName } from "../plan/unknown-source.ts";

export interface HeldOutSound {
  readonly name: string;
  readonly path: string;
  /** A class of the run; what the unknown are called is nobody's class. */
  readonly label: string;
  readonly source: string;
}

/** Where held-out sounds are. */
export interface HeldOutFolders {
  /** ESC-50 in its official layout. */
  readonly data: string;
  /** Its folds that are heard; clips that the run was trained on are left out. */
  readonly folds: readonly number[];
  /** Folders of voices and of music that the run has not heard. */
  readonly speech?: readonly string[] | undefined;
  readonly music?: readonly string[] | undefined;
  /** Folders of sounds of no known class that it has not heard, or the collection that it spared a part of. */
  readonly unknown?: readonly string[] | undefined;
  /** At most so many sounds of each class and folder, drawn by the seed. */
  readonly clips?: number | undefined;
  readonly seed?: number | undefined;
}

/** @param notes what people should know of the choice goes here. @throws UsageError where the run has heard all clips of the folds. */
export async function heldOutSounds(
  options: HeldOutFolders,
  { labels, attributions, settings, heard }: StreamClassifierMeta,
  notes: string[],
): Promise<{ known: HeldOutSound[]; unknown: HeldOutSound[] }> {
  const { data, folds, speech = [], music = [], seed = 1, clips: most = Number.POSITIVE_INFINITY } = options;
  const few = <T>(sounds: readonly T[], what: string) =>
    seededBy(seed, "held out", what)
      .shuffle([...sounds])
      .slice(0, most);
  const all = await readEsc50(data);
  const recordingOf = ({ fold, recording }: { fold: number; recording: string }) => `${fold}-${recording}`;
  const learnt = new Set(attributions.map(({ file }) => file));
  const learntRecordings = new Set(all.filter(({ file }) => learnt.has(file)).map(recordingOf));
  const inFolds = all.filter(({ fold, category }) => folds.includes(fold) && labels.includes(category));
  const clips = inFolds.filter((clip) => !learntRecordings.has(recordingOf(clip)));
  if (clips.length < inFolds.length) {
    notes.push(`${inFolds.length - clips.length} of ${inFolds.length} clips were heard in training.`);
  }
  if (clips.length === 0)
    throw new UsageError(`--folds ${folds.join(",")}: the run has heard all of their clips`);
  const known: HeldOutSound[] = labels.flatMap((label) =>
    few(
      clips.filter(({ category }) => category === label),
      label,
    ).map(({ file, path }) => ({ name: file, path, label, source: "ESC-50" })),
  );
  for (const [label, folders] of [
    [SPEECH, speech],
    [MUSIC, music],
  ] as const) {
    if (labels.includes(label) && folders.length === 0)
      notes.push(`No sounds of ${label} were given: its threshold is the one that all share.`);
    for (const folder of folders) {
      const found = await findSounds(folder);
      const source = sourceName(found);
      known.push(...few(found.sounds, folder).map(({ name, path }) => ({ name, path, label, source })));
    }
  }
  if (heard === undefined && speech.length + music.length + (options.unknown ?? []).length > 0) {
    notes.push("The run doesn't say which sounds it has heard: name folders that it has not.");
  }
  const unknown: HeldOutSound[] = [];
  for (const folder of options.unknown ?? []) {
    const found = await findSounds(folder);
    const isCollection = found.sounds.some(({ name }) => isUnknownSound(name) || isSparedSound(name));
    const mayAsk = isCollection
      ? found.sounds.filter(({ name }) => isSparedSound(name) && settings["spare"] === true)
      : found.sounds.filter(({ name }) => mayTrainOn(name));
    if (mayAsk.length === 0 && isCollection) {
      notes.push(`${folder} is left out: the run was not told to spare anything (train stream --spare).`);
    }
    if (mayAsk.length === 0) continue;
    const { layout, sounds } = asUnknown({ ...found, sounds: mayAsk });
    const strange = sounds.filter(({ label }) => !labels.includes(label ?? ""));
    unknown.push(
      ...few(strange, folder).map(({ name, path, label }) => ({ name, path, label: label!, source: layout })),
    );
  }
  return { known, unknown };
}
