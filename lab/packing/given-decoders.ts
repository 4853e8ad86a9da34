/** Decoders that were trained before for a classifier in a file, and come with it. */
import { basename } from "node:path";
import type { TrainingHeard } from "../data/heard-sounds.ts";
import { loadRun } from "../training/weights-file.ts";
import { type Sources, sourcesOf } from "./attribution.ts";
import type { LearntWeights } from "./pack-graphs.ts";
import { learntOf } from "./pack-runs.ts";

export interface GivenDecoders {
  readonly learnt: readonly LearntWeights[];
  /** The activations that they read, where their trainings say so. */
  readonly latents?: readonly string[] | undefined;
  readonly heard: readonly TrainingHeard[];
  readonly sources?: Sources | undefined;
}

/**
 * @param folders of their trainings, each with a `weights.bin`.
 * @param classifier SHA-256 of the file that they have to be trained on.
 * @throws Error for those of another file, or that cannot be read.
 */
export async function givenDecoders(
  folders: readonly string[],
  file: string,
  classifier: string,
): Promise<GivenDecoders> {
  const runs = await Promise.all(folders.map((folder) => loadRun(folder)));
  const other = runs.findIndex(({ meta }) => meta.settings["classifier"] !== classifier);
  if (other >= 0) {
    throw new Error(
      `${folders[other]} holds a decoder of another classifier than ${basename(file)} (told by its SHA-256)`,
    );
  }
  const learnt = runs.map(learntOf);
  const latents = runs[0]?.meta.settings["latents"];
  const sources = sourcesOf(runs.map(({ meta }) => meta));
  return {
    learnt,
    latents: Array.isArray(latents) ? latents.map(String) : undefined,
    heard: runs.map(({ meta }, n) => ({ name: learnt[n]!.method.name, heard: meta.heard })),
    sources: sources.clips.length + sources.credits.length > 0 ? sources : undefined,
  };
}
