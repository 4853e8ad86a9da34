/** The package as it is published, in a folder of its own: what npm packs, and nothing of this tree but its dependencies. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { packPackage } from "../../tools/package/pack.ts";

const run = promisify(execFile);

/**
 * Packs what is built and unpacks it under `folder`/node_modules. Its dependencies are links to the ones of this tree, so
 * that no network is needed; what it does not name as a dependency it cannot import.
 *
 * @param more packages that the folder has besides.
 */
export async function installPackage(folder: string, more: readonly string[] = []): Promise<void> {
  const tree = packageFolder();
  const modules = join(folder, "node_modules");
  await mkdir(modules, { recursive: true });
  const { tarball } = await packPackage(folder);
  await run("tar", ["-xzf", tarball], { cwd: folder });
  await rename(join(folder, "package"), join(modules, "listenable"));
  const { dependencies, optionalDependencies = {} } = await manifestOf(join(modules, "listenable"));
  const names = [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...more];
  await Promise.all(names.map((name) => link(join(tree, "node_modules", name), join(modules, name))));
  for (const name of ["listenable", ...more]) {
    for (const [command, file] of Object.entries(await commandsOf(join(modules, name)))) {
      await link(join(modules, name, file), join(modules, ".bin", command));
    }
  }
}

interface Manifest {
  readonly name: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
}

async function commandsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const { name, bin = {} } = await manifestOf(folder);
  return typeof bin === "string" ? { [name]: bin } : bin;
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
