/** The sounds of a training or an evaluation, loaded from their folders. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ESC10_CLASSES, type Esc50Clip, isFreelyLicensed, readEsc50 } from "./esc50.ts";
import { isSparedSound, mayTrainOn } from "./unknown-sounds.ts";
import { readWave } from "./waves.ts";

export const SPEECH = "speech";
export const MUSIC = "music";
export const OTHER = "other";

/** Speech and music are more than a class beside others: their sounds come in folders of their own. */
export const FOLDER_CLASSES: readonly string[] = [SPEECH, MUSIC];

/** The classes of the first released pack, in the order of its probabilities. */
export const LABELS: readonly string[] = [...ESC10_CLASSES, SPEECH, OTHER];

export interface LabelledSound {
  readonly name: string;
  /** One of ESC-10, "speech", or the ESC-50 category of a sound outside ESC-10. */
  readonly label: string;
  readonly samples: Float32Array;
}

interface SoundSetOptions {
  /** ESC-50 in its official layout. */
  readonly data: string;
  readonly folds: readonly number[];
  /** A folder of spoken sentences. */
  readonly speech?: string;
  /** A folder of music. */
  readonly music?: string | undefined;
  /** A folder of further sounds that are of no known class. */
  readonly other?: string;
  /** Leave out clips that are not under CC0 or CC BY. */
  readonly freeOnly: boolean;
  /** ESC-50 categories to leave out. */
  readonly without: readonly string[];
  /** Leave out the sounds of `other` that are spared for settings (unknown-sounds.ts). */
  readonly spare?: boolean | undefined;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface SoundSet {
  readonly sounds: readonly LabelledSound[];
  /** The ESC-50 clips among them, for attribution. */
  readonly clips: readonly Esc50Clip[];
  /** Whose the sounds of the folders are: what their `CREDITS.txt` say. */
  readonly credits: {
    readonly speech: readonly string[];
    readonly music: readonly string[];
    readonly other: readonly string[];
  };
  /** Files that could not be used, with the reason. */
  readonly skipped: readonly string[];
  /** Which channels of files were heard, where it is not the mean of all. */
  readonly notes: readonly string[];
}

export async function loadSoundSet(options: SoundSetOptions): Promise<SoundSet> {
  const { data, folds, speech, music, other, freeOnly, without, onProgress = () => {}, signal } = options;
  const all = await readEsc50(data);
  const missing = folds.filter((fold) => !all.some((clip) => clip.fold === fold));
  if (missing.length > 0) {
    const there = [...new Set(all.map((clip) => clip.fold))].sort().join(", ");
    throw new Error(`${data} has no clips of fold ${missing.join(", ")}; it has the folds ${there}`);
  }
  const unknown = without.filter((category) => !all.some((clip) => clip.category === category));
  if (unknown.length > 0) throw new Error(`${data} has no category "${unknown.join('", "')}"`);
  const clips = all.filter(
    (clip) =>
      folds.includes(clip.fold) && !without.includes(clip.category) && (!freeOnly || isFreelyLicensed(clip)),
  );
  const sentences = speech === undefined ? [] : await soundFiles(speech);
  const pieces = music === undefined ? [] : await soundFiles(music);
  const mayHear = (file: string) => mayTrainOn(file) && !(options.spare && isSparedSound(file));
  const others = other === undefined ? [] : (await soundFiles(other)).filter(mayHear);
  const wanted = [
    ...clips.map((clip) => ({ name: clip.file, label: clip.category, path: clip.path })),
    ...sentences.map((file) => ({ name: file, label: SPEECH, path: join(speech!, file) })),
    ...pieces.map((file) => ({ name: file, label: MUSIC, path: join(music!, file) })),
    ...others.map((file) => ({ name: file, label: OTHER, path: join(other!, file) })),
  ];
  const sounds: LabelledSound[] = [];
  const skipped: string[] = [];
  const notes: string[] = [];
  for (const [index, { name, label, path }] of wanted.entries()) {
    signal?.throwIfAborted();
    try {
      const wave = await readWave(path);
      sounds.push({ name, label, samples: wave.samples });
      notes.push(...wave.notes);
    } catch (error) {
      // One bad file must not end a run of thousands.
      skipped.push(error instanceof Error ? error.message : String(error));
    }
    onProgress(index + 1, wanted.length);
  }
  const credits = {
    speech: await folderCredits(speech),
    music: await folderCredits(music),
    other: await folderCredits(other),
  };
  return { sounds, clips, credits, skipped, notes };
}

/** In a folder of sounds: whose they are, a sentence a line. */
export const CREDITS_FILE = "CREDITS.txt";

async function folderCredits(folder?: string): Promise<string[]> {
  if (folder === undefined) return [];
  const text = await readFile(join(folder, CREDITS_FILE), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw new Error(`${join(folder, CREDITS_FILE)} cannot be read (${error.code})`, { cause: error });
  });
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const SOUND_FILE = /\.(wav|flac|ogg|mp3|m4a|opus|aiff?)$/i;

async function soundFiles(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch((cause) => {
    throw new Error(`the folder of sounds ${folder} cannot be read`, { cause });
  });
  const sounds = files.filter((file) => SOUND_FILE.test(file)).sort();
  if (sounds.length === 0) throw new Error(`${folder} holds no sound files`);
  return sounds;
}
