// For pages that are files of their own: `import text from "./main.ts?script"` gives the module and all that it imports,
// bundled into one script, as text. An esbuild plugin.
import { join } from "node:path";
import { build } from "esbuild";

export const scriptText = {
  name: "script-text",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?script$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.slice(0, -"?script".length)),
      namespace: "script-text",
    }));
    onLoad({ filter: /./, namespace: "script-text" }, async ({ path }) => {
      const options = { bundle: true, minify: true, format: "iife", target: "es2022", legalComments: "none" };
      const { outputFiles } = await build({ ...options, entryPoints: [path], write: false });
      return { contents: outputFiles[0].text, loader: "text" };
    });
  },
};
