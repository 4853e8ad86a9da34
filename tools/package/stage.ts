/** Puts together what npm gets: the build, the packs with every weight once, a README whose links are in it. */
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenPack } from "../../models/pack/open-pack.ts";
import { openPackFolder, packageFolder } from "../../models/pack/open-pack-node.ts";
import { methodGraphs, preparePack } from "../../models/tailor/prepare-pack.ts";

/** Of `package.json`, what only a checkout needs: it is private, so that nobody publishes it instead. */
const CHECKOUT_ONLY = ["private", "scripts", "allowScripts", "devDependencies"];

/** @param out the folder that `npm pack` or `npm publish` takes; what was in it is lost. Needs the build in `dist/`. */
export async function stagePackage(out: string): Promise<void> {
  const tree = packageFolder();
  await rm(out, { recursive: true, force: true });
  await cp(join(tree, "dist"), join(out, "dist"), {
    recursive: true,
    filter: (file) => !file.endsWith(".map") && file !== join(tree, "dist", "api"),
  });
  for (const file of await readdir(join(out, "dist"), { recursive: true })) {
    if (file.endsWith(".js")) await forgetSourceMap(join(out, "dist", file));
  }
  for (const file of ["LICENSE", "deploy/kiosk.json"]) await cp(join(tree, file), join(out, file));
  await cp(join(tree, "tools", "package", "README.md"), join(out, "README.md"));
  for (const pack of await readdir(join(tree, "models", "packs"))) {
    await stagePack(join(tree, "models", "packs", pack), join(out, "models", "packs", pack));
  }
  const decoders = join(tree, "models", "decoders");
  if (existsSync(decoders)) await cp(decoders, join(out, "models", "decoders"), { recursive: true });
  const manifest = JSON.parse(await readFile(join(tree, "package.json"), "utf8")) as Record<string, unknown>;
  for (const field of CHECKOUT_ONLY) delete manifest[field];
  await writeFile(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function forgetSourceMap(file: string): Promise<void> {
  const script = await readFile(file, "utf8");
  await writeFile(file, script.replace(/\/\/# sourceMappingURL=.*\n?$/, ""));
}

const LINK_OUT_OF_PACK = /\[([^\]]+)\]\(\.\.\/[^)]*\)/g;

/**
 * Readers of before need graphs that hold all of their weights; whoever installs the package has the reader of now. A pack whose
 * weights lie once already goes as it is.
 */
async function stagePack(from: string, to: string): Promise<void> {
  const opened = await openPackFolder(from);
  const lieOnce = opened.pack.methods.some(({ weights }) => weights !== undefined);
  await mkdir(to, { recursive: true });
  await cp(from, to, { recursive: true, filter: (name) => lieOnce || !name.endsWith(".onnx") });
  if (!lieOnce) await shareWeightsOf(opened, from, to);
  const card = await readFile(join(from, "CARD.md"), "utf8");
  await writeFile(join(to, "CARD.md"), card.replace(LINK_OUT_OF_PACK, "$1"));
}

async function shareWeightsOf({ pack, file }: OpenPack, from: string, to: string): Promise<void> {
  const graphs = new Map<string, Uint8Array>();
  for (const graph of methodGraphs(pack)) graphs.set(graph, await file(graph));
  const { entries, format, files } = preparePack(pack, pack, graphs);
  for (const [name, bytes] of files) await writeFile(join(to, name), bytes);
  const described = JSON.parse(await readFile(join(from, "pack.json"), "utf8")) as object;
  await writeFile(
    join(to, "pack.json"),
    `${JSON.stringify({ ...described, ...entries, format }, null, 2)}\n`,
  );
}
