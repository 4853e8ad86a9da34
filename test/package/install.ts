/** The package as it is published, in a folder of its own: what npm packs, and nothing of this tree but its dependencies. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { packageFolder } from "../../models/pack/open-pack-node.ts";

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
  const { stdout } = await run("npm", ["pack", tree, "--ignore-scripts", "--json"], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await run("tar", ["-xzf", filename], { cwd: folder });
  await rename(join(folder, "package"), join(modules, "listenable"));
  const manifest = JSON.parse(await readFile(join(modules, "listenable", "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
    optionalDependencies?: Record<string, string>;
  };
  const names = [
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.optionalDependencies ?? {}),
    ...more,
  ];
  await Promise.all(
    names.map(async (name) => {
      const link = join(modules, name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(join(tree, "node_modules", name), link);
    }),
  );
}
