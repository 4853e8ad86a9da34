/**
 * What people load, and what it may come to: `npm run sizes` prints it and fails where a budget is exceeded. After a build.
 * kB are 1,000 bytes, minified, not compressed.
 */
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** Scripts that somebody waits for when the page starts, each with all that it imports at once. */
const SCRIPTS = [
  // Parsed at each start, in the worker that the first explanation waits for.
  { name: "pipeline.js", budgetKb: 120 },
  { name: "picture.js", budgetKb: 10 },
  { name: "page.js", budgetKb: 280 },
];

/** @returns {Promise<{ name: string, bytes: number, budgetKb: number }[]>} */
export async function scriptSizes(folder = "dist/public") {
  return Promise.all(
    SCRIPTS.map(async (script) => ({ ...script, bytes: await bytesAtOnce(`${folder}/${script.name}`) })),
  );
}

/** The files that a built script brings at once: itself and what it imports other than by `import()`. */
export async function filesAtOnce(script) {
  const { metafile } = await build({
    entryPoints: [script],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    packages: "external",
    logLevel: "silent",
  });
  const files = new Map();
  const waiting = Object.keys(metafile.inputs).filter((file) => file.endsWith(script));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    const { bytes, imports } = metafile.inputs[file];
    files.set(file, bytes);
    waiting.push(
      ...imports
        .filter(({ kind, external }) => kind !== "dynamic-import" && !external)
        .map(({ path }) => path),
    );
  }
  return files;
}

async function bytesAtOnce(script) {
  return [...(await filesAtOnce(script)).values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Lines of a table, and whether everything keeps to its budget. */
export function tableOf(sizes) {
  const rows = sizes.map(({ name, bytes, budgetKb }) => ({
    name,
    size: `${(bytes / 1_000).toFixed(1)} kB`,
    budget: `${budgetKb.toLocaleString("en")} kB`,
    ok: bytes <= 1_000 * budgetKb ? "yes" : "NO",
  }));
  const head = { name: "", size: "size", budget: "budget", ok: "ok" };
  const width = (key) => Math.max(...[head, ...rows].map((row) => row[key].length));
  const lines = [head, ...rows].map(
    ({ name, size, budget, ok }) =>
      `${name.padEnd(width("name"))}  ${size.padStart(width("size"))}  ${budget.padStart(width("budget"))}  ${ok}`,
  );
  return { lines, ok: rows.every(({ ok }) => ok === "yes") };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { packageSizes } = await import("./package/pack.ts");
  const { lines, ok } = tableOf([...(await scriptSizes()), ...(await packageSizes())]);
  for (const line of lines) console.log(line);
  process.exitCode = ok ? 0 : 1;
}
