/**
 * Prepares the pack in a folder for the live page (models/tailor/prepare-pack.ts). The methods' graphs stay as they are, to the
 * byte, so that readers of before still load it: `npx tsx tools/prepare-pack.ts models/packs/esc10-speech`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openPackFolder } from "../models/pack/open-pack-node.ts";
import { methodGraphs, preparePack } from "../models/tailor/prepare-pack.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("the pack's folder is missing");

const { pack, file } = await openPackFolder(folder);
const graphs = new Map<string, Uint8Array>();
for (const graph of methodGraphs(pack)) graphs.set(graph, await file(graph));
const { entries, files } = preparePack(pack, pack, graphs, { whole: new Set(graphs.keys()) });
for (const [name, bytes] of files) if (!graphs.has(name)) await writeFile(join(folder, name), bytes);

const path = join(folder, "pack.json");
const text = JSON.parse(await readFile(path, "utf8"));
await writeFile(path, `${JSON.stringify({ ...text, ...entries }, null, 2)}\n`);
