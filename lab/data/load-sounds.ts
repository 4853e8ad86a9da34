/** Reads a folder of sounds at a classifier's rate, within bounds, and puts some aside for the evaluation. */
import { LEAST_SECONDS, readSound } from "./check-sound.ts";
import { Random } from "./random.ts";
import { findSounds } from "./sound-folder.ts";

export interface FolderSounds {
  readonly training: readonly Float32Array[];
  /** Sounds that are not among those of the training, unless there is only one. */
  readonly heldOut: readonly Float32Array[];
  /** Files that were left out, with the reason, and what else people should know. */
  readonly notes: readonly string[];
}

/** All sounds together, in samples: 600 MB. */
const MOST_SAMPLES = 150_000_000;
const HELD_OUT_SHARE = 0.2;
const MOST_HELD_OUT = 60;

export interface LoadOptions {
  readonly sampleRate: number;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** @throws Error when no sound of the folder can be used. */
export async function loadSounds(folder: string, options: LoadOptions): Promise<FolderSounds> {
  const { sampleRate, seed, onProgress = () => {}, signal } = options;
  const found = await findSounds(folder);
  const notes = [...found.refused];
  // In an order of chance, so that what is beyond the bound is not all of one kind.
  const order = new Random(seed).shuffle([...found.sounds]);
  const sounds: Float32Array[] = [];
  let samples = 0;
  for (const [index, { path }] of order.entries()) {
    signal?.throwIfAborted();
    if (samples >= MOST_SAMPLES) {
      notes.push(
        `${order.length - index} of ${order.length} sounds were left out: the others fill the memory`,
      );
      break;
    }
    try {
      const sound = await readSound(path, sampleRate, { notes });
      if (sound.length < LEAST_SECONDS * sampleRate) notes.push(`${path}: left out: shorter than 100 ms`);
      else if (!sound.some((value) => Math.abs(value) > 1e-5)) notes.push(`${path}: left out: silent`);
      else {
        sounds.push(sound);
        samples += sound.length;
      }
    } catch (error) {
      notes.push(`left out: ${error instanceof Error ? error.message : error}`);
    }
    onProgress(index + 1, order.length);
  }
  if (sounds.length === 0)
    throw new Error(`${folder}: none of its ${order.length} sounds can be used: ${notes[0]}`);
  if (sounds.length === 1) {
    notes.push("there is only one sound: the figures are of what the decoder has heard");
    return { training: sounds, heldOut: sounds, notes };
  }
  const held = Math.min(MOST_HELD_OUT, Math.max(1, Math.round(HELD_OUT_SHARE * sounds.length)));
  return { training: sounds.slice(held), heldOut: sounds.slice(0, held), notes };
}
