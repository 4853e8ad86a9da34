/** `listenable study report`: what the participants said, as figures. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { packageVersion } from "../../models/pack/open-pack-node.ts";
import { shownValues } from "../../protocol/shown-text.ts";
import { makePrivateFolder, writePrivate } from "../../server/private-files.ts";
import { analyse } from "../../study/analysis.ts";
import { ANSWERS_FILE, readAnswers } from "../../study/answers.ts";
import { EXCLUSIONS, type Exclusion, ratingsCsv } from "../../study/ratings.ts";
import { studyHtml, studyMarkdown } from "../../study/report.ts";
import { openStudy } from "../../study/study-file.ts";
import { UsageError } from "../errors.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../say.ts";

interface ReportOptions extends CommonOptions {
  results?: string;
  out?: string;
  keep: Exclusion[];
}

const EXAMPLES = `
Writes into the folder given by --out, replacing what is there:
  ratings.csv    one line a rating: who, which clip, method, question, value, when, and why it does not count
  report.md      means, 95 % intervals, paired tests, and who was left out
  report.json    the same figures for programs
  report.html    the same with a chart; one file, nothing is fetched
Left out are participants who did not rate all trials, failed the headphone check or an attention check; the report says
how many. --keep counts them all the same. It can be run while the study goes on.

Examples:
  $ listenable study report my-study
  $ listenable study report my-study --results answers-of-may --out report-of-may
  $ listenable study report my-study --keep headphones --json
`;

export function registerStudyReport(study: Command): void {
  study
    .command("report")
    .description("means, intervals and paired tests of a study's answers")
    .argument("<study>", "folder that prepare made")
    .option("--results <dir>", "folder of the answers (default: results in the study's folder)")
    .option("--out <dir>", "folder for the report (default: report in the folder of the answers)")
    .option("--keep <list>", `also count who would be left out for: ${EXCLUSIONS.join(", ")}`, exclusions, [])
    .addHelpText("after", EXAMPLES)
    .action(report);
}

async function report(folder: string, options: ReportOptions): Promise<void> {
  const open = await openStudy(folder);
  const { study } = open;
  const results = options.results ?? join(folder, "results");
  const answers = join(results, ANSWERS_FILE);
  if (!existsSync(answers)) {
    throw new UsageError(`there are no answers at ${answers}; name their folder with --results`);
  }
  const { participants } = await readAnswers(answers, open);
  const analysis = analyse(study, [...participants.values()], options.keep);
  const out = options.out ?? join(results, "report");
  await makePrivateFolder(out);
  const { ratings, exclusions: left, ...figures } = analysis;
  const record = {
    listenable: packageVersion(),
    study: study.name,
    scale: study.scale,
    seed: study.seed,
    ...figures,
  };
  const markdown = studyMarkdown(shownValues(study), analysis);
  await writePrivate(join(out, "ratings.csv"), ratingsCsv(ratings, left));
  await writePrivate(join(out, "report.json"), `${JSON.stringify(record, null, 1)}\n`);
  await writePrivate(join(out, "report.md"), markdown);
  await writePrivate(join(out, "report.html"), studyHtml(study, analysis));
  printResult(options.json, { ...record, out }, (shown) => `${markdown}\nwritten to ${shown.out}`);
}

function exclusions(text: string): Exclusion[] {
  return text.split(",").map((name) => {
    const found = EXCLUSIONS.find((each) => each === name.trim());
    if (!found) throw new InvalidArgumentError(`"${name}" is not one of ${EXCLUSIONS.join(", ")}.`);
    return found;
  });
}
