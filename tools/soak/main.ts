/** `npm run soak`: a server among clients of every bad habit, for half an hour. */
import { Command } from "commander";
import { positiveInteger, positiveNumber, wholeNumber } from "../../cli/options.ts";
import { showProgress } from "../../cli/progress.ts";
import { DEFAULT_PACK } from "../../models/pack/default-pack.ts";
import { findPack } from "../../models/pack/open-pack-node.ts";
import { runSoak, type SoakReport } from "./run-soak.ts";
import { BUILT } from "./server-under-watch.ts";

const { minutes, sessions, seed, threadEnds, pack, json } = new Command("soak")
  .description(
    "Half of the sessions listen in real time and must lose nothing, get the masks of their own windows and, on an idle " +
      "machine, 99 % of them; in the places of the others, clients leave, stop " +
      "reading or sending, send garbage or vanish. Memory must be flat, and nothing may be left when all are gone.",
  )
  .option("--minutes <n>", "how long", positiveNumber, 30)
  .option("--sessions <n>", "clients at the same time", positiveInteger, 16)
  .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
  .option(
    "--thread-ends <n>",
    "times that a thread of the model ends in the middle of its work",
    wholeNumber,
    3,
  )
  .option("--pack <name or dir>", "pack that the server explains with", DEFAULT_PACK)
  .option("--json", "print the report as one JSON object")
  .addHelpText("after", "\nExample:\n  $ npm run soak -- --minutes 2 --sessions 8 --seed 7")
  .parse()
  .opts<{
    minutes: number;
    sessions: number;
    seed: number;
    threadEnds: number;
    pack: string;
    json?: boolean;
  }>();

const seconds = 60 * minutes;
console.error(`soak: seed ${seed}, ${sessions} sessions, ${minutes} minutes`);
const progress = showProgress("soak", Math.ceil(seconds));
const report = await runSoak({
  script: BUILT,
  pack: findPack(pack),
  seconds,
  sessions,
  seed,
  threadEnds,
  onProgress: (gone, detail) => progress.update(Math.min(gone, seconds), detail),
});
progress.end();
console.log(json ? JSON.stringify(report) : inWords(report));
process.exitCode = report.failures.length === 0 ? 0 : 1;

function inWords(report: SoakReport): string {
  const { steady, masks, otherWork, visits, memory, before, after, failures, backend } = report;
  const { streams, asked, answered, dropped, failed, lost } = steady;
  const habits = Object.entries(visits).map(
    ([name, endings]) =>
      `- ${name}: ${Object.entries(endings)
        .map(([ending, count]) => `${count} ${ending}`)
        .join(", ")}`,
  );
  const grown = (kind: "heapMiB" | "rssMiB") =>
    `${memory.first[kind].toFixed(1)} → ${memory.last[kind].toFixed(1)} MiB`;
  return [
    `${streams} well-behaved streams on ${backend}: ${asked} windows, ${answered} answered, ${dropped} dropped, ${failed} failed, ${lost} lost`,
    `${masks.compared} masks compared, ${masks.unlike} unlike, at most ${masks.largestSteps} of 255 apart; ` +
      (masks.begun > 0 ? `${masks.begun} told that nothing was remembered, ${masks.untold} wrongly; ` : "") +
      `others had ${otherWork === null ? "an unknown share" : `${(100 * otherWork).toFixed(0)} %`} of the processors`,
    ...habits,
    `first third → last third (${memory.samples} samples): heap ${grown("heapMiB")}, RSS ${grown("rssMiB")}`,
    `open files ${before.files} before, ${after.files} after`,
    ...failures.map((failure) => `FAILED: ${failure}`),
    failures.length === 0 ? "all held" : "",
  ]
    .filter(Boolean)
    .join("\n");
}
