// The command and the unit tests on the Node that has long-term support now, where another one is installed: `npm run test:lts`.
// Usage: node test/lts.mjs [part of a path ...]
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAJOR = 24;

/** npm has Node's binaries as packages; none of their scripts runs. */
const name = `node-${process.platform}-${process.arch}`;
const folder = join("node_modules", ".cache", `listenable-node-${MAJOR}`);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "package.json"), "{}");
const installed = spawnSync(
  "npm",
  ["install", `${name}@${MAJOR}`, "--ignore-scripts", "--no-save", "--no-audit", "--no-fund"],
  { cwd: folder, encoding: "utf8" },
);
if (installed.status !== 0) {
  console.log(`skipped: npm can't install ${name}@${MAJOR}: ${installed.stderr.split("\n")[0]}`);
  process.exit();
}
const node = join(process.cwd(), folder, "node_modules", name, "bin", "node");

const out = mkdtempSync(join(tmpdir(), "listenable-lts-"));
try {
  console.log(execFileSync(node, ["dist/cli.js", "version"], { encoding: "utf8" }).trim());
  const { writeWav } = await import("../dist/lib/dsp.js");
  const clicks = Float32Array.from({ length: 32_000 }, (_, n) => (n % 4000 < 80 ? 0.3 * Math.sin(n) : 0));
  const sound = join(out, "clicks.wav");
  writeFileSync(sound, writeWav([clicks], 16_000));
  execFileSync(node, ["dist/cli.js", "explain", sound, "--out", join(out, "heard")], { stdio: "inherit" });
} finally {
  rmSync(out, { recursive: true });
}
const words = ["test/run.mjs", "--lane=unit", `--node=${node}`, ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, words, { stdio: "inherit" }).status ?? 1;
