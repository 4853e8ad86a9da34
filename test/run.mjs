// Runs tests, each file in a process of its own, so that a crash or a hang costs one file and not the run.
// Usage: node test/run.mjs [--lane=NAME,...] [--node=PATH] [part of a path ...]
// Without a lane it runs all but "full". Closing line: "N passed, N failed, N skipped".
import { spawn } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { getPriority, setPriority } from "node:os";
import { parseArgs } from "node:util";
import { bundledName, bundleTests } from "./bundle.mjs";
import { FULL, inOrder, inRealTime, LANES, laneOf, OTHERS_AT_A_TIME } from "./lanes.mjs";

const SLOWEST = 10;
const LIMIT_MS = 5 * 60_000;
const LIMIT_FULL_MS = 30 * 60_000;
const LEFT_OPEN_MS = 20_000;
/** Of files that give way to sound in real time. */
const NICE = 10;

const { values, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: {
    lane: { type: "string" },
    /** The Node that runs the tests and the commands they start. */
    node: { type: "string", default: process.env.LISTENABLE_TEST_NODE || process.execPath },
  },
});
const wanted = values.lane?.split(",") ?? LANES.filter((lane) => lane !== FULL);
for (const lane of wanted) if (!LANES.includes(lane)) throw new Error(`there is no lane "${lane}"`);

const files = (await readdir("test", { recursive: true }))
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => `test/${file.replaceAll("\\", "/")}`)
  .filter((file) => wanted.includes(laneOf(file)))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .sort();

const folder = `${process.cwd()}/node_modules/.cache/listenable-test/${process.pid}`;

/** Resolves to what the file's process printed and how it ended. */
function runProcess(file, nice) {
  return new Promise((resolve) => {
    const child = spawn(values.node, ["--enable-source-maps", `${folder}/${bundledName(file)}`], {
      env: {
        ...process.env,
        FORCE_COLOR: "0",
        LISTENABLE_TEST_COMMAND: `${folder}/cli.js`,
        // Not the packs of whoever runs the tests.
        LISTENABLE_HOME: `${folder}/home`,
      },
    });
    if (child.pid) setPriority(child.pid, Math.max(nice, getPriority()));
    const kill = () => child.kill("SIGKILL");
    let timer = setTimeout(kill, laneOf(file) === FULL ? LIMIT_FULL_MS : LIMIT_MS);
    let output = "";
    const take = (chunk) => {
      output += chunk;
      // uvu has told how it went: what still runs was left open, by a test that failed as a rule.
      if (!/^ {2}Duration:/m.test(output)) return;
      clearTimeout(timer);
      timer = setTimeout(kill, LEFT_OPEN_MS);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ output, ended: signal ?? code });
    });
  });
}

async function runFile(file, nice) {
  const started = performance.now();
  const { output, ended } = await runProcess(file, nice);
  const seconds = (performance.now() - started) / 1000;
  const count = (name) =>
    [...output.matchAll(new RegExp(`^\\s*${name}:\\s+(\\d+)`, "gm"))].reduce(
      (sum, m) => sum + Number(m[1]),
      0,
    );
  const total = count("Total");
  const passed = count("Passed");
  const skipped = count("Skipped");
  // When a suite's `before` throws, uvu runs none of its tests and ends well.
  const ok = ended === 0 && passed === total && total + skipped > 0;
  // A file that crashes, hangs or holds no test counts as one failure even when no assertion failed.
  const failed = ok ? 0 : Math.max(1, total - passed);
  return { file, seconds, output, ended, ok, passed, skipped, failed };
}

function tell({ file, seconds, output, ended, ok, passed }) {
  console.log(`${ok ? "ok  " : "FAIL"} ${file} (${passed} passed, ${seconds.toFixed(1)} s)`);
  if (!ok) console.log(`${output}\n  ${file} ended with ${ended}`);
  // Long runs tell figures.
  else if (laneOf(file) === FULL) console.log(output.trimEnd());
}

/** Runs all files; whoever has no more sound in real time helps with the others. */
async function runAll() {
  const realTime = inOrder(files.filter(inRealTime));
  const others = inOrder(files.filter((file) => !inRealTime(file)));
  const done = [];
  async function runWhile(next) {
    for (let file = next(); file; file = next()) {
      const result = await runFile(file, inRealTime(file) ? 0 : NICE);
      tell(result);
      done.push(result);
    }
  }
  await Promise.all([
    runWhile(() => realTime.shift() ?? others.shift()),
    ...Array.from({ length: OTHERS_AT_A_TIME }, () => runWhile(() => others.shift())),
  ]);
  return done;
}

let results;
try {
  await bundleTests(files, folder);
  results = await runAll();
} finally {
  await rm(folder, { recursive: true, force: true });
}
const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
console.log("\nSlowest:");
for (const { file, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exitCode = sum("failed") === 0 && files.length > 0 ? 0 : 1;
