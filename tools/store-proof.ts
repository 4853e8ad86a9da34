/**
 * What many events cost: the monitor's own command over made-up ones, and how long `/healthz` takes while its database
 * is made anew of the folders, while labels are sent and while the list is searched.
 *
 *   npm run store-proof -- --events 20000
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../lab/data/random.ts";
import { packageFolder } from "../models/pack/open-pack-node.ts";
import { dayOf, eventId } from "../monitor/event.ts";
import type { MonitorEvent, MonitorHealth } from "../monitor/protocol.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "20000" },
    /** Of each event, at most. */
    classes: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    /** Another build's command. */
    cli: { type: "string", default: join(packageFolder(), "dist", "cli.js") },
  },
});
const COUNT = Number(values.events);
const CLASSES = Number(values.classes);
const LABELS = ["dog", "rooster", "rain", "sea_waves", "crying_baby", "clock_tick", "helicopter", "chainsaw"];
while (LABELS.length < CLASSES) LABELS.push(`class_${LABELS.length}`);
const ASK_EVERY_MS = 10;

const folder = mkdtempSync(join(tmpdir(), "listenable-store-proof-"));

function madeUp(n: number, random: Random): MonitorEvent {
  const at = new Date(Date.UTC(2026, 0, 1) + 900_000 * n + random.integer(60_000));
  const labels = random.shuffle([...LABELS]).slice(0, 1 + random.integer(CLASSES));
  const file = `recordings/site-${n % 40}/${at.toISOString().slice(0, 13)}.wav`;
  return {
    id: eventId(at, () => random.uniform(0, 1)),
    input: ["yard", "street", "hall"][n % 3] ?? "yard",
    ...(n % 2 === 0 ? { file } : {}),
    at: at.toISOString(),
    ...{ start: 900 * (n % 40), end: 900 * (n % 40) + 4, continues: false },
    classes: labels.map((label, k) => ({
      ...{ label, start: 900 * (n % 40), end: 900 * (n % 40) + 4 - k },
      ...{ confidence: random.uniform(0.5, 1), peak: 1, windows: 9 },
    })),
    clip: { sampleRate: 16_000, samples: 128_000, before: 2 },
    pack: { name: "esc10-speech", version: "1.1.0" },
    method: "selective-lmac",
    state: "explained",
    faithfulness: { original: 0.9, explanation: 0.8, rest: 0.1, badge: "faithful", windows: 9 },
  };
}

function writeEvents(): void {
  const random = new Random(Number(values.seed));
  for (let n = 0; n < COUNT; n++) {
    const event = madeUp(n, random);
    const path = join(folder, "events", dayOf(event.id), event.id);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    writeFileSync(join(path, "event.json"), `${JSON.stringify(event, null, 1)}\n`, { mode: 0o600 });
    writeFileSync(join(path, "clip.wav"), "sound", { mode: 0o600 });
  }
}

interface Monitor {
  readonly url: string;
  readonly startedMs: number;
  readonly child: ChildProcess;
}

/** Until its pages can be asked. It hears nothing, and waits for more. */
async function startMonitor(): Promise<Monitor> {
  const began = performance.now();
  const words = [values.cli, "monitor", "-", "--data", folder, "--port", "0"];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "ignore", "pipe"] });
  process.once("exit", () => child.kill("SIGKILL"));
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`the monitor ended:\n${said}`)));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (process.env["LOUD"]) process.stderr.write(text);
      const found = /pages at (http:\S+?\/?)[.;]? /.exec(said)?.[1];
      if (found) resolve(found.replace(/\/?$/, "/"));
    });
  });
  return { url, child, startedMs: performance.now() - began };
}

async function stop({ child }: Monitor): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

interface Row {
  readonly what: string;
  readonly seconds: number;
  readonly healths: readonly number[];
}

/** Asks for `/healthz` all the time while `work` is done. */
async function beside(monitor: Monitor, what: string, work: () => Promise<unknown>): Promise<Row> {
  const healths: number[] = [];
  let running = true;
  const asking = (async () => {
    while (running) {
      const asked = performance.now();
      await (await fetch(`${monitor.url}healthz`)).text();
      healths.push(performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  })();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  running = false;
  await asking;
  return { what, seconds, healths: healths.sort((a, b) => a - b) };
}

function line({ what, seconds, healths }: Row): string {
  const at = (share: number) => (healths[Math.floor(share * (healths.length - 1))] ?? 0).toFixed(1);
  const cells = [
    what,
    `${seconds.toFixed(1)} s`,
    healths.length,
    `${at(0.5)} ms`,
    `${at(0.99)} ms`,
    `${at(1)} ms`,
  ];
  return `| ${cells.join(" | ")} |`;
}

async function rebuilt({ url }: Monitor): Promise<void> {
  for (;;) {
    const health = (await (await fetch(`${url}healthz`)).json()) as MonitorHealth;
    const { total } = (await (await fetch(`${url}api/events?limit=1`)).json()) as { total: number };
    if (!health.rebuilding && total === COUNT) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

try {
  writeEvents();
  let monitor = await startMonitor();
  const started = monitor.startedMs;
  const get = async (path: string) => {
    const response = await fetch(monitor.url + path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.arrayBuffer();
  };
  const search = (text: string) => get(`api/events?text=${encodeURIComponent(text)}`);
  console.log(
    `${COUNT} events of at most ${CLASSES} classes, seed ${values.seed}. Pages answered ${(started / 1000).toFixed(1)} s after the start without a database.\n`,
  );
  console.log(
    "| meanwhile | took | /healthz asked | half | 99 % | longest |\n| --- | --- | --- | --- | --- | --- |",
  );
  const tell = async (what: string, work: () => Promise<unknown>) =>
    console.log(line(await beside(monitor, what, work)));
  await tell("database made anew of the folders", () => rebuilt(monitor));
  await stop(monitor);
  monitor = await startMonitor();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const works: [string, () => Promise<unknown>][] = [
    ["nothing, for 5 s", () => new Promise((resolve) => setTimeout(resolve, 5000))],
    ["labels.csv", () => get("api/labels/labels.csv")],
    ["labels.json", () => get("api/labels/labels.json")],
    ["labels.txt", () => get("api/labels/labels.txt")],
    [
      "8 files of labels at once",
      () => Promise.all(Array.from({ length: 8 }, () => get("api/labels/labels.csv"))),
    ],
    ["a search for a word", () => search("helicopter")],
    ["a search that finds nothing", () => search("xylophone")],
    ["a search for 90 words", () => search("r a i n y d ".repeat(15))],
    [
      "16 searches at once",
      () => Promise.all(Array.from({ length: 16 }, (_, n) => search(`site-${n} rain`))),
    ],
  ];
  for (const [what, work] of works) await tell(what, work);
  console.log(
    `\nWith the database, pages answered ${(monitor.startedMs / 1000).toFixed(1)} s after the start.`,
  );
  await stop(monitor);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
