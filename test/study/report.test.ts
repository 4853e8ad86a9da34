import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../lab/data/random.ts";
import { analyse } from "../../study/analysis.ts";
import { readAnswers } from "../../study/answers.ts";
import { type Plan, planFor } from "../../study/plan.ts";
import { ORIGINAL, type StudyAction, type Tone } from "../../study/protocol.ts";
import { ratingsCsv } from "../../study/ratings.ts";
import { studyHtml, studyMarkdown } from "../../study/report.ts";
import { openStudy, type Study } from "../../study/study-file.ts";
import { runCli, temporaryFolder } from "../cli/run-cli.ts";
import { openToOthers } from "../open-to-others.ts";
import { madeUpStudy, writeMadeUpStudy } from "./made-up-study.ts";

const test = suite("study report");

interface Person {
  readonly headphones?: boolean;
  readonly attentive?: boolean;
  /** Leaves after so many trials. */
  readonly trials?: number;
  readonly comment?: string;
  opinion(method: string, question: string): number;
}

function actionsOf(study: Study, plan: Plan, person: Person): StudyAction[] {
  const { headphones = true, attentive = true, trials = plan.trials.length } = person;
  const heard: Tone = headphones ? "quiet" : "opposed";
  const tones = plan.tones.slice(0, headphones ? 1 : undefined).map((questions, attempt) => ({
    kind: "tones-answered" as const,
    attempt,
    answers: questions.map((order) => order.indexOf(heard)),
  }));
  const answered = [plan.practice!, ...plan.trials.slice(0, trials)].flatMap((trial) => [
    { kind: "played" as const, trial: trial.id, stimulus: ORIGINAL },
    ...trial.stimuli.flatMap(({ method }, stimulus) => [
      { kind: "played" as const, trial: trial.id, stimulus },
      ...study.questions.map(({ id }) => ({
        kind: "rated" as const,
        trial: trial.id,
        stimulus,
        question: id,
        value:
          trial.kind === "attention"
            ? attentive && method === "right"
              ? 90
              : 20
            : Math.round(Math.min(100, Math.max(0, person.opinion(method, id)))),
      })),
    ]),
    { kind: "trial-done" as const, trial: trial.id },
  ]);
  const finished = { kind: "finished" as const, comment: person.comment ?? "" };
  return [
    { kind: "consented" },
    ...tones,
    { kind: "volume-set" },
    ...answered,
    ...(trials === plan.trials.length ? [finished] : []),
  ];
}

async function answered(people: readonly Person[]): Promise<string> {
  const folder = await temporaryFolder();
  await writeMadeUpStudy(folder, madeUpStudy());
  const { study, hash } = await openStudy(folder);
  await mkdir(join(folder, "results"));
  const lines = people.flatMap((person, number) => {
    const participant = `person-${number}`;
    const at = new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();
    const actions = actionsOf(study, planFor(study, participant, number), person);
    return [
      { at, participant, joined: { number, study: hash } },
      ...actions.map((action, k) => ({
        at,
        participant,
        event: { id: `event-${k}`.padEnd(8, "-"), action },
      })),
    ];
  });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await appendFile(join(folder, "results", "answers.jsonl"), text);
  return folder;
}

async function analysed(folder: string, keep: Parameters<typeof analyse>[2] = []) {
  const open = await openStudy(folder);
  const { participants } = await readAnswers(join(folder, "results", "answers.jsonl"), open);
  return { study: open.study, analysis: analyse(open.study, [...participants.values()], keep) };
}

const random = new Random(5);
const likes = (first: number, second: number, third: number) => ({
  opinion: (method: string, question: string) =>
    [first, second, third][Number(method.at(-1)) - 1] +
    (question === "quality" ? -10 : 0) +
    6 * random.normal(),
});

test("known preferences are found, equal methods are not told apart, and the intervals hold the truth", async () => {
  const people = Array.from({ length: 12 }, () => likes(70, 40, 40));
  const { analysis } = await analysed(await answered(people));
  assert.is(analysis.counted, 12);
  const figure = (question: string, method: string) =>
    analysis.figures.find((each) => each.question === question && each.method === method)!;
  for (const [method, truth] of [
    ["method-1", 70],
    ["method-2", 40],
    ["method-3", 40],
  ] as const) {
    const { low, high, mean, ratings } = figure("match", method);
    assert.ok(Math.abs(mean - truth) < 4, `${method}: ${mean}`);
    assert.ok(high - low < 10 && low < mean && mean < high);
    assert.is(ratings, 48);
    assert.ok(Math.abs(figure("quality", method).mean - (truth - 10)) < 4);
  }
  for (const { methods, mean, p, adjusted } of analysis.comparisons) {
    assert.ok(adjusted >= p);
    if (methods[0] === "method-1") assert.ok(mean > 20 && adjusted < 0.01, `${methods}: ${adjusted}`);
    else assert.ok(p > 0.05, `${methods}: ${p}`);
  }
});

test("who failed a check or left is left out, counted by reason, and can be kept", async () => {
  const odd = { opinion: () => 100 };
  const folder = await answered([
    likes(70, 40, 40),
    { ...odd, headphones: false },
    { ...odd, attentive: false },
    { ...odd, trials: 2 },
    { ...odd, trials: 0, headphones: false },
    { ...likes(60, 50, 40), comment: "Nice, <b>really</b>" },
  ]);
  const { analysis, study } = await analysed(folder);
  assert.is(analysis.counted, 2);
  assert.equal(analysis.excluded, { incomplete: 2, headphones: 2, attention: 1 });
  assert.equal(analysis.comments, ["Nice, <b>really</b>"]);
  const markdown = studyMarkdown(study, analysis);
  assert.match(markdown, /6 joined, 0 of them never began, 4 were left out, 2 count/);
  assert.match(markdown, /2 did not rate all trials; 2 did not pass the headphone check; 1 did not rate/);
  assert.match(
    markdown,
    /With 2 participants and 6 comparisons no corrected p can fall below 0\.05; it takes 8 that/,
  );
  const html = studyHtml(study, analysis);
  assert.match(html, /<svg class="chart"/);
  assert.not.match(html, /<b>really/);
  const csv = ratingsCsv(analysis.ratings, analysis.exclusions);
  assert.match(csv, /^participant,trial,kind,clip,label,place,method,question,value,at,excluded\n/);
  assert.match(csv, /person-4,practice,practice,.*,incomplete headphones\n/);
  assert.is((await analysed(folder, ["headphones", "attention"])).analysis.counted, 4);
});

test("the command writes all four files, the same each time", async () => {
  const folder = await answered([likes(70, 40, 40), likes(60, 50, 40)]);
  const first = await runCli("study", "report", folder, "--json");
  assert.is(first.status, 0, first.stderr);
  assert.is(JSON.parse(first.stdout).counted, 2);
  const again = await runCli("study", "report", folder, "--json");
  assert.is(again.stdout, first.stdout);
  const report = join(folder, "results", "report");
  assert.match(await readFile(join(report, "report.md"), "utf8"), /Made-up study/);
  const csv = (await readFile(join(report, "ratings.csv"), "utf8")).trim().split("\n");
  // Practice, four clips and an attention check, three sounds and two questions each.
  assert.is(csv.length - 1, 2 * 6 * 3 * 2);
  assert.equal(await openToOthers(report), []);
  const nowhere = await runCli("study", "report", folder, "--results", join(folder, "nowhere"));
  assert.is(nowhere.status, 2);
  assert.match(nowhere.stderr, /no answers at/);
});

test.run();
