/** The examples as somebody has them: beside the package that npm packs, away from this tree. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { npmInstall, packPackage } from "../../tools/package/pack.ts";
import { installPackage } from "../package/install.ts";

export interface Examples {
  readonly folder: string;
  /** Runs a script of an example's package.json; gives what it prints. */
  script(example: string, ...words: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/**
 * @param more packages that examples need besides; this tree's own package.json says which version.
 */
export async function installExamples(more: readonly string[] = []): Promise<Examples> {
  const temporary = await mkdtemp(join(tmpdir(), "listenable-examples-"));
  const folder = join(temporary, "home");
  await install(temporary, folder, more);
  await cp(join(packageFolder(), "examples"), folder, { recursive: true });
  return {
    folder,
    async script(example, ...words) {
      const ran = promisify(execFile)("npm", ["run", "--silent", ...words], { cwd: join(folder, example) });
      const { stdout } = await ran.catch(({ stdout, stderr }) => {
        throw new Error(`${example}: npm run ${words.join(" ")} failed:\n${stdout}\n${stderr}`);
      });
      return stdout;
    },
    remove: () => rm(temporary, { recursive: true, force: true }),
  };
}

/** As npm does it; where it reaches no registry, beside links to what this tree has. */
async function install(temporary: string, home: string, more: readonly string[]): Promise<void> {
  const { tarball } = await packPackage(temporary);
  const { devDependencies } = JSON.parse(await readFile(join(packageFolder(), "package.json"), "utf8"));
  const versions = more.map((name) => `${name}@${devDependencies[name]}`);
  if ((await npmInstall(tarball, home, { optional: true, more: versions })) !== null) return;
  console.log("npm reaches no registry: the examples' dependencies are links to this tree's");
  await rm(home, { recursive: true });
  await installPackage(home, more);
}
