/** Runs the readers of sound files over damaged ones, in a process that may die. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomFrom } from "../../client/kit/sounds/synthetic/synth.ts";
import type { ReadRequest } from "./audio-reader.ts";
import { audioSeeds } from "./audio-seeds.ts";
import { damagedAudio } from "./damaged-audio.ts";
import { FallibleReader } from "./fallible-reader.ts";
import { randomNumbers } from "./mutate.ts";

export interface AudioFuzzReport {
  readonly seed: number;
  readonly files: number;
  /** Kind of file to outcome to how often. */
  readonly outcomes: Record<string, Record<string, number>>;
  readonly slowest: { readonly name: string; readonly ms: number };
  readonly maxRssMiB: number;
  readonly failures: readonly AudioFailure[];
}

interface AudioFailure {
  /** Number of the file in the run, counted from 0. */
  readonly file: number;
  readonly name: string;
  readonly what: string;
  /** Where the file was kept; null when no folder was named. */
  readonly kept: string | null;
}

interface AudioFuzzOptions {
  readonly files: number;
  readonly seed: number;
  /** Folder for files that something was wrong with. */
  readonly keep?: string | undefined;
  readonly onProgress?: (files: number) => void;
}

/** Of a file so small no reader may hold that much, wherever it began. */
const MOST_GROWTH_MIB = 400;
/** Compressed silence may be long: longer sounds are cut here. */
const MAX_SECONDS = 30;
/** A reader's process is replaced after so many files, so that one file's memory is not taken for another's. */
const FILES_A_READER = 500;

export async function fuzzAudio(options: AudioFuzzOptions): Promise<AudioFuzzReport> {
  const { files, seed } = options;
  const random = randomNumbers(randomFrom(seed));
  const seeds = audioSeeds();
  const folder = await mkdtemp(join(tmpdir(), "listenable-fuzz-"));
  const outcomes: Record<string, Record<string, number>> = {};
  const failures: AudioFailure[] = [];
  let slowest = { name: "", ms: 0 };
  let highest = 0;
  let reader: FallibleReader<ReadRequest> | undefined;
  try {
    for (let file = 0; file < files; file++) {
      const { name, bytes } = damagedAudio(seeds, random);
      const path = join(folder, `${file}-${name}`);
      await writeFile(path, bytes);
      if (!reader || reader.files >= FILES_A_READER) {
        reader?.end();
        reader = new FallibleReader(READER);
      }
      const { outcome, ms, maxRssMiB, growthMiB } = await reader.read({
        path,
        mono: random.chance(0.5),
        maxSeconds: MAX_SECONDS,
      });
      if (ms > slowest.ms) slowest = { name: `${file}-${name}`, ms };
      highest = Math.max(highest, maxRssMiB);
      const grew = growthMiB > MOST_GROWTH_MIB ? `took ${growthMiB.toFixed(0)} MiB` : undefined;
      const right = outcome === "read" || outcome === "refused";
      const short = right && !grew ? outcome : "failed";
      outcomes[name] ??= {};
      outcomes[name][short] = (outcomes[name][short] ?? 0) + 1;
      if (short === "failed") {
        const kept = options.keep === undefined ? null : join(options.keep, `${seed}-${file}-${name}`);
        if (kept) await writeFile(kept, bytes);
        failures.push({ file, name, what: grew ?? outcome, kept });
      }
      if (reader.ended) reader = undefined;
      await rm(path);
      options.onProgress?.(file + 1);
    }
  } finally {
    reader?.end();
    await rm(folder, { recursive: true, force: true });
  }
  return { seed, files, outcomes, slowest, maxRssMiB: highest, failures };
}

const READER = fileURLToPath(new URL("./audio-reader.ts", import.meta.url));
