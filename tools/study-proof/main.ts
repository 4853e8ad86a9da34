/**
 * `npm run study-proof -- [--study DIR] [--participants N]`: simulated participants through the real page. Without --study a
 * made-up study of three methods; with it the conditions of that study, liked in their order. Prints the report.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { findChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { showProgress } from "../../cli/progress.ts";
import { studyMarkdown } from "../../study/report.ts";
import { openStudy } from "../../study/study-file.ts";
import { madeUpStudy, writeMadeUpStudy } from "../../test/study/made-up-study.ts";
import { runProof } from "./run-proof.ts";

const { values } = parseArgs({
  options: { study: { type: "string" }, participants: { type: "string", default: "8" } },
});
const executablePath = findChromium();
if (!executablePath) throw new Error(NO_CHROMIUM);
const scratch = await mkdtemp(join(tmpdir(), "listenable-proof-"));
const folder = values.study ?? scratch;
if (values.study === undefined) await writeMadeUpStudy(folder, madeUpStudy({ clips: 4 }));
const { study } = await openStudy(folder);
const participants = Number(values.participants);
const opinions = new Map(study.methods.map(({ id }, k) => [id, 0.85 - (0.6 * k) / study.methods.length]));
const browser = await chromium.launch({
  executablePath,
  args: ["--autoplay-policy=no-user-gesture-required", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
});
const progress = showProgress("participants", participants);
const proof = await runProof({
  browser,
  folder,
  results: join(scratch, "results"),
  participants,
  opinion: (method) => opinions.get(method) ?? 0.5,
  withoutHeadphones: participants > 6 ? [3] : [],
  inattentive: participants > 6 ? [4] : [],
  onDone: (done) => progress.update(done),
});
progress.end();
await browser.close();
console.log(studyMarkdown(study, proof.analysis));
const { tabsClosed, restarts, complaints } = proof;
console.log(
  `tabs closed ${tabsClosed}, server restarts ${restarts}, errors on the pages ${complaints.length}`,
);
for (const complaint of complaints) console.log(complaint);
console.log(
  `opinions that were put in: ${[...opinions].map(([id, value]) => `${id} ${value.toFixed(2)}`).join(", ")}`,
);
console.log(`answers: ${join(scratch, "results")}`);
