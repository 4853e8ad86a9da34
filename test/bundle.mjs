// Compiles tests once for all processes. Packages stay outside; what tests share is compiled once.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { nodeEntries } from "../tools/build/node-entries.mjs";
import { scriptText } from "../tools/build/script-text.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Tests and tools find fixtures and scripts beside their sources, wherever they are compiled to. */
const besideSources = {
  name: "beside-sources",
  setup({ onLoad }) {
    onLoad({ filter: /\/(test|tools)\/.*\.(ts|mjs)$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      if (!text.includes("import.meta")) return undefined;
      const contents = text
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
        .replaceAll("import.meta.filename", JSON.stringify(path))
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)));
      return { contents, loader: path.endsWith(".ts") ? "ts" : "js" };
    });
  },
};

/** A test's compiled file. All lie in one folder, as threads are started from files beside their callers. */
export const bundledName = (file) => `${file.replaceAll("/", "+").replace(/\.ts$/, "")}.js`;

/**
 * Compiles these files, and the command and its threads, into a folder. It must lie inside the package, so that the
 * packages are found.
 */
export async function bundleTests(files, outdir) {
  await mkdir(outdir, { recursive: true });
  // Below node_modules the type of the package above does not count.
  await writeFile(`${outdir}/package.json`, '{ "type": "module" }\n');
  const tests = Object.fromEntries(files.map((file) => [bundledName(file).slice(0, -3), file]));
  await build({
    absWorkingDir: root,
    entryPoints: { ...tests, ...nodeEntries },
    outdir,
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "es2022",
    packages: "external",
    sourcemap: true,
    logLevel: "warning",
    plugins: [besideSources, scriptText],
  });
}
