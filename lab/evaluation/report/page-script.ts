/** The script of the report's page, as text. */
import { fileURLToPath } from "node:url";

/** Built, it is part of the bundle; from the sources, which Node runs as they are, it is bundled now. */
export async function pageScript(): Promise<string> {
  if (!import.meta.url.endsWith(".ts")) return (await import("./page/main.ts?script")).default;
  const { build } = await import("esbuild");
  const entry = fileURLToPath(new URL("./page/main.ts", import.meta.url));
  const options = { bundle: true, minify: true, format: "iife", target: "es2022" } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [entry], write: false });
  return outputFiles[0].text;
}
