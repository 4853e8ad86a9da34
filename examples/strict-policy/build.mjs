// The site: the page, and what it needs of the package.
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const listenable = dirname(fileURLToPath(import.meta.resolve("listenable/package.json")));

await mkdir("site", { recursive: true });
await cp("index.html", "site/index.html");
await cp(join(listenable, "dist", "public"), "site/listenable", { recursive: true });
await cp(join(listenable, "models", "packs"), "site/packs", { recursive: true });
