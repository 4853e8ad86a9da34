// The package from outside: every subpath imports in Node, where there is no page, and has types for any resolution.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { installPackage } from "./install.ts";

const run = promisify(execFile);

/** A name or two that each subpath must give. */
const SUBPATHS: Readonly<Record<string, readonly string[]>> = {
  listenable: ["openPack", "explainSound", "SignalExplainer", "judgeParts", "loadMethod", "PackError"],
  "listenable/live": ["createLiveExplainer", "listenings"],
  "listenable/elements": ["ListenableExplainer", "ListenableSpectrogram"],
  "listenable/dsp": ["StreamingStft", "readWav"],
  "listenable/graph": ["GraphBuilder", "decodeModel"],
  "listenable/wire": ["decodeServerMessage", "EXPLAIN_PATH"],
  "listenable/server": ["startServer"],
  "listenable/monitor": ["startMonitor", "EventStore"],
  "listenable/study": ["prepareStudy", "startStudyServer"],
  "listenable/lab": ["METHODS", "buildPack", "evaluate"],
};

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "listenable-package-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await installPackage(folder, ["@types/node"]);
});
test.after(() => rm(folder, { recursive: true }));

/** What a script prints that stands in the folder of somebody who installed the package. */
async function printed(name: string, script: string): Promise<unknown> {
  await writeFile(join(folder, name), script);
  const { stdout } = await run(process.execPath, [name], { cwd: folder });
  return JSON.parse(stdout);
}

test("the subpaths of package.json are the ones that are tested", async () => {
  const manifest = join(folder, "node_modules", "listenable", "package.json");
  const { exports } = JSON.parse(await readFile(manifest, "utf8")) as { exports: object };
  const modules = Object.entries(exports).filter(([, target]) => typeof target === "object");
  assert.equal(
    modules.map(([subpath]) => subpath.replace(/^\./, "listenable")).sort(),
    Object.keys(SUBPATHS).sort(),
  );
});

test("every subpath imports in Node and gives what it says", async () => {
  const script = `
    const found = {};
    for (const subpath of ${JSON.stringify(Object.keys(SUBPATHS))}) found[subpath] = Object.keys(await import(subpath));
    console.log(JSON.stringify(found));`;
  const found = (await printed("import-all.mjs", script)) as Record<string, string[]>;
  for (const [subpath, names] of Object.entries(SUBPATHS)) {
    for (const name of names) assert.ok(found[subpath].includes(name), `${subpath} gives no ${name}`);
  }
});

test("what two subpaths share exists once", async () => {
  const script = `
    const { PackError } = await import("listenable");
    const { startServer } = await import("listenable/server");
    const error = await startServer({ pack: "/nowhere" }).catch((error) => error);
    console.log(JSON.stringify(error instanceof PackError));`;
  assert.is(await printed("shared.mjs", script), true);
});

for (const [resolution, module] of [
  ["bundler", "esnext"],
  ["nodenext", "nodenext"],
] as const) {
  test(`every subpath has types for moduleResolution ${resolution}`, async () => {
    const lines = Object.entries(SUBPATHS).map(
      ([subpath, names], n) =>
        `import { ${names.map((name) => `${name} as ${name}${n}`).join(", ")} } from "${subpath}";`,
    );
    const uses = `
      import { explainSound, openPack } from "listenable";
      import { createLiveExplainer } from "listenable/live";
      const sound = await explainSound(await openPack("esc10-speech"), new Float32Array(16_000), { rate: 16_000 });
      export const heard: readonly [string | null, Float32Array] = [sound.decision.label, sound.explanation];
      export const live: Promise<void> = createLiveExplainer({ pack: "esc10-speech" }).start({ kind: "microphone" });
      createLiveExplainer().decisions$.subscribe(({ probabilities }) => probabilities.fill(0));
      // @ts-expect-error: types are there, and not any.
      createLiveExplainer({ pack: 1 });`;
    await writeFile(join(folder, "consumer.ts"), `${lines.join("\n")}\n${uses}`);
    const compilerOptions = {
      module,
      moduleResolution: resolution,
      target: "es2022",
      lib: ["es2023", "dom", "dom.iterable"],
      types: ["node"],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    };
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["consumer.ts"] }),
    );
    const tsc = join(packageFolder(), "node_modules", "typescript", "bin", "tsc");
    const { stdout } = await run(process.execPath, [tsc, "-p", folder]).catch(
      (error: { stdout: string }) => error,
    );
    assert.is(stdout, "");
  });
}

test.run();
