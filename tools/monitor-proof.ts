/**
 * How well the monitor finds events: clips of a fold that the classifier was not trained on, at known times in one long
 * recording with quiet noise between them, heard by the monitor as any file is. States precision and recall by class.
 *
 *   npm run monitor-proof -- --data ESC-50 --fold 4 --out proof
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Esc50Clip, readEsc50 } from "../lab/data/esc50.ts";
import { Random } from "../lab/data/random.ts";
import { WavFileWriter } from "../lab/explaining/wav-file-writer.ts";
import { classWords } from "../models/explain/class-words.ts";
import { DEFAULT_PACK } from "../models/pack/default-pack.ts";
import { findPack, openPackFolder, packageVersion } from "../models/pack/open-pack-node.ts";
import { readMono } from "../models/sound/read-audio.ts";
import { fileInput } from "../monitor/inputs/file-input.ts";
import type { MonitorEvent } from "../monitor/protocol.ts";
import { startMonitor } from "../monitor/start-monitor.ts";
import { EventStore } from "../monitor/storage/event-store.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    fold: { type: "string", default: "4" },
    out: { type: "string", default: "monitor-proof" },
    pack: { type: "string", default: DEFAULT_PACK },
    /** Clips of classes that the classifier does not know, among the others. */
    unknown: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    threshold: { type: "string" },
    floor: { type: "string", default: "-60" },
    /** Of the noise between and under the clips, in dB of full scale. */
    noise: { type: "string", default: "-66" },
  },
});
if (values.data === undefined) {
  console.error(
    "usage: npm run monitor-proof -- --data ESC-50 [--fold 4] [--out DIR] [--unknown 40] [--seed 1] [--threshold P] [--floor DB] [--noise DB]",
  );
  process.exit(2);
}

const RATE = 16_000;
/** Seconds of a detection outside its clip that still belong to it: a window is as long. */
const TOLERANCE = 0.5;
interface Truth {
  readonly label: string;
  readonly known: boolean;
  readonly start: number;
  readonly end: number;
}

async function concatenate(path: string, clips: readonly Esc50Clip[], random: Random): Promise<Truth[]> {
  const truths: Truth[] = [];
  const amplitude = 10 ** (Number(values.noise) / 20) * Math.sqrt(3);
  const noise = (samples: Float32Array) =>
    samples.map((sample) => sample + amplitude * random.uniform(-1, 1));
  const writer = await WavFileWriter.create(path, RATE);
  let at = 0;
  const write = async (samples: Float32Array) => {
    await writer.write(noise(samples));
    at += samples.length;
  };
  for (const clip of clips) {
    await write(new Float32Array(Math.round(RATE * random.uniform(3, 6))));
    const { samples } = await readMono(clip.path, RATE);
    truths.push({
      label: clip.category,
      known: labels.includes(clip.category),
      start: at / RATE,
      end: (at + samples.length) / RATE,
    });
    await write(samples);
  }
  await write(new Float32Array(4 * RATE));
  await writer.close();
  return truths;
}

interface Row {
  clips: number;
  found: number;
  right: number;
  wrong: number;
}

/** A detection is right when it overlaps a clip of its class. */
function score(truths: readonly Truth[], events: readonly MonitorEvent[]) {
  const rows = new Map<string, Row>();
  const row = (label: string) => {
    const known = rows.get(label) ?? { clips: 0, found: 0, right: 0, wrong: 0 };
    rows.set(label, known);
    return known;
  };
  const overlaps = (truth: Truth, start: number, end: number) =>
    start < truth.end + TOLERANCE && end > truth.start - TOLERANCE;
  const detections = events.flatMap(({ classes }) => classes);
  for (const truth of truths.filter(({ known }) => known)) {
    row(truth.label).clips++;
    const found = detections.some(
      ({ label, start, end }) => label === truth.label && overlaps(truth, start, end),
    );
    if (found) row(truth.label).found++;
  }
  const mistakes: { label: string; at: number; during: string }[] = [];
  for (const { label, start, end } of detections) {
    const during = truths.filter((truth) => overlaps(truth, start, end));
    if (during.some((truth) => truth.label === label)) row(label).right++;
    else {
      row(label).wrong++;
      mistakes.push({ label, at: start, during: during.map((truth) => truth.label).join(", ") || "noise" });
    }
  }
  return { rows, mistakes };
}

function table(rows: ReadonlyMap<string, Row>): string {
  const share = (part: number, whole: number) =>
    whole === 0 ? "–" : `${Math.round((100 * part) / whole)} %`;
  const line = (name: string, { clips, found, right, wrong }: Row) =>
    `| ${classWords(name)} | ${clips} | ${found} | ${share(found, clips)} | ${right + wrong} | ${wrong} | ${share(right, right + wrong)} |`;
  const all = { clips: 0, found: 0, right: 0, wrong: 0 };
  for (const row of rows.values()) {
    for (const key of ["clips", "found", "right", "wrong"] as const) all[key] += row[key];
  }
  return [
    "| class | clips | found | recall | detections | wrong | precision |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...[...rows].map(([label, row]) => line(label, row)),
    line("all", all),
  ].join("\n");
}

const folder = findPack(values.pack);
const { labels } = (await openPackFolder(folder)).pack;
const random = new Random(Number(values.seed));
const clips = (await readEsc50(values.data)).filter(({ fold }) => fold === Number(values.fold));
if (clips.length === 0) throw new Error(`${values.data} has no clips of fold ${values.fold}`);
const known = clips.filter(({ category }) => labels.includes(category));
const others = clips.filter(({ category }) => !labels.includes(category));
random.shuffle(others);
const unknown = others.slice(0, Number(values.unknown));
const order = [...known, ...unknown];
random.shuffle(order);

rmSync(values.out, { recursive: true, force: true });
mkdirSync(values.out, { recursive: true });
const recording = join(values.out, "recording.wav");
const truths = await concatenate(recording, order, random);
const store = await EventStore.open(join(values.out, "data"));
const monitor = await startMonitor({
  pack: folder,
  store,
  floor: Number(values.floor),
  inputs: [fileInput("proof", recording)],
  detector: values.threshold === undefined ? {} : { threshold: Number(values.threshold) },
  version: packageVersion(),
  log: (line) => console.error(line),
});
const started = performance.now();
const failures = await monitor.finished;
if (failures.length > 0) throw new Error(failures[0]);
const seconds = (performance.now() - started) / 1000;
const events = store.find({ limit: 1000 }).map(({ event }) => event);
await monitor.close();

const { rows, mistakes } = score(truths, events);
for (const label of new Set(known.map(({ category }) => category)))
  if (!rows.has(label)) rows.set(label, { clips: 0, found: 0, right: 0, wrong: 0 });
const badges = { faithful: 0, partly: 0, not: 0, none: 0 };
for (const { faithfulness } of events) badges[faithfulness?.badge ?? "none"]++;
const length = truths[truths.length - 1].end;
const report = [
  `${known.length} clips of known and ${unknown.length} of unknown classes in ${(length / 60).toFixed(1)} minutes, ` +
    `heard in ${seconds.toFixed(0)} s; ${events.length} events.`,
  "",
  table(new Map([...rows].sort(([a], [b]) => a.localeCompare(b)))),
  "",
  `Badges: ${badges.faithful} faithful, ${badges.partly} partly, ${badges.not} not, ${badges.none} without.`,
  "",
  `Wrong: ${mistakes.map(({ label, during }) => `${label} during ${during}`).join("; ") || "none"}.`,
].join("\n");
writeFileSync(join(values.out, "report.md"), `${report}\n`);
writeFileSync(
  join(values.out, "report.json"),
  `${JSON.stringify({ truths, rows: Object.fromEntries(rows), mistakes, badges, seconds, length }, null, 1)}\n`,
);
console.log(report);
