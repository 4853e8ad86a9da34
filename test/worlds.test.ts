// No world knows another's globals: a single package whose declarations bring the DOM along would let a `document` in the
// server pass the check.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { packageFolder } from "../models/pack/open-pack-node.ts";

const DOM = /\/lib\.(dom|webworker)\.[^/]*d\.ts$/;
const NODE = /\/@types\/node\//;
const FOREIGN: Readonly<Record<string, readonly RegExp[]>> = {
  core: [DOM, NODE],
  worklet: [DOM, NODE],
  browser: [NODE],
  node: [DOM],
};

/** Every file that the compiler reads for a world, libraries and packages too. */
function filesOf(world: string): string[] {
  const tsc = join(packageFolder(), "node_modules", "typescript", "bin", "tsc");
  const config = join(packageFolder(), "tsconfig", `${world}.json`);
  const words = [tsc, "-p", config, "--listFilesOnly"];
  return execFileSync(process.execPath, words, { encoding: "utf8", maxBuffer: 64e6 }).trim().split("\n");
}

for (const [world, foreign] of Object.entries(FOREIGN)) {
  test(`${world} is compiled without the globals of other worlds`, () => {
    const files = filesOf(world);
    assert.ok(files.some((file) => file.endsWith("/lib.es2023.d.ts")));
    assert.equal(
      files.filter((file) => foreign.some((library) => library.test(file))),
      [],
    );
  });
}

test.run();
