/** The script of the report's page, as text. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Built, it is `report-page.js` in the same folder as the command; from the sources it is made now. */
export async function pageScript(): Promise<string> {
  const fromSources = import.meta.url.endsWith(".ts");
  if (!fromSources) return readFile(new URL("./report-page.js", import.meta.url), "utf8");
  const { build } = await import("esbuild");
  const entry = fileURLToPath(new URL("./page/main.ts", import.meta.url));
  const options = { bundle: true, minify: true, format: "iife", target: "es2022" } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [entry], write: false });
  return outputFiles[0].text;
}
