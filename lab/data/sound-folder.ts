/** Finds the sounds to measure on: data sets in their official layouts, or any folder of sounds. */
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { findSoundFiles } from "../../models/sound/find-sound-files-node.ts";
import { readEsc50 } from "./esc50.ts";
import { isUnknownSound } from "./unknown-sounds.ts";
import { readUrbanSound8k } from "./urbansound8k.ts";

export interface FoundSound {
  /** Unique within the folder; slashes whatever the system. */
  readonly name: string;
  readonly path: string;
  /** The data set's word for what is heard; absent in a plain folder. */
  readonly label?: string;
}

export interface FoundSounds {
  /** For people: "ESC-50", "UrbanSound8K", "LJSpeech" or "a folder of sounds". */
  readonly layout: string;
  readonly folder: string;
  readonly sounds: readonly FoundSound[];
  /** Entries that cannot be right, with the reason. */
  readonly refused: readonly string[];
}

/** A folder with more files than this is hardly meant. */
const MOST_FILES = 100_000;

/**
 * The sounds of a folder, its layout told by the files in it (or in its only folder that has such a layout).
 *
 * @param fold only the clips of this fold; refused for a plain folder, which has none.
 * @throws when nothing is there, when the fold does not exist, or when a table cannot be read.
 */
export async function findSounds(folder: string, fold?: number): Promise<FoundSounds> {
  await checkFolder(folder);
  for (const root of [folder, ...(await foldersIn(folder))]) {
    if (existsSync(join(root, "meta", "esc50.csv"))) return esc50Sounds(root, fold);
    if (existsSync(join(root, "metadata", "UrbanSound8K.csv"))) return urbanSounds(root, fold);
  }
  if (fold !== undefined) {
    throw new Error(
      `${folder} has no folds: it holds neither meta/esc50.csv (ESC-50) nor metadata/UrbanSound8K.csv ` +
        "(UrbanSound8K); leave --fold out to take all sounds in it",
    );
  }
  return plainSounds(folder, "a folder of sounds");
}

/** Spoken sentences: LJSpeech in its official layout (the folder, the one above it or its `wavs`) or any folder. */
export async function findSentences(folder: string): Promise<FoundSounds> {
  await checkFolder(folder);
  for (const root of [folder, ...(await foldersIn(folder))]) {
    if (existsSync(join(root, "wavs"))) return plainSounds(join(root, "wavs"), "LJSpeech");
  }
  return plainSounds(folder, basename(folder) === "wavs" ? "LJSpeech" : "a folder of sounds");
}

/**
 * Sounds to lie behind others: files, or all of a folder. Those that stand for the unknown are left out, as they are never heard
 * beside what is known.
 */
export async function findBackgrounds(paths: readonly string[]): Promise<FoundSound[]> {
  const found: FoundSound[] = [];
  for (const path of paths) {
    const there = await stat(path).catch(() => undefined);
    if (!there) throw new Error(`there is no file or folder ${path} to take backgrounds from`);
    if (there.isDirectory()) found.push(...(await plainSounds(path, "a folder of sounds")).sounds);
    else found.push({ name: basename(path), path });
  }
  const usable = found.filter(({ name }) => !isUnknownSound(name));
  if (usable.length === 0 && found.length > 0) {
    throw new Error(`all ${found.length} sounds given as backgrounds stand for the unknown; name others`);
  }
  return usable;
}

async function esc50Sounds(folder: string, fold?: number): Promise<FoundSounds> {
  const clips = await readEsc50(folder);
  checkFold(folder, clips, fold);
  const sounds: FoundSound[] = [];
  const refused: string[] = [];
  for (const clip of clips) {
    if (fold !== undefined && clip.fold !== fold) continue;
    // The official name says fold and target once more: {fold}-{recording}-{take}-{target}.wav
    const named = /^(\d+)-\d+-[A-Z]-(\d+)\./.exec(clip.file);
    if (named && (Number(named[1]) !== clip.fold || Number(named[2]) !== clip.target)) {
      refused.push(
        `${clip.path}: mislabelled: its name says fold ${named[1]} and target ${named[2]}, ` +
          `meta/esc50.csv fold ${clip.fold} and target ${clip.target}`,
      );
    } else {
      sounds.push({ name: clip.file, path: clip.path, label: clip.category });
    }
  }
  return { layout: "ESC-50", folder, sounds, refused };
}

async function urbanSounds(folder: string, fold?: number): Promise<FoundSounds> {
  const clips = await readUrbanSound8k(folder);
  checkFold(folder, clips, fold);
  const sounds: FoundSound[] = [];
  const refused: string[] = [];
  for (const { file, path, fold: itsFold, classId, category } of clips) {
    if (fold !== undefined && itsFold !== fold) continue;
    // {recording}-{class}-{occurrence}-{slice}.wav
    const named = /^\d+-(\d+)-\d+-\d+\./.exec(file);
    if (named && Number(named[1]) !== classId) {
      refused.push(
        `${path}: mislabelled: its name says class ${named[1]}, metadata/UrbanSound8K.csv class ${classId}`,
      );
    } else {
      sounds.push({ name: file, path, label: category });
    }
  }
  return { layout: "UrbanSound8K", folder, sounds, refused };
}

async function plainSounds(folder: string, layout: string): Promise<FoundSounds> {
  const { files, problems } = await findSoundFiles(folder);
  const sounds: FoundSound[] = [];
  const refused = [...problems];
  for (const { name, path } of files) {
    if (typeof path === "string") sounds.push({ name: name.split(sep).join("/"), path });
    else refused.push(`${join(folder, name)}: its name is no UTF-8; rename it`);
  }
  if (sounds.length === 0) {
    throw new Error(
      `${folder} holds no sound files; it may be ESC-50 (meta/esc50.csv), UrbanSound8K ` +
        "(metadata/UrbanSound8K.csv) or any folder with wav, flac, ogg, mp3 or m4a files",
    );
  }
  if (sounds.length > MOST_FILES) {
    throw new Error(
      `${folder} holds ${sounds.length} sound files, ${MOST_FILES} are the most; name a smaller folder`,
    );
  }
  return { layout, folder, sounds, refused };
}

function checkFold(folder: string, clips: readonly { fold: number }[], fold?: number): void {
  if (fold === undefined || clips.some((clip) => clip.fold === fold)) return;
  const there = [...new Set(clips.map((clip) => clip.fold))].sort((a, b) => a - b).join(", ");
  throw new Error(`${folder} has no clips of fold ${fold}; it has the folds ${there}`);
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) throw new Error(`there is no folder ${folder}; name one with sounds in it`);
  if (!found.isDirectory()) throw new Error(`${folder} is a file; name a folder with sounds in it`);
}

/** Where archives unpack to: ESC-50-master, UrbanSound8K, LJSpeech-1.1. */
async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort();
}
