// Runs every *.test.ts in a process of its own, so that a crash or a hang costs one file and not the run.
// Usage: node test/run.mjs [part of a path ...]     Closing line: "N passed, N failed, N skipped".
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";

const LIMIT_MS = (process.env.LISTENABLE_FULL ? 30 : 5) * 60_000;
const wanted = process.argv.slice(2);
const files = (await readdir("test", { recursive: true }))
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => `test/${file}`)
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

function runFile(file) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--import", "tsx", file], {
      env: { ...process.env, FORCE_COLOR: "0" },
    });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const output = Buffer.concat(chunks).toString();
      const count = (name) =>
        [...output.matchAll(new RegExp(`^\\s*${name}:\\s+(\\d+)`, "gm"))].reduce(
          (sum, m) => sum + Number(m[1]),
          0,
        );
      const total = count("Total");
      const passed = count("Passed");
      const skipped = count("Skipped");
      const ok = code === 0 && total + skipped > 0;
      // A file that crashes, hangs or holds no test counts as one failure even when no assertion failed.
      const failed = ok ? 0 : Math.max(1, total - passed);
      resolve({ file, output, passed, skipped, failed, ok, reason: signal ?? code });
    });
  });
}

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  const started = Date.now();
  const result = await runFile(file);
  for (const key of Object.keys(sum)) sum[key] += result[key];
  console.log(
    `${result.ok ? "ok  " : "FAIL"} ${file} (${result.passed} passed, ${((Date.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (!result.ok) console.log(`${result.output}\n  ${file} ended with ${result.reason}`);
  // Long runs tell figures.
  else if (process.env.LISTENABLE_FULL) console.log(result.output.trimEnd());
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed === 0 && files.length > 0 ? 0 : 1;
