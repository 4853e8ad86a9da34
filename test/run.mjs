// Runs tests, each file in a process of its own, so that a crash or a hang costs one file and not the run.
// Usage: node test/run.mjs [--lane=NAME,...] [--node=PATH] [part of a path ...]
// Without a lane it runs all but "full". Closing line: "N passed, N failed, N skipped".
import { spawn } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { bundledName, bundleTests } from "./bundle.mjs";
import { laneOf, lanes } from "./lanes.mjs";

const SLOWEST = 10;

const { values, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: {
    lane: { type: "string" },
    /** The Node that runs the tests and the commands they start. */
    node: { type: "string", default: process.env.LISTENABLE_TEST_NODE || process.execPath },
  },
});
const wanted = values.lane?.split(",") ?? lanes.filter(({ full }) => !full).map(({ name }) => name);
for (const name of wanted)
  if (!lanes.some((lane) => lane.name === name)) throw new Error(`there is no lane "${name}"`);

const files = (await readdir("test", { recursive: true }))
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => `test/${file.replaceAll("\\", "/")}`)
  .filter((file) => wanted.includes(laneOf(file).name))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .sort();

const folder = `${process.cwd()}/node_modules/.cache/listenable-test/${process.pid}`;

/** Resolves to what the file's process printed and how it ended. */
function runProcess(file, limitMs) {
  return new Promise((resolve) => {
    const child = spawn(values.node, ["--enable-source-maps", `${folder}/${bundledName(file)}`], {
      env: { ...process.env, FORCE_COLOR: "0", LISTENABLE_TEST_COMMAND: `${folder}/cli.js` },
    });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ output: Buffer.concat(chunks).toString(), ended: signal ?? code });
    });
  });
}

async function runFile(file, { limitMs }) {
  const started = performance.now();
  const { output, ended } = await runProcess(file, limitMs);
  const seconds = (performance.now() - started) / 1000;
  const count = (name) =>
    [...output.matchAll(new RegExp(`^\\s*${name}:\\s+(\\d+)`, "gm"))].reduce(
      (sum, m) => sum + Number(m[1]),
      0,
    );
  const total = count("Total");
  const passed = count("Passed");
  const skipped = count("Skipped");
  const ok = ended === 0 && total + skipped > 0;
  // A file that crashes, hangs or holds no test counts as one failure even when no assertion failed.
  const failed = ok ? 0 : Math.max(1, total - passed);
  return { file, seconds, output, ended, ok, passed, skipped, failed };
}

function tell({ file, seconds, output, ended, ok, passed }, { full }) {
  console.log(`${ok ? "ok  " : "FAIL"} ${file} (${passed} passed, ${seconds.toFixed(1)} s)`);
  if (!ok) console.log(`${output}\n  ${file} ended with ${ended}`);
  // Long runs tell figures.
  else if (full) console.log(output.trimEnd());
}

async function runLane(lane) {
  const waiting = files.filter((file) => laneOf(file) === lane);
  if (waiting.length === 0) return [];
  const started = performance.now();
  const results = [];
  async function runWaiting() {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const result = await runFile(file, lane);
      tell(result, lane);
      results.push(result);
    }
  }
  await Promise.all(Array.from({ length: lane.processes }, runWaiting));
  const seconds = (performance.now() - started) / 1000;
  console.log(`     ${lane.name}: ${results.length} files in ${seconds.toFixed(1)} s\n`);
  return results;
}

const results = [];
try {
  await bundleTests(files, folder);
  for (const lane of lanes) results.push(...(await runLane(lane)));
} finally {
  await rm(folder, { recursive: true, force: true });
}
const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
console.log("Slowest:");
for (const { file, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exitCode = sum("failed") === 0 && files.length > 0 ? 0 : 1;
