/** `npm run chaos`: every fault with both ways to listen, over and over. */
import { Command } from "commander";
import { findChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { positiveInteger, positiveNumber } from "../../cli/options.ts";
import { showProgress } from "../../cli/progress.ts";
import { chaosRig, FAULTS, type FaultReport, failuresOf } from "./chaos-rig.ts";

const { rounds, fault, pack, json } = new Command("chaos")
  .description(
    "A page listens with engine=auto while its server is killed, frozen or made slow, and comes back. Its output is recorded: " +
      "no gap, no repeated block, no click; the original is the input moved in time; the explanation goes on by the local engine.",
  )
  .option("--rounds <n>", "how often each fault comes, with each way to listen", positiveInteger, 3)
  .option("--fault <seconds>", "how long a fault lasts", positiveNumber, 8)
  .option("--pack <dir>", "a tiny pack whose graphs are named bands; test/fixtures has a streaming one")
  .option("--json", "print the reports as one JSON array")
  .addHelpText("after", "\nExample:\n  $ npm run chaos -- --rounds 1 --fault 5")
  .parse()
  .opts<{ rounds: number; fault: number; pack?: string; json?: boolean }>();

const chromium = findChromium();
if (chromium === null) throw new Error(NO_CHROMIUM);
const seconds = { before: 2, fault, recorded: fault + 6, patience: 30 };
const all = 2 * rounds * FAULTS.length;
const progress = showProgress("chaos", all);
const reports: (FaultReport & { readonly failures: readonly string[] })[] = [];
for (const listening of ["original", "explanation"] as const) {
  for (let round = 0; round < rounds; round++) {
    for (const name of FAULTS) {
      // A visit of its own for each: a page may stay with the engine that it took last.
      const rig = await chaosRig(chromium, listening, 1 + reports.length, pack);
      try {
        const report = await rig.run(name, seconds);
        reports.push({ ...report, failures: failuresOf(report) });
      } finally {
        await rig.close();
      }
      progress.update(reports.length, name);
    }
  }
}
progress.end();
if (json) console.log(JSON.stringify(reports));
else for (const report of reports) console.log(inWords(report));
process.exitCode = reports.every(({ failures }) => failures.length === 0) ? 0 : 1;

function inWords(report: (typeof reports)[number]): string {
  const { fault, listening, engineDuring, cameBack, continuity, alignment, failures } = report;
  const { quietMs, judged } = continuity;
  const aligned = alignment ? `, ${alignment.unlike} of ${alignment.pieces} pieces not aligned` : "";
  const held = failures.length === 0 ? "held" : `FAILED: ${failures.join("; ")}`;
  return (
    `${fault}, ${listening}: ${held}; ${engineDuring} engine meanwhile, ${cameBack ? "remote" : "not remote"} afterwards; ` +
    `${quietMs} ms quiet${aligned}; ${(100 * judged).toFixed(0)} % of the recording judged`
  );
}
