/** `npm run kiosk-soak`: a kiosk through an hour of visitors and silence, with its memory counted. */
import { Command } from "commander";
import type { CDPSession } from "playwright-core";
import { positiveInteger, positiveNumber } from "../../cli/options.ts";
import { showProgress } from "../../cli/progress.ts";
import type { KioskReport } from "../../kiosk/protocol.ts";
import { kioskState, watchKiosk } from "./watched-kiosk.ts";

const { minutes, every, json } = new Command("kiosk-soak")
  .description(
    "The released model with a room as microphone in which there is somebody for 20 of 60 seconds. What the page holds is " +
      "counted after a collection; the last third of the run must not hold more than the first.",
  )
  .option("--minutes <n>", "how long", positiveNumber, 60)
  .option("--every <seconds>", "between two counts", positiveInteger, 30)
  .option("--json", "print the report as one JSON object")
  .parse()
  .opts<{ minutes: number; every: number; json?: boolean }>();

interface Count {
  readonly heapMiB: number;
  readonly nodes: number;
  readonly listeners: number;
  readonly audioHandlers: number;
  readonly scene: string;
}

/** What may be added from the first to the last third. */
const ROOM: Record<Exclude<keyof Count, "scene">, number> = {
  heapMiB: 1.5,
  nodes: 200,
  listeners: 20,
  audioHandlers: 6,
};
const KEYS = Object.keys(ROOM) as (keyof typeof ROOM)[];

const kiosk = await watchKiosk(
  { idle: 12, attract: 10, listen: 6, report: 5, restart: "never" },
  { sound: 20, silence: 40 },
);
const page = await (await kiosk.browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
const faults: string[] = [];
page.on("pageerror", (error) => faults.push(String(error)));
page.on("crash", () => faults.push("the page crashed"));
await page.goto(kiosk.url);
await kioskState(page, '[data-state="running"]');
const cdp = await page.context().newCDPSession(page);
await cdp.send("Performance.enable");

const counts: Count[] = [];
const began = Date.now();
const progress = showProgress("kiosk-soak", Math.ceil(60 * minutes));
for (let next = began; Date.now() - began < 60_000 * minutes; ) {
  next += 1000 * every;
  while (Date.now() < next) {
    await page.waitForTimeout(Math.min(1_000, Math.max(1, next - Date.now())));
    progress.update(Math.min(60 * minutes, (Date.now() - began) / 1000));
  }
  counts.push(await count(cdp));
}
progress.end();
// It may be changing over from the room to a sound.
await kioskState(page, '[data-state="running"]');
await page.waitForTimeout(6_000);
const [report] = (await (await fetch(kiosk.statusUrl)).json()).kiosks as KioskReport[];
await kiosk.close();

// The first tenth warms up.
const steady = counts.slice(Math.ceil(counts.length / 10));
const third = Math.max(1, Math.floor(steady.length / 3));
const first = medians(steady.slice(0, third));
const last = medians(steady.slice(-third));
const failures = [
  ...faults,
  ...KEYS.filter((key) => last[key] - first[key] > ROOM[key]).map(
    (key) => `${key}: ${first[key]} → ${last[key]}`,
  ),
  ...(report.recoveries > 0 ? [`${report.recoveries} recoveries (${report.problems.join(", ")})`] : []),
  ...(report.state === "recovering" ? ["it ended recovering"] : []),
];
const scenes = [...new Set(counts.map(({ scene }) => scene))]
  .map((scene) => `${scene} ${counts.filter((each) => each.scene === scene).length}`)
  .join(", ");
if (json) console.log(JSON.stringify({ minutes, counts, first, last, report, failures }));
else {
  console.log(
    `${counts.length} counts in ${minutes} minutes (${scenes}), medians of the first and the last third:`,
  );
  for (const key of KEYS) console.log(`- ${key}: ${first[key].toFixed(1)} → ${last[key].toFixed(1)}`);
  console.log(
    `recoveries ${report.recoveries}, missed ${report.missedDeadlines}, dropped ${report.windowsDropped}, engine ${report.engine}`,
  );
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  if (failures.length === 0) console.log("all held");
}
process.exitCode = failures.length === 0 ? 0 : 1;

async function count(session: CDPSession): Promise<Count> {
  for (let n = 0; n < 2; n++) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const value = (name: string) => metrics.find((each) => each.name === name)?.value ?? Number.NaN;
  const scene = await page.locator("listenable-kiosk").getAttribute("data-scene");
  return {
    heapMiB: value("JSHeapUsedSize") / 2 ** 20,
    nodes: value("Nodes"),
    listeners: value("JSEventListeners"),
    audioHandlers: value("AudioHandlers"),
    scene: scene ?? "",
  };
}

function medians(of: readonly Count[]): Record<keyof typeof ROOM, number> {
  const median = (key: keyof typeof ROOM) =>
    of.map((each) => each[key]).sort((a, b) => a - b)[of.length >> 1];
  return Object.fromEntries(KEYS.map((key) => [key, median(key)])) as Record<keyof typeof ROOM, number>;
}
