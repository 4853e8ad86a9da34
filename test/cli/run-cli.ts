/** Runs the real command as a process of its own, bundled as `build.mjs` does. */
import { spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Inside the package, so that the bundle finds its dependencies and its package.json. */
const folder = join(root, "node_modules", ".cache", "listenable-test", String(process.pid));
const bundle = join(folder, "cli.js");

export const TINY_PACK = join(root, "test", "fixtures", "tiny-pack");

let built: Promise<unknown> | undefined;

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

/** The command and its thread, side by side as in `dist/`. */
async function buildCommand(): Promise<void> {
  await build({
    entryPoints: {
      cli: join(root, "cli", "listenable.ts"),
      "inference-worker": join(root, "server", "explain", "inference-worker.ts"),
      "evaluation-worker": join(root, "lab", "evaluation", "measure", "evaluation-worker.ts"),
      "monitor-worker": join(root, "monitor", "analysis", "monitor-worker.ts"),
    },
    outdir: folder,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2022",
    packages: "external",
    logLevel: "warning",
  });
  // Below node_modules the type of the package above does not count.
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
}

async function runWatched(
  watch: ((pid: number) => Promise<void>) | undefined,
  timeout: number,
  words: readonly string[],
  node: readonly string[] = [],
): Promise<CliResult> {
  built ??= buildCommand();
  await built;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...node, bundle, ...words], { timeout });
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
