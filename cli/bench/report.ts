/** The figures of a benchmark as Markdown. */
import type { ClipTime } from "./clip-time.ts";
import type { EngineTime } from "./engine-time.ts";
import type { LiveFigures } from "./live-figures.ts";
import type { StreamFigures } from "./server-streams.ts";

export interface BenchReport {
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly browser: string | null;
  readonly pack: string;
  readonly method: string;
  /** Windows, or blocks of a streaming pack, one by one. */
  readonly engines: readonly EngineTime[];
  /** Five seconds as a whole, in the same runtimes. */
  readonly clips: readonly ClipTime[];
  readonly streams: StreamFigures;
  /** Windows a second that the streams were answered, as a share of what as many lanes do without a server. */
  readonly shareOfRaw: number;
  readonly live: readonly LiveFigures[];
  readonly notes: readonly string[];
}

export function reportAsMarkdown(report: BenchReport): string {
  const { engines, clips, streams, live } = report;
  const sections = [
    `Measured ${report.date} by \`${report.command}\`: ${report.pack}, method ${report.method}; ${report.machine}; ` +
      `Node ${report.node}; ${report.browser ?? "no browser"}.`,
    "One window after the other, one thread:",
    table(
      ["runtime", "windows", "p50 ms", "p95 ms", "p99 ms", "windows a second"],
      engines.map((each) => [
        each.runtime,
        String(each.windows),
        ms(each.p50Ms),
        ms(each.p95Ms),
        ms(each.p99Ms),
        each.windowsPerSecond.toFixed(0),
      ]),
    ),
    "Five seconds of sound explained as a whole, windows side by side, one thread:",
    table(
      ["runtime", "clips", "runs a clip", "model, ms", "with transforms, ms", "processor time, ms"],
      clips.map((each) => [
        each.runtime,
        String(each.clips),
        String(each.runs),
        ms(each.modelMs),
        ms(each.wholeMs),
        ms(each.cpuMs),
      ]),
    ),
    `${streams.streams} real-time streams on one server, ${streams.windowsPerSecond.toFixed(1)} windows a second each, ` +
      `${streams.seconds} s, clients in the same process:`,
    table(
      ["window to mask, p50 ms", "p95 ms", "p99 ms", "answered", "skipped", "restarts", "share of raw"],
      [
        [
          ms(streams.p50Ms),
          ms(streams.p95Ms),
          ms(streams.p99Ms),
          String(streams.answered),
          String(streams.skipped),
          String(streams.restarts),
          `${(100 * report.shareOfRaw).toFixed(0)} %`,
        ],
      ],
    ),
  ];
  if (live.length > 0) {
    sections.push(
      "Live in the browser, clicks as microphone:",
      table(
        ["", ...live.map(({ engine, delay }) => `${engine} engine, ${delay.replace("-", " ")}`)],
        LIVE_ROWS.map(([name, value]) => [name, ...live.map(value)]),
      ),
    );
  }
  if (report.notes.length > 0) sections.push(report.notes.map((note) => `- ${note}`).join("\n"));
  return `${sections.join("\n\n")}\n`;
}

const LIVE_ROWS: readonly (readonly [string, (figures: LiveFigures) => string])[] = [
  ["engine", (each) => each.description],
  ["measured for", (each) => `${(each.seconds / 60).toFixed(1)} min`],
  ["windows a second", (each) => each.windowsPerSecond.toFixed(1)],
  ["model per window, p50", (each) => `${ms(each.inferenceP50Ms)} ms`],
  ["window to mask, p50", (each) => `${ms(each.engineP50Ms)} ms`],
  ["window to mask, p99", (each) => `${ms(each.engineP99Ms)} ms`],
  [
    "model's share of a core (p50 × windows a second)",
    (each) => `${((each.inferenceP50Ms * each.windowsPerSecond) / 10).toFixed(1)} %`,
  ],
  ["algorithmic latency", (each) => `${ms(each.algorithmicMs)} ms`],
  ["– framing and overlap-add", (each) => `${ms(each.parts.stftMs)} ms`],
  ["– look-ahead", (each) => `${ms(each.parts.lookAheadMs)} ms`],
  ["– stride", (each) => `${ms(each.parts.strideMs)} ms`],
  ["– allowance for the engine", (each) => `${ms(each.parts.engineMs)} ms`],
  [
    "measured latency, microphone node to loudspeaker node",
    (each) => orNone(each.measuredMs, (value) => `${ms(value)} ms`),
  ],
  ["device buffers, as the browser tells", (each) => orNone(each.deviceMs, (value) => `${ms(value)} ms`)],
  ["frames under a mask held for up to 16 ms", (each) => String(each.lateFrames)],
  ["missed deadlines", (each) => String(each.missedDeadlines)],
  ["windows dropped", (each) => String(each.windowsDropped)],
  ["times that a streaming pack's model began anew", (each) => String(each.restarts)],
  [
    "processor time of the page",
    (each) => orNone(each.pageCpuShare, (share) => `${(100 * share).toFixed(0)} % of a core`),
  ],
  ["page to first explanation, nothing cached", (each) => `${(each.firstDecisionMs / 1000).toFixed(1)} s`],
  ["press to the next sound's first sample", (each) => `${ms(each.nextSoundMs)} ms`],
  [
    "memory of the page, least of the first and of the last minute",
    ({ memoryMiB }) =>
      memoryMiB === null ? "–" : `${memoryMiB.before.toFixed(0)} and ${memoryMiB.after.toFixed(0)} MiB`,
  ],
];

function orNone(value: number | null, show: (value: number) => string): string {
  return value === null ? "–" : show(value);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function ms(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
