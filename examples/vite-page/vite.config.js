import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const listenable = dirname(fileURLToPath(import.meta.resolve("listenable/package.json")));

export default {
  // The built page works in any folder of a site.
  base: "./",
  // Its `packs` folder, served and copied as it is.
  publicDir: join(listenable, "models"),
  // Bundled beforehand, it would look for worklet and worker in Vite's cache.
  optimizeDeps: { exclude: ["listenable"] },
};
