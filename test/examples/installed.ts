/** The examples as somebody has them: beside the package that npm packs, away from this tree. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { installPackage } from "../package/install.ts";

export interface Examples {
  readonly folder: string;
  /** Runs a script of an example's package.json; gives what it prints. */
  script(example: string, ...words: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** @param more packages that examples need besides. */
export async function installExamples(more: readonly string[] = []): Promise<Examples> {
  const folder = await mkdtemp(join(tmpdir(), "listenable-examples-"));
  await cp(join(packageFolder(), "examples"), folder, { recursive: true });
  await installPackage(folder, more);
  return {
    folder,
    async script(example, ...words) {
      const ran = promisify(execFile)("npm", ["run", "--silent", ...words], { cwd: join(folder, example) });
      const { stdout } = await ran.catch(({ stdout, stderr }) => {
        throw new Error(`${example}: npm run ${words.join(" ")} failed:\n${stdout}\n${stderr}`);
      });
      return stdout;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
