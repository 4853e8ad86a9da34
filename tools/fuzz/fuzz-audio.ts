/** Runs the readers of sound files over damaged ones, in a process that may die. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomFrom } from "../../client/kit/sounds/synth.ts";
import type { ReadOutcome, ReadRequest } from "./audio-reader.ts";
import { audioSeeds } from "./audio-seeds.ts";
import { damagedAudio } from "./damaged-audio.ts";
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

/** A file of a few kilobytes that takes longer hangs. Far above what a busy machine needs. */
const HANG_MS = 20_000;
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
  let reader: Reader | undefined;
  try {
    for (let file = 0; file < files; file++) {
      const { name, bytes } = damagedAudio(seeds, random);
      const path = join(folder, `${file}-${name}`);
      await writeFile(path, bytes);
      if (!reader || reader.files >= FILES_A_READER) {
        reader?.end();
        reader = new Reader();
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

const SCRIPT = fileURLToPath(new URL("./audio-reader.ts", import.meta.url));

class Reader {
  files = 0;
  ended = false;
  #rss = Number.NaN;
  #said = "";
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(SCRIPT, {
      execArgv: ["--import", "tsx", "--max-old-space-size=512"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.on("data", (chunk) => {
      this.#said = `${this.#said}${chunk}`.slice(-2000);
    });
    this.#child.once("exit", () => {
      this.ended = true;
    });
  }

  async read(request: ReadRequest): Promise<ReadOutcome & { growthMiB: number }> {
    this.files++;
    const over = new AbortController();
    const { signal } = over;
    const answered = once(this.#child, "message", { signal }).then(([answer]) => answer as ReadOutcome);
    const died = once(this.#child, "exit", { signal }).then(([code, killed]) =>
      wrong(`the process ended with ${killed ?? code}: ${this.#said.trim()}`, 0),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ReadOutcome>((resolve) => {
      timer = setTimeout(() => {
        this.end();
        resolve(wrong(`did not end within ${HANG_MS / 1000} s`, HANG_MS));
      }, HANG_MS);
    });
    this.#child.send(request);
    const outcome = await Promise.race([answered, died, late]);
    clearTimeout(timer);
    over.abort();
    for (const each of [answered, died]) each.catch(() => {});
    const growthMiB = this.files === 1 ? 0 : outcome.maxRssMiB - this.#rss;
    this.#rss = outcome.maxRssMiB;
    return { ...outcome, growthMiB };
  }

  end(): void {
    this.ended = true;
    this.#child.kill("SIGKILL");
  }
}

function wrong(outcome: string, ms: number): ReadOutcome {
  return { outcome, ms, maxRssMiB: 0 };
}
