// The package as a library: what each subpath of `exports` leads to, for Node and for browsers, with its types.
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Subpath to source, of what runs in browsers and in Node; "listenable" is the package's own name. */
const anywhere = {
  listenable: "models/index.ts",
  live: "client/live/index.ts",
  elements: "client/elements/index.ts",
  dsp: "dsp/index.ts",
  graph: "models/graph/index.ts",
  wire: "protocol/index.ts",
};
const nodeOnly = {
  server: "server/index.ts",
  monitor: "monitor/index.ts",
  study: "study/index.ts",
  lab: "lab/index.ts",
};

const under = (folder, entries) =>
  Object.fromEntries(Object.entries(entries).map(([name, source]) => [`${folder}/${name}`, source]));

/**
 * Output name to source file. For browsers with everything that they need, so that no bundler is needed, beside the page's
 * own files: worklet, workers and wasm are the same for all.
 */
export const libraryEntries = {
  browser: under("public", anywhere),
  node: under("lib", { ...anywhere, ...nodeOnly, listenable: "models/index-node.ts" }),
};

/** Declarations of everything that the subpaths show, in the layout of the sources. */
export async function buildTypes(out) {
  const tsc = join("node_modules", "typescript", "bin", "tsc");
  await promisify(execFile)(process.execPath, [tsc, "-p", "tsconfig/types.json", "--outDir", out]).catch(
    ({ stdout }) => {
      throw new Error(`the types cannot be written:\n${stdout}`);
    },
  );
  const files = (await readdir(out, { recursive: true })).filter((file) => file.endsWith(".d.ts"));
  await Promise.all(files.map((file) => namesOfJavaScript(join(out, file))));
}

/** Sources import each other as ".ts", which declarations in a package may not. */
async function namesOfJavaScript(file) {
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/((?:from|import\()\s*"\.[^"]*)\.ts"/g, '$1.js"'));
}
