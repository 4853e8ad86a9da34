/** `listenable study`: a listening study from sounds to report. */
import type { Command } from "commander";
import { registerPrepare } from "./study/prepare.ts";
import { registerStudyReport } from "./study/report.ts";
import { registerServeStudy } from "./study/serve.ts";

const STEPS = `
A study takes three steps (docs/study.md tells more of each). Examples:
  $ listenable study prepare --data ESC-50 --fold 4 --pack esc10-speech --methods lmac,all-ones --out my-study
  $ listenable study serve my-study
  $ listenable study report my-study
Between the first and the second, read my-study/study.json: texts, questions and numbers are yours to change.
`;

export function registerStudy(program: Command): void {
  const study = program
    .command("study")
    .description("let people rate explanations by ear: prepare, serve, report")
    .addHelpText("after", STEPS);
  registerPrepare(study);
  registerServeStudy(study);
  registerStudyReport(study);
}
