/** The load generator's figures as Markdown. */
import type { Knee } from "./find-knee.ts";
import type { RawFigures } from "./raw-throughput.ts";
import type { LoadFigures } from "./run-load.ts";

/** One configuration of the server: its raw inference throughput and the loads that were put on it. */
export interface LoadRun {
  /** The words that the server was started with, or the address of a running one. */
  readonly server: string;
  /** Null when the server was started by somebody else. */
  readonly raw: RawFigures | null;
  readonly loads: readonly LoadFigures[];
  /** Only when the knee was looked for. */
  readonly knee: Knee["sessions"] | null;
}

export interface LoadReport {
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly pack: string;
  readonly runs: readonly LoadRun[];
}

/** Answered windows a second as a share of what the same lanes do without a server. */
export function shareOfRaw({ answered, seconds }: LoadFigures, raw: RawFigures): number {
  return answered / seconds / raw.windowsPerSecond;
}

const HEAD = [
  "sessions",
  "p50 ms",
  "p95 ms",
  "p99 ms",
  "max ms",
  "answered",
  "missed",
  "dropped",
  "restarts",
  "together",
  "refused, ended",
  "share of raw",
  "server, cores",
  "server, MiB",
  "generator, cores",
  "generator late, p99 ms",
];

export function loadReportAsMarkdown({ command, date, machine, node, pack, runs }: LoadReport): string {
  const [{ rate, seconds, limitMs }] = runs[0].loads;
  const sections = [
    `Measured ${date} by \`${command}\`: ${pack}; ${machine}; Node ${node}. Each session asks for ${rate} windows a second for ` +
      `${seconds} s; a window is missed when its mask is not there ${limitMs} ms after it was due.`,
  ];
  for (const run of runs) {
    const backend = run.loads.find((each) => each.backend)?.backend ?? "nobody was let in";
    sections.push(
      `**${run.server}**: ${backend}.${rawSentence(run)}${kneeSentence(run)}`,
      [HEAD, HEAD.map(() => "---"), ...run.loads.map((each) => row(each, run.raw))]
        .map((cells) => `| ${cells.join(" | ")} |`)
        .join("\n"),
    );
  }
  return `${sections.join("\n\n")}\n`;
}

function rawSentence({ raw }: LoadRun): string {
  if (!raw) return "";
  return (
    ` Without a server, ${raw.lanes} ${raw.lanes === 1 ? "lane does" : "lanes side by side do"} ` +
    `${raw.windowsPerSecond.toFixed(0)} windows a second${raw.batch > 1 ? `, ${raw.batch} in a call` : ""}.`
  );
}

function kneeSentence({ knee, loads }: LoadRun): string {
  if (knee === null) return "";
  if (knee === 0) return " Even the smallest load was too much.";
  const streams = knee * (loads[0]?.rate ?? 0);
  return ` It carries ${knee} sessions (${streams.toFixed(0)} windows a second).`;
}

function row(load: LoadFigures, raw: RawFigures | null): string[] {
  return [
    String(load.sessions),
    ms(load.p50Ms),
    ms(load.p95Ms),
    ms(load.p99Ms),
    ms(load.maxMs),
    String(load.answered),
    String(load.misses),
    String(load.dropped),
    String(load.restarts),
    load.batch === null ? "–" : load.batch.toFixed(1),
    reasons({ ...load.refused, ...load.ended }),
    raw === null ? "–" : `${(100 * shareOfRaw(load, raw)).toFixed(0)} %`,
    load.serverCpu === null ? "–" : load.serverCpu.toFixed(2),
    load.serverMiB === null ? "–" : load.serverMiB.toFixed(0),
    load.generatorCpu.toFixed(2),
    ms(load.latenessP99Ms),
  ];
}

function reasons(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([reason, count]) => `${count} ${reason}`);
  return parts.length === 0 ? "0" : parts.join(", ");
}

function ms(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
