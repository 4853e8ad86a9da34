import { test } from "uvu";
import * as assert from "uvu/assert";
import { Feed } from "../../monitor/feed.ts";
import { InputLog } from "../../monitor/input-log.ts";
import { InputStatuses } from "../../monitor/input-status.ts";
import { endless } from "../../monitor/inputs/endless.ts";
import type { Input, InputReport, Stretch } from "../../monitor/inputs/input.ts";
import { MonitorMetrics } from "../../monitor/outputs/metrics.ts";

const QUIET: InputReport = { state() {}, dropped() {}, failed() {}, unread() {} };
const SOUND: Stretch = { sampleRate: 16_000, startedAt: new Date(0), blocks: (async function* () {})() };
const input = (name: string): Input => ({
  name,
  source: name,
  live: false,
  stretches: async function* () {},
});

test("whatever an endless input throws, it is tried again, and soon again once it went well", async () => {
  const stop = new AbortController();
  const waits: number[] = [];
  const details: string[] = [];
  let attempts = 0;
  async function* attempt(wentWell: () => void): AsyncGenerator<Stretch> {
    attempts++;
    if (attempts === 3) {
      wentWell();
      yield SOUND;
    }
    if (attempts === 4) return;
    throw attempts === 5 ? "a word" : new Error(`failure ${attempts}`);
  }
  const report = { ...QUIET, state: (_: string, detail?: string) => details.push(detail ?? "") };
  const patience = {
    random: () => 0.5,
    sleep: async (ms: number) => {
      waits.push(ms);
      if (waits.length === 5) stop.abort();
    },
  };
  let stretches = 0;
  for await (const _ of endless(report, stop.signal, attempt, patience)) stretches++;
  assert.is(stretches, 1);
  assert.equal(waits, [1000, 2000, 1000, 2000, 4000]);
  assert.equal(details, [
    "failure 1; next try in 1 s",
    "failure 2; next try in 2 s",
    "failure 3; next try in 1 s",
    "it ended; next try in 2 s",
    "a word; next try in 4 s",
    "",
  ]);
});

test("the log tells why an input waits once, that it goes on, and that it waits for files once", () => {
  const lines: string[] = [];
  const log = new InputLog((line) => lines.push(line));
  const tell = (state: "running" | "idle" | "waiting" | "connecting", detail?: string) =>
    log.take({ type: "input", input: "yard", state, detail });
  for (let poll = 0; poll < 72; poll++) tell("idle", "for new files");
  tell("waiting", "no folder; next try in 2 s");
  tell("connecting");
  tell("waiting", "no folder; next try in 4 s");
  tell("waiting", "not allowed; next try in 8 s");
  tell("idle", "for new files");
  tell("running", "a.wav");
  tell("idle", "for new files");
  assert.equal(lines, [
    "yard: waiting, for new files",
    "yard: waiting, no folder; next try in 2 s",
    "yard: waiting, not allowed; next try in 8 s",
    "yard: goes on",
  ]);
});

test("health and metrics tell of an input that waits, and of what is still to be written and read", async () => {
  const statuses = new InputStatuses([input("yard"), input("street")]);
  const metrics = new MonitorMetrics({
    eventBytes: () => 0,
    listeners: () => 0,
    lateSeconds: () => 0,
    waiting: () => new Map(),
  });
  const feed = new Feed();
  feed.listen(statuses.take);
  feed.listen(metrics.take);
  for (const name of ["yard", "street"]) feed.tell({ type: "input", input: name, state: "idle" });
  assert.equal(statuses.health(), { status: "ok", inputs: { idle: 2 }, pending: { events: 0, files: 0 } });
  feed.tell({ type: "input", input: "yard", state: "waiting", detail: "no folder" });
  feed.tell({ type: "pending", input: "street", what: "files", count: 3 });
  const waiting = { waiting: 1, idle: 1 };
  assert.equal(statuses.health(), { status: "waiting", inputs: waiting, pending: { events: 0, files: 3 } });
  assert.is(statuses.list(true)[0].detail, "no folder");
  feed.tell({ type: "input", input: "yard", state: "running" });
  feed.tell({ type: "pending", input: "street", what: "events", count: 1 });
  assert.is(statuses.health().status, "waiting");
  feed.tell({ type: "lost", input: "street" });
  feed.tell({ type: "input", input: "yard", state: "ended" });
  assert.is(statuses.health().status, "waiting");
  feed.tell({ type: "pending", input: "street", what: "events", count: 0 });
  assert.is(statuses.health().status, "ok");
  feed.tell({ type: "input", input: "street", state: "ended" });
  assert.is(statuses.health().status, "ended");
  const text = await metrics.text();
  assert.match(text, 'listenable_monitor_input_waiting{input="yard"} 0');
  assert.match(text, 'listenable_monitor_files_unread{input="street"} 3');
  assert.match(text, 'listenable_monitor_events_unkept{input="street"} 0');
  assert.match(text, 'listenable_monitor_input_ended{input="street"} 1');
  assert.match(text, 'listenable_monitor_events_lost_total{input="street"} 1');
});

test("a listener that throws keeps nobody else from hearing, nor who tells from going on", () => {
  const errors: string[] = [];
  const heard: string[] = [];
  const feed = new Feed((error) => errors.push(error.message));
  feed.listen(() => {
    throw new Error("broken");
  });
  feed.listen(({ type }) => heard.push(type));
  feed.tell({ type: "lost", input: "yard" });
  assert.equal([errors, heard], [["broken"], ["lost"]]);
});

test.run();
