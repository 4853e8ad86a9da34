/** Runs the real command as a process of its own. */
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const compiled = process.env["LISTENABLE_TEST_COMMAND"];
/** As `test/run.mjs` compiled it; from the source where a test file is run without it. */
export const COMMAND = compiled ? [compiled] : ["--import", "tsx", join(root, "cli", "listenable.ts")];

export const TINY_PACK = join(root, "test", "fixtures", "tiny-pack");

/** A folder with the tiny pack, its classes answering each by itself; the graphs say what they always say. */
export async function independentPack(thresholds: readonly number[]): Promise<string> {
  const folder = await temporaryFolder();
  await cp(TINY_PACK, folder, { recursive: true });
  const file = join(folder, "pack.json");
  const { other: _, ...described } = JSON.parse(await readFile(file, "utf8"));
  const answers = { format: 3, answers: "independent", thresholds };
  await writeFile(file, JSON.stringify({ ...described, ...answers }));
  return folder;
}

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCli(...words: string[]): Promise<CliResult> {
  return runWatched(undefined, 60_000, words);
}

/** Runs the command with options for Node itself. */
export function runCliOn(node: readonly string[], ...words: string[]): Promise<CliResult> {
  return runWatched(undefined, 60_000, words, node);
}

/** Runs the command for as long as it takes and calls `watch` with its process id five times a second. */
export function runCliWatched(watch: (pid: number) => Promise<void>, ...words: string[]): Promise<CliResult> {
  return runWatched(watch, 0, words);
}

async function runWatched(
  watch: ((pid: number) => Promise<void>) | undefined,
  timeout: number,
  words: readonly string[],
  node: readonly string[] = [],
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...node, ...COMMAND, ...words], { timeout });
    const watching = watch && setInterval(() => void watch(child.pid as number), 200);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (status) => {
      clearInterval(watching);
      resolve({ status, stdout, stderr });
    });
  });
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "listenable-test-"));
}
