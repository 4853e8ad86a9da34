import { appendFile, chmod, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { PLACE_MS } from "../../study/places.ts";
import type { EventAnswer, StudyAction, StudyView } from "../../study/protocol.ts";
import { openStudy } from "../../study/study-file.ts";
import { type StudyServer, type StudyServerOptions, startStudyServer } from "../../study/study-server.ts";
import { temporaryFolder } from "../cli/run-cli.ts";
import { openToOthers } from "../open-to-others.ts";
import { madeUpStudy, writeMadeUpStudy } from "./made-up-study.ts";

const test = suite("study server");
let folder: string;
let server: StudyServer;

async function start(options: Partial<StudyServerOptions> = {}): Promise<void> {
  server = await startStudyServer({
    ...options,
    open: await openStudy(folder),
    results: join(folder, "results"),
    publicFolder: join(packageFolder(), "client", "kit", "static"),
    port: 0,
  });
}

test.before.each(async () => {
  folder = await temporaryFolder();
  await writeMadeUpStudy(folder, madeUpStudy({ headphones: false, clips: 2, attention: 0 }));
  await start();
});

test.after.each(async () => {
  await server.close();
});

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/study/api/participants/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function join1(id = "anna"): Promise<StudyView> {
  const response = await post(id, {});
  assert.is(response.status, 200);
  return response.json();
}

let events = 0;
async function act(action: StudyAction, id = "anna", event = `event-${++events}-x`) {
  const response = await post(`${id}/events`, { id: event, action });
  return { status: response.status, answer: (await response.json()) as EventAnswer & { error?: string } };
}

async function lines(): Promise<string[]> {
  return (await readFile(join(folder, "results", "answers.jsonl"), "utf8")).trim().split("\n");
}

test("an answer is on the disk when it is acknowledged, and the same one again changes nothing", async () => {
  await join1();
  assert.is((await act({ kind: "consented" }, "anna", "the-same-event")).status, 200);
  assert.is((await lines()).length, 2);
  const again = await act({ kind: "consented" }, "anna", "the-same-event");
  assert.is(again.status, 200);
  assert.is(again.answer.progress.consented, true);
  assert.is((await lines()).length, 2);
});

test("what participants say and what they hear is for the owner alone, also what lay open before", async () => {
  await act({ kind: "consented" });
  const left = await openToOthers(folder);
  assert.equal(left, []);
  await server.close();
  for (const name of [".", "results", "sounds"]) await chmod(join(folder, name), 0o755);
  for (const name of ["study.json", "results/answers.jsonl"]) await chmod(join(folder, name), 0o644);
  await start();
  assert.equal(await openToOthers(folder), []);
});

test("what does not fit is refused with the server's progress: unheard, unknown, off the scale, out of turn", async () => {
  await join1();
  const refused = async (action: StudyAction, why: RegExp) => {
    const { status, answer } = await act(action);
    assert.is(status, 409);
    assert.match(answer.refused!, why);
  };
  await refused({ kind: "volume-set" }, /does not fit "consent"/);
  await act({ kind: "consented" });
  await act({ kind: "volume-set" });
  const rate = { kind: "rated", trial: "practice", stimulus: 0, question: "match", value: 50 } as const;
  await refused(rate, /before it was heard/);
  await act({ kind: "played", trial: "practice", stimulus: -1 });
  await refused(rate, /before it was heard/);
  await act({ kind: "played", trial: "practice", stimulus: 0 });
  assert.is((await act(rate)).status, 200);
  await refused({ ...rate, value: 101 }, /101 is not on the scale/);
  await refused({ ...rate, question: "taste" }, /no question "taste"/);
  await refused({ ...rate, trial: "trial-1" }, /not the one that is next/);
  await refused({ kind: "trial-done", trial: "practice" }, /still lacks 5 ratings/);
  assert.is((await lines()).length, 6);
});

test("a restart goes on where everybody was, also behind a line that was cut off", async () => {
  const before = await join1();
  await act({ kind: "consented" });
  await join1("berta");
  await server.close();
  await appendFile(join(folder, "results", "answers.jsonl"), '{"at":"2026-01-01T00:00:00Z","particip');
  await start();
  const after = await join1();
  assert.is(after.progress.consented, true);
  assert.equal(after.trials, before.trials);
  await act({ kind: "volume-set" });
  assert.is((await lines()).map((line) => JSON.parse(line)).length, 4);
  assert.is(server.participants, 2);
});

test("answers to another study file are not gone on with, and two servers don't share one folder", async () => {
  await join1();
  await server.close();
  const changed = madeUpStudy({ headphones: false, clips: 2, attention: 0, scale: "1-5" });
  await writeFile(join(folder, "study.json"), JSON.stringify(changed));
  try {
    await start();
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /answers\.jsonl, line 1: .*another study file/);
  }
  await writeMadeUpStudy(folder, madeUpStudy({ headphones: false, clips: 2, attention: 0 }));
  await start();
});

test("what is too large, malformed, unknown or not meant for it is refused with its status", async () => {
  await join1();
  const statusOf = async (response: Promise<Response>) => (await response).status;
  assert.is(await statusOf(post("anna/events", "x".repeat(20_000))), 413);
  assert.is(await statusOf(post("anna/events", "{")), 400);
  assert.is(await statusOf(post("anna/events", { id: "12345678", action: { kind: "hacked" } })), 400);
  assert.is(await statusOf(post("nobody/events", { id: "12345678", action: { kind: "consented" } })), 404);
  assert.is(await statusOf(post("an.na", {})), 404);
  assert.is(await statusOf(post("anna", {}, { "Content-Type": "text/plain" })), 415);
  const get = (path: string) => statusOf(fetch(`http://127.0.0.1:${server.port}/${path}`));
  const { original } = madeUpStudy({ headphones: false, clips: 2, attention: 0 }).clips[0];
  assert.is(await get(`study/sounds/${original}.wav`), 200);
  assert.is(await get("study/sounds/ffffffffffffffffffffffff.wav"), 404);
  assert.is(await get("study/sounds/..%2Fstudy.json"), 400);
  assert.is(await get("study.json"), 404);
  assert.is(await get("study/api/participants/anna"), 405);
  assert.is(await get("page.css"), 200);
  assert.is(await get("healthz"), 200);
});

test("a study that is full or by invitation lets nobody else in", async () => {
  await server.close();
  const study = madeUpStudy({ headphones: false, clips: 2, attention: 0 });
  await writeMadeUpStudy(folder, {
    ...study,
    participants: { most: 2, invited: ["anna", "berta", "carla"] },
  });
  await start();
  assert.is((await post("dora", {})).status, 403);
  for (const id of ["anna", "berta"]) await join1(id);
  const full = await post("carla", {});
  assert.is(full.status, 403);
  assert.match((await full.json()).error, /all the participants/);
  await join1("anna");
});

test("an address that joins without end is told to wait, and neither blocks nor fills the study for others", async () => {
  await server.close();
  let now = Date.UTC(2026, 6, 14);
  const study = madeUpStudy({ headphones: false, clips: 2, attention: 0 });
  await writeMadeUpStudy(folder, { ...study, participants: { most: 10 } });
  await start({ behindProxies: 1, now: () => new Date(now) });
  const from = (address: string) => ({ "X-Forwarded-For": address });
  const statuses: number[] = [];
  for (let k = 0; k < 150; k++) statuses.push((await post(`greedy-${k}`, {}, from("203.0.113.7"))).status);
  assert.is(statuses.filter((status) => status === 200).length, 10);
  assert.is(statuses[10], 403);
  assert.is(statuses.at(-1), 429);
  for (const [k, address] of ["203.0.113.8", "unknown", "2001:db8::1", "127.0.0.1"].entries()) {
    now += 1_000;
    assert.is((await post(`other-${k}`, {}, from(address))).status, 200, address);
  }
  // Whose place another one has goes on all the same, and those who wait for an hour get one.
  const consent = { id: "the-consent-of-one", action: { kind: "consented" } };
  assert.is((await post("greedy-0/events", consent, from("203.0.113.7"))).status, 200);
  assert.is((await post("greedy-0", {}, from("203.0.113.7"))).status, 200);
  now += PLACE_MS + 1;
  for (let k = 0; k < 5; k++) assert.is((await post(`late-${k}`, {}, from("203.0.113.9"))).status, 200);
  await server.close();
  await start({ behindProxies: 1, now: () => new Date(now) });
  assert.is(server.participants, 19, "nobody is forgotten");
  const view = await post("greedy-0", {}, from("203.0.113.7"));
  assert.is((await view.json()).progress.consented, true);
});

test("what cannot be kept is not acknowledged, with a status after which the page tries again", async () => {
  await join1();
  await rename(join(folder, "results", "answers.jsonl"), join(folder, "results", "away"));
  await writeFile(join(folder, "results", "answers.jsonl"), "");
  for (const response of [
    await post("anna/events", { id: "the-consent", action: { kind: "consented" } }),
    await post("anna", {}),
    await post("berta", {}),
  ]) {
    assert.is(response.status, 503);
    assert.is(response.headers.get("retry-after"), "5");
    assert.match((await response.json()).error, "keeps them and tries again");
  }
  const health = async () => (await (await fetch(`http://127.0.0.1:${server.port}/healthz`)).json()).status;
  assert.is(await health(), "not-saving");
  await rename(join(folder, "results", "away"), join(folder, "results", "answers.jsonl"));
  assert.is((await act({ kind: "consented" }, "anna", "the-consent")).status, 200);
  assert.is(await health(), "ok");
  assert.is((await lines()).length, 2);
});

test("answers that come too fast are told to wait, and other participants are not", async () => {
  await join1();
  await join1("berta");
  const many = Array.from({ length: 600 }, () => act({ kind: "volume-set" }));
  const statuses = (await Promise.all(many)).map(({ status }) => status);
  assert.ok(statuses.includes(429));
  assert.is((await act({ kind: "consented" }, "berta")).status, 200);
});

test.run();
