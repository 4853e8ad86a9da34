// The package as somebody installs it who leaves out what is optional: how large it is, and that its command explains a sound.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/index.ts";
import {
  bytesUnder,
  INSTALLED_BUDGET_KB,
  npmInstall,
  PACKED_BUDGET_KB,
  packPackage,
} from "../../tools/package/pack.ts";

const run = promisify(execFile);

const folder = await mkdtemp(join(tmpdir(), "listenable-npm-"));
const home = join(folder, "home");
const packed = await packPackage(folder);
const complaints = await npmInstall(packed.tarball, home, { optional: false });
if (complaints === null) {
  console.log("skipped: npm reaches no registry, so the package's dependencies can't be installed");
}
const whenInstalled = complaints === null ? test.skip : test;

test.after(() => rm(folder, { recursive: true }));

test("the tarball is small, and holds neither source maps nor tests", () => {
  assert.ok(packed.size <= 1_000 * PACKED_BUDGET_KB, `${packed.size} bytes packed`);
  const paths = packed.files.map(({ path }) => path);
  assert.equal(
    paths.filter((path) => /\.map$|(^|\/)tests?\//.test(path)),
    [],
  );
  for (const path of ["README.md", "LICENSE", "deploy/kiosk.json", "dist/bundled-licences.txt"]) {
    assert.ok(paths.includes(path), `${path} is missing`);
  }
});

test("no package in the bundles has a licence that would bind Listenable", async () => {
  const text = await readFile(join(folder, "staged", "dist", "bundled-licences.txt"), "utf8");
  const packages = text.split(/\n-{80}\n\n/);
  assert.ok(packages.length > 10);
  for (const each of packages) {
    assert.match(each, /^\S+ \S+ \((MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0)\)/);
  }
});

test("links in the tarball's texts lead to what is in it", async () => {
  const paths = new Set(packed.files.map(({ path }) => path));
  const dead: string[] = [];
  for (const path of [...paths].filter((each) => each.endsWith(".md"))) {
    const text = await readFile(join(folder, "staged", path), "utf8");
    for (const [, link] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const target = normalize(join(dirname(path), link));
      if (![...paths].some((each) => each === target || each.startsWith(`${target}/`)))
        dead.push(`${path}: ${link}`);
    }
  }
  assert.equal(dead, []);
});

whenInstalled("npm installs it without a warning", () => {
  assert.is(complaints, "");
});

whenInstalled("installed without what is optional it is small", async () => {
  const bytes = await bytesUnder(join(home, "node_modules"));
  assert.ok(bytes <= 1_000 * INSTALLED_BUDGET_KB, `${bytes} bytes installed`);
});

whenInstalled("listenable explain runs there on the wasm that comes with it", async () => {
  const clicks = Float32Array.from({ length: 32_000 }, (_, n) =>
    n % 4000 < 80 ? 0.3 * Math.sin(n * 0.9) : 0,
  );
  await writeFile(join(home, "clicks.wav"), writeWav([clicks], 16_000));
  const { stdout } = await run(
    "npx",
    ["--no-install", "listenable", "explain", "clicks.wav", "--out", "heard", "--json"],
    {
      cwd: home,
    },
  );
  const said = JSON.parse(stdout) as {
    runtime: string;
    samples: number;
    decision: { probabilities: object };
  };
  assert.match(said.runtime, "onnxruntime-web");
  assert.is(said.samples, 32_000);
  assert.is(Object.keys(said.decision.probabilities).length, 52);
  assert.equal((await readdir(join(home, "heard"))).sort(), [
    "explanation.json",
    "explanation.wav",
    "rest.wav",
    "spectrogram.png",
  ]);
});

test.run();
