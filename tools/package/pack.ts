/** The package as npm packs and installs it, and how large it is then. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stagePackage } from "./stage.ts";

const run = promisify(execFile);

export const PACKED_BUDGET_KB = 9_000;
/** Without optional packages. */
export const INSTALLED_BUDGET_KB = 60_000;

interface PackedPackage {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Its bytes. */
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs what npm would publish of what is built: the tarball lies in `folder`, its contents in `folder`/staged. */
export async function packPackage(folder: string): Promise<PackedPackage> {
  const staged = join(folder, "staged");
  await stagePackage(staged);
  const { stdout } = await run("npm", ["pack", staged, "--json"], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  });
  const [{ filename, size, files }] = JSON.parse(stdout) as [PackedPackage & { filename: string }];
  return { tarball: join(folder, filename), size, files };
}

/**
 * Installs the tarball into the folder, which is made.
 *
 * @param choices whether what is optional is installed too, then without its installers, which would fetch what nobody
 *   needs; and packages besides, as npm takes them.
 * @returns what npm complained about; null where it reaches no registry and has not all packages in its cache.
 */
export async function npmInstall(
  tarball: string,
  folder: string,
  { optional, more = [] }: { readonly optional: boolean; readonly more?: readonly string[] },
): Promise<string | null> {
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), "{}");
  const leftOut = optional ? "--ignore-scripts" : "--omit=optional";
  const words = ["install", leftOut, "--prefer-offline", "--no-audit", "--no-fund", tarball, ...more];
  try {
    return (await run("npm", words, { cwd: folder, timeout: 240_000 })).stderr;
  } catch (error) {
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED/.test((error as Error).message)) return null;
    throw error;
  }
}

/** Bytes of all files under a folder. */
export async function bytesUnder(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

/** Rows for `npm run sizes`; without the second where npm can't install. */
export async function packageSizes(): Promise<{ name: string; bytes: number; budgetKb: number }[]> {
  const folder = await mkdtemp(join(tmpdir(), "listenable-sizes-"));
  try {
    const { tarball, size } = await packPackage(folder);
    const packed = { name: "npm package", bytes: size, budgetKb: PACKED_BUDGET_KB };
    const home = join(folder, "home");
    if ((await npmInstall(tarball, home, { optional: false })) === null) return [packed];
    const bytes = await bytesUnder(join(home, "node_modules"));
    return [packed, { name: "installed, --omit=optional", bytes, budgetKb: INSTALLED_BUDGET_KB }];
  } finally {
    await rm(folder, { recursive: true });
  }
}
