// What becomes of answers when somebody exchanges, cuts, removes or fills what they are written to: none that was acknowledged is lost.
import { execFileSync } from "node:child_process";
import {
  appendFile,
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readAnswers } from "../../study/answers.ts";
import { Journal } from "../../study/journal.ts";
import { NotAdmitted, Participants } from "../../study/participants.ts";
import type { StudyAction } from "../../study/protocol.ts";
import { NotSaved } from "../../study/safe-keeping.ts";
import { openStudy } from "../../study/study-file.ts";
import { temporaryFolder } from "../cli/run-cli.ts";
import { madeUpStudy, writeMadeUpStudy } from "./made-up-study.ts";

const test = suite("answers kept safe");
const study = await temporaryFolder();
await writeMadeUpStudy(study, madeUpStudy({ headphones: false, clips: 2, attention: 0 }));
const open = await openStudy(study);
let results: string;
let people: Participants;
let log: string[];

const note = (_facts: object, text: string) => void log.push(text);
const start = async () => Participants.open(open, results, { log: { info: note, warn: note, error: note } });
const answers = () => join(results, "answers.jsonl");

test.before.each(async () => {
  results = await temporaryFolder();
  log = [];
  acknowledged.length = 0;
  people = await start();
});
test.after.each(async () => {
  await people.close();
  await rm(results, { recursive: true, force: true });
});
test.after(() => rm(study, { recursive: true }));

/** Ids of events that were acknowledged. */
const acknowledged: string[] = [];
let events = 0;

/** Acknowledged, or "refused" with nothing lost. */
async function act(
  id: string,
  action: StudyAction,
  event = `event-${++events}-x`,
): Promise<"saved" | "refused"> {
  try {
    const answer = await people.take(id, { id: event, action });
    assert.is(answer?.refused, undefined);
    acknowledged.push(event);
    return "saved";
  } catch (error) {
    assert.instance(error, NotSaved);
    return "refused";
  }
}

async function begin(id = "anna"): Promise<void> {
  await people.join(id, "192.0.2.1");
  assert.is(await act(id, { kind: "consented" }), "saved");
  assert.is(await act(id, { kind: "volume-set" }), "saved");
}

const play = (stimulus: number): StudyAction => ({ kind: "played", trial: "practice", stimulus });

/** All that was acknowledged is in the file, each once. */
async function nothingLost(file = answers()): Promise<void> {
  const { participants } = await readAnswers(file, open);
  const kept = [...participants.values()].flatMap((person) => person.events.map(({ event }) => event.id));
  for (const event of acknowledged) assert.is(kept.filter((each) => each === event).length, 1, event);
}

const CHANGES: Readonly<Record<string, () => Promise<void>>> = {
  "another file is moved over it": async () => {
    await writeFile(join(results, "other"), "");
    await rename(join(results, "other"), answers());
  },
  "an editor saves it": async () => {
    await copyFile(answers(), join(results, "copy"));
    await rename(join(results, "copy"), answers());
  },
  "it is emptied": () => truncate(answers(), 0),
  "its last line is cut": async () => truncate(answers(), (await readFile(answers())).length - 20),
  "somebody writes to it": () => appendFile(answers(), "{}\n"),
  "a rating is changed where it stands": async () => {
    await writeFile(answers(), (await readFile(answers(), "utf8")).replace("consented", "volume-se"));
  },
  "it is emptied and more is written": async () => {
    await writeFile(answers(), "x".repeat((await readFile(answers())).length + 10));
  },
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`${what}: nothing more is acknowledged, and all that was is put beside it, with the way out`, async () => {
    await begin();
    await change();
    assert.is(await act("anna", play(-1), "the-first-one"), "refused");
    assert.is(await act("anna", play(-1), "the-first-one"), "refused", "again");
    assert.is(await act("anna", play(0)), "refused");
    for (const id of ["anna", "berta"]) {
      const failure = await people.join(id, "192.0.2.2").catch((error) => error);
      assert.instance(failure, NotSaved);
    }
    assert.is(log.length, 1, "told once");
    assert.match(
      log[0],
      /answers\.jsonl was (replaced|cut|changed|written to by somebody else) while it was in use: answers are refused/,
    );
    const kept = (await readdir(results)).find((name) => name.startsWith("answers-kept-"))!;
    assert.match(log[0], kept);
    await nothingLost(join(results, kept));
    // The way out that was told.
    await people.close();
    await rename(join(results, kept), answers());
    people = await start();
    assert.is(await act("anna", play(-1), "the-first-one"), "saved");
    await nothingLost();
  });
}

test("touched and not changed, it is the same", async () => {
  await begin();
  await utimes(answers(), new Date(), new Date(0));
  await writeFile(answers(), await readFile(answers()));
  assert.is(await act("anna", play(-1)), "saved");
  await people.look();
  assert.equal(log, []);
  await nothingLost();
});

test("put back as it was, it is gone on with, and what was refused is taken when it comes again", async () => {
  await begin();
  await rename(answers(), join(results, "away"));
  await writeFile(answers(), "");
  assert.is(await act("anna", play(-1), "the-first-one"), "refused");
  await rename(join(results, "away"), answers());
  assert.is(await act("anna", play(-1), "the-first-one"), "saved");
  assert.is(log.at(-1), "answers are saved again");
  await nothingLost();
});

test("answers and looks at one moment: our own lines are never taken for another's", async () => {
  await begin();
  await people.join("berta", "192.0.2.1");
  for (let k = 0; k < 30; k++) {
    const moments = [0, 1, 2].map(() => Promise.all([people.look(), act("anna", play(-1)), people.look()]));
    for (const [, outcome] of await Promise.all(moments)) assert.is(outcome, "saved");
  }
  assert.equal(log, []);
  await nothingLost();
});

/** At once, as an editor does: were the name free for a moment, the file would be written anew there, and rightly. */
async function exchange(): Promise<void> {
  await writeFile(join(results, "other"), "");
  await link(answers(), join(results, "away"));
  await rename(join(results, "other"), answers());
}

test("exchanged while an answer is being written, it is not acknowledged; put back, it is there once", async () => {
  await begin();
  await people.join("berta", "192.0.2.1");
  for (let k = 0; k < 20; k++) {
    const actions = [
      act("anna", play(-1)),
      act("anna", play(0)),
      act("berta", { kind: "consented" }, "consent-of-berta"),
    ];
    await Promise.all([exchange(), ...actions]);
    await rename(join(results, "away"), answers());
    assert.is(await act("berta", { kind: "consented" }, "consent-of-berta"), "saved");
    await nothingLost();
  }
});

test("removed, with its folder even, it is written anew with all answers, and goes on", async () => {
  await begin();
  await people.join("berta", "192.0.2.1");
  for (const remove of [() => rm(answers()), () => rm(results, { recursive: true })]) {
    await remove();
    const both = await Promise.all([
      act("anna", play(-1)),
      act("berta", play(-1)).catch(() => "refused"),
      act("anna", play(0)),
    ]);
    assert.is(both[0], "saved");
    await nothingLost();
    assert.match(log.at(-1)!, "written anew");
  }
  await rm(answers());
  await people.look();
  await nothingLost();
});

test("a full disk refuses, keeps whole lines, and takes the same answers when there is room again", async () => {
  const disk = join(study, "disk");
  await mkdir(disk, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    return;
  }
  await people.close();
  results = disk;
  people = await start();
  try {
    await begin();
    await writeFile(join(disk, "filler"), Buffer.alloc(60 * 1024)).catch(() => {});
    const outcomes: string[] = [];
    for (let k = 0; k < 40; k++) outcomes.push(await act("anna", play(-1), `played-${"x".repeat(50)}-${k}`));
    assert.ok(outcomes.includes("saved"));
    assert.is(outcomes.at(-1), "refused");
    assert.match(log.join("\n"), "ENOSPC");
    await nothingLost();
    await rm(join(disk, "filler"));
    for (let k = 0; k < 40; k++)
      assert.is(await act("anna", play(-1), `played-${"x".repeat(50)}-${k}`), "saved");
    assert.is(log.at(-1), "answers are saved again");
    const { participants } = await readAnswers(answers(), open);
    assert.is(participants.get("anna")?.events.length, 42);
  } finally {
    await people.close();
    execFileSync("umount", ["-l", disk]);
    results = await temporaryFolder();
    people = await start();
  }
});

test("whoever waits for an answer waits for no other one, however many come", async () => {
  const file = join(results, "journal.jsonl");
  const journal = await Journal.open(file, 0);
  let more = true;
  let written = 0;
  const flood = async () => {
    // At any time one of them waits while another is written.
    while (more) await journal.append({ n: written++ });
  };
  const floods = [flood(), flood()];
  for (let k = 0; k < 5; k++) {
    await journal.append({ own: k });
    await journal.flushed();
  }
  more = false;
  await Promise.all(floods);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  assert.is(lines.filter((line) => line.includes("own")).length, 5);
  assert.is(lines.length, written + 5);
  await journal.close();
});

test("somebody who is not admitted changes nothing", async () => {
  const few = { ...open, study: { ...open.study, participants: { most: 1 } } };
  await people.close();
  people = await Participants.open(few, results, { log: { info: note, warn: note, error: note } });
  await people.join("anna", "192.0.2.1");
  assert.instance(await people.join("berta", "192.0.2.1").catch((error) => error), NotAdmitted);
  assert.is(people.count, 1);
});

test.run();
