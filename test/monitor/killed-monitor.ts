/** `listenable monitor` over a watched folder, killed again and again at any moment; and what must be there in the end. */
import { type ChildProcess, spawn } from "node:child_process";
import { watch as watchFolder } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { readWav, writeWav } from "../../dsp/wav.ts";
import { Random } from "../../lab/data/random.ts";
import type { MonitorEvent } from "../../monitor/protocol.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { COMMAND, TINY_PACK } from "../cli/run-cli.ts";
import { joined, quiet, RATE, temporary, tone } from "./rig.ts";

/** Of one file: two that begin apart. */
interface Expected {
  readonly label: string;
  readonly start: number;
}

/** Of where an event begins, in seconds: a window of a second knows when it begins no better. */
const SAME_SECONDS = 1;
const PATIENCE_MS = 120_000;

export interface KilledReport {
  readonly kills: number;
  /** Kills before the first word of the monitor, and after an event had been said. */
  readonly early: number;
  readonly amongEvents: number;
  /** Files and rows that a kill had left unfinished. */
  readonly leftOver: number;
  readonly events: number;
}

/** Kills the monitor so often, lets it end its work, and asserts that every event of every file is kept whole and once. */
export async function killAgainAndAgain(
  kills: number,
  { filesARound, seed }: { readonly filesARound: number; readonly seed: number },
): Promise<KilledReport> {
  const folder = await temporary();
  const [watched, data] = [join(folder, "watched"), join(folder, "data")];
  await mkdir(watched);
  await mkdir(join(data, "events"), { recursive: true });
  const random = new Random(seed);
  const expected = new Map<string, readonly Expected[]>();
  const said = new Set<string>();
  const counts = { early: 0, amongEvents: 0, leftOver: 0 };
  try {
    for (let round = 0; round < kills; round++) {
      await addFiles(watched, { round, count: filesARound }, random, expected);
      const { events, spoke } = await runAndKill(watched, data, random);
      for (const id of events) said.add(id);
      if (!spoke) counts.early++;
      if (events.length > 0) counts.amongEvents++;
      counts.leftOver += await assertWhole(data, said, `kill ${round + 1}`);
    }
    const events = await endItsWork(watched, data, expected.size);
    await assertWhole(data, new Set([...said, ...events]), "the last run");
    const kept = await assertComplete(data, expected);
    return { kills, ...counts, events: kept };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Files appear whole, under their names. */
async function addFiles(
  watched: string,
  { round, count }: { readonly round: number; readonly count: number },
  random: Random,
  expected: Map<string, readonly Expected[]>,
): Promise<void> {
  for (let n = 0; n < count; n++) {
    const [first, between] = [random.uniform(2, 4), random.uniform(5, 7)];
    const [low, high] = [random.uniform(1.5, 2.5), random.uniform(1.5, 2.5)];
    const sound = joined(quiet(first), tone(300, low), quiet(between), tone(5000, high), quiet(4));
    const name = `${round}-${n}.wav`;
    const unfinished = join(watched, `.${name}`);
    await writeFile(unfinished, writeWav([sound], RATE));
    await rename(unfinished, join(watched, name));
    expected.set(name, [
      { label: "low", start: first },
      { label: "high", start: first + low + between },
    ]);
  }
}

function start(watched: string, data: string): ChildProcess {
  const words = ["monitor", watched, "--watch", "--data", data, "--pack", TINY_PACK, "--json"];
  return spawn(process.execPath, [...COMMAND, ...words], { stdio: ["ignore", "pipe", "pipe"] });
}

/** What it says line by line, as it comes. */
function listen(
  child: ChildProcess,
  onEvent: (event: MonitorEvent) => void,
  onLog: (text: string) => void,
): void {
  let rest = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onEvent(JSON.parse(line) as MonitorEvent);
  });
  child.stderr!.setEncoding("utf8").on("data", onLog);
}

/** A third of the kills each: at any moment of the start, some moments after an event was said, while something is written. */
async function runAndKill(
  watched: string,
  data: string,
  random: Random,
): Promise<{ readonly events: readonly string[]; readonly spoke: boolean }> {
  const child = start(watched, data);
  const events: string[] = [];
  let spoke = false;
  let changes = 0;
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const later = (ms: number) => setTimeout(() => child.kill("SIGKILL"), ms);
  const when = random.pick(["start", "said", "written"] as const);
  const [after, ms] = [1 + random.integer(3), random.uniform(0, 120)];
  const timers = [later(when === "start" ? random.uniform(50, 2500) : PATIENCE_MS)];
  const written = watchFolder(join(data, "events"), { recursive: true }, () => {
    if (when === "written" && ++changes === 5 * after) child.kill("SIGKILL");
  });
  listen(
    child,
    ({ id }) => {
      events.push(id);
      if (when === "said" && events.length === after) timers.push(later(ms));
    },
    () => {
      spoke = true;
    },
  );
  await ended;
  written.close();
  for (const timer of timers) clearTimeout(timer);
  assert.is(child.signalCode, "SIGKILL", "it was killed, and did not end by itself");
  return { events, spoke };
}

/** Runs until all files are heard and all their events are explained. */
async function endItsWork(watched: string, data: string, files: number): Promise<string[]> {
  const child = start(watched, data);
  const events: string[] = [];
  let log = "";
  listen(
    child,
    ({ id }) => events.push(id),
    (text) => {
      log += text;
    },
  );
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  for (let left = PATIENCE_MS; left > 0 && !(await allExplained(data, 2 * files)); left -= 500) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.is(child.exitCode, null, `it ended by itself:\n${log}`);
  }
  child.kill("SIGTERM");
  await ended;
  return events;
}

/** Told by the files alone: the database is the monitor's while it runs. */
async function allExplained(data: string, most: number): Promise<boolean> {
  const names = await readdir(join(data, "events"), { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith("rest.wav") && !name.includes(".part-")).length >= most;
}

/** After a kill: what was said is there, what is there is whole, and what was unfinished goes at the next start. */
async function assertWhole(data: string, said: ReadonlySet<string>, when: string): Promise<number> {
  const store = await EventStore.open(data);
  try {
    const { rows, removed, lost } = store.recovered;
    assert.is(store.database.get("PRAGMA integrity_check")?.["integrity_check"], "ok", when);
    const kept = new Map(store.find({ limit: 10_000 }).map(({ event }) => [event.id, event]));
    for (const id of said) assert.ok(kept.has(id), `${when}: event ${id} was said and is lost`);
    for (const [id, { state, clip }] of kept) {
      assert.equal(JSON.parse(await readFile(store.file(id, "json"), "utf8")).id, id);
      const parts = state === "explained" ? (["clip", "explanation", "rest"] as const) : (["clip"] as const);
      for (const part of parts) {
        const { channels, sampleRate } = readWav(await readFile(store.file(id, part)), `${part} of ${id}`);
        assert.is(sampleRate, clip.sampleRate);
        assert.is(channels[0].length, clip.samples, `${when}: ${part} of ${id} is cut`);
      }
    }
    const names = await readdir(data, { recursive: true });
    const halves = names.filter((name) => name.includes(".part-"));
    assert.equal(halves, [], when);
    return rows + removed + lost;
  } finally {
    store.end();
  }
}

/** In the end: each file's events, each once. */
async function assertComplete(
  data: string,
  expected: ReadonlyMap<string, readonly Expected[]>,
): Promise<number> {
  const store = await EventStore.open(data);
  try {
    const events = store.find({ limit: 10_000 }).map(({ event }) => event);
    const wrong: string[] = [];
    for (const [file, wanted] of expected) {
      const found = events.filter((event) => event.file === file).sort((a, b) => a.start - b.start);
      const right =
        found.length === wanted.length &&
        found.every(
          ({ classes, start }, n) =>
            classes[0].label === wanted[n].label && Math.abs(start - wanted[n].start) < SAME_SECONDS,
        );
      const show = (each: { label: string; start: number }) => `${each.label} at ${each.start.toFixed(2)} s`;
      if (!right) {
        const heard = found.map(
          ({ classes, start, id }) => `${show({ label: classes[0].label, start })} (${id})`,
        );
        wrong.push(`${file}: ${heard.join(", ") || "nothing"} instead of ${wanted.map(show).join(", ")}`);
      }
    }
    assert.equal(wrong, []);
    assert.ok(events.every(({ state }) => state === "explained"));
    return events.length;
  } finally {
    store.end();
  }
}
