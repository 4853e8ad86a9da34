/**
 * The load generator: many real-time streams on a server that runs elsewhere. Each asks for its windows at its own
 * phase, whether or not those before were answered, as sound does not wait either; so a server that is late can't slow
 * down what it is measured by. Times count from the moment that a window was due, and hold the generator's own
 * lateness, which is told too.
 */
import { setImmediate as breathe, setTimeout as wait } from "node:timers/promises";
import { randomFrom } from "../../../client/kit/sounds/synthetic/synth.ts";
import type { Hello } from "../../../protocol/wire.ts";
import { percentiles } from "../percentiles.ts";
import { processUsage } from "../server-process.ts";
import { type LoadSound, loadSound } from "./load-sound.ts";
import { LoadStream, type Outcome } from "./load-stream.ts";
import { meanBatch, type ServerCalls, serverCalls } from "./server-calls.ts";

export interface LoadOptions {
  /** "ws://host:8080/explain" */
  readonly url: string;
  readonly sessions: number;
  /** Windows, or steps of a streaming pack, that each session asks for in a second. Default: `usualRate`. */
  readonly rate?: number | undefined;
  /** Measured for so long, after the warm-up. */
  readonly seconds: number;
  /** Windows answered later than that are missed. */
  readonly limitMs: number;
  readonly method?: string | undefined;
  readonly seed: number;
  /** The server's process, where it runs on this machine: for its processor time and memory. */
  readonly pid?: number | undefined;
  /** Where the server tells its figures, if it tells them here. */
  readonly metrics?: string | undefined;
  readonly onProgress?: (secondsGone: number) => void;
}

export interface LoadFigures {
  readonly sessions: number;
  readonly rate: number;
  readonly seconds: number;
  readonly limitMs: number;
  /** What runs the model, as the server says; null when it let nobody in. */
  readonly backend: string | null;
  /** Windows that were due in the measured time; each is answered, dropped, failed or unanswered. */
  readonly asked: number;
  readonly answered: number;
  readonly dropped: number;
  readonly failed: number;
  readonly unanswered: number;
  /** Of streaming packs: answers without memory of what came before, after the first ones. */
  readonly restarts: number;
  /** Windows that a call of the model had in the mean; null where the server doesn't tell. */
  readonly batch: number | null;
  /** Windows without an answer within the limit, for whatever reason. */
  readonly misses: number;
  /** Sessions that were not let in and sessions that were ended, by reason. */
  readonly refused: Record<string, number>;
  readonly ended: Record<string, number>;
  /** From the moment that a window was due to its mask, of the answered ones. NaN when none was. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Inside the server, and inside the model alone, as the server says. */
  readonly serverP50Ms: number;
  readonly serverP99Ms: number;
  readonly inferenceP50Ms: number;
  /** How late the generator itself was. */
  readonly latenessP99Ms: number;
  /** Shares of one core; the server's is null where its process is not known. */
  readonly generatorCpu: number;
  readonly serverCpu: number | null;
  readonly serverMiB: number | null;
}

/** Windows a second that a session asks for where nobody says: pages ask for steps of 64 ms of a streaming pack. */
export function usualRate({ streaming }: Pick<Hello["pack"], "streaming">): number {
  return streaming ? 1000 / 64 : 10;
}

const CONNECTIONS_AT_ONCE = 8;
/** Streams run for so long before anything counts. */
const WARM_UP_MS = 1_000;
/** The longest wait for answers after the last window. */
const LAST_ANSWERS_MS = 2_000;
/** Windows sent in one go before answers are read again, when the generator is behind. */
const SENT_AT_ONCE = 8;

let known: { key: string; sound: LoadSound } | undefined;

function soundFor({ hello }: LoadStream): LoadSound {
  const { sampleRate, stft } = hello.pack;
  const key = JSON.stringify([sampleRate, stft, hello.limits.keptFrames]);
  if (known?.key !== key) known = { key, sound: loadSound(sampleRate, stft, hello.limits.keptFrames) };
  return known.sound;
}

/** @throws Error when the pace is not possible with the server's pack. */
export async function runLoad(options: LoadOptions): Promise<LoadFigures> {
  const { sessions, seconds, limitMs } = options;
  const record = new WindowRecord();
  const refused: Record<string, number> = {};
  const streams: LoadStream[] = [];
  for (let from = 0; from < sessions; from += CONNECTIONS_AT_ONCE) {
    const count = Math.min(CONNECTIONS_AT_ONCE, sessions - from);
    const settled = (due: number, outcome: Outcome) => record.settle(due, outcome);
    const opened = await Promise.all(
      Array.from({ length: count }, () =>
        LoadStream.connect({ url: options.url, method: options.method, settled }),
      ),
    );
    for (const each of opened) {
      if (typeof each === "string") refused[each] = (refused[each] ?? 0) + 1;
      else streams.push(each);
    }
  }
  const rate = options.rate ?? (streams[0] ? usualRate(streams[0].hello.pack) : 0);
  try {
    if (streams.length > 0) await pace(streams, rate, options, record);
  } finally {
    await Promise.all(streams.map((stream) => stream.close()));
  }
  const ended: Record<string, number> = {};
  for (const { ended: reason } of streams) if (reason) ended[reason] = (ended[reason] ?? 0) + 1;
  const [p50Ms, p95Ms, p99Ms, maxMs] = percentiles(record.times, [0.5, 0.95, 0.99, 1]);
  const [serverP50Ms, serverP99Ms] = percentiles(record.serverTimes, [0.5, 0.99]);
  const [inferenceP50Ms] = percentiles(record.inferenceTimes, [0.5]);
  const [latenessP99Ms] = percentiles(record.lateness, [0.99]);
  const answered = record.times.length;
  const inTime = record.times.filter((ms) => ms <= limitMs).length;
  return {
    sessions,
    rate,
    seconds,
    limitMs,
    backend: streams[0]?.hello.backend ?? null,
    asked: record.asked,
    answered,
    dropped: record.dropped,
    failed: record.failed,
    unanswered: record.asked - answered - record.dropped - record.failed,
    restarts: record.restarts,
    misses: record.asked - inTime,
    refused,
    ended,
    p50Ms,
    p95Ms,
    p99Ms,
    maxMs,
    serverP50Ms,
    serverP99Ms,
    inferenceP50Ms,
    latenessP99Ms,
    ...record.usage,
  };
}

/** What was measured; windows due before `from` or from `to` on don't count. */
class WindowRecord {
  from = Number.POSITIVE_INFINITY;
  to = Number.POSITIVE_INFINITY;
  asked = 0;
  dropped = 0;
  failed = 0;
  restarts = 0;
  readonly times: number[] = [];
  readonly serverTimes: number[] = [];
  readonly inferenceTimes: number[] = [];
  readonly lateness: number[] = [];
  usage: Pick<LoadFigures, "generatorCpu" | "serverCpu" | "serverMiB" | "batch"> = {
    batch: null,
    generatorCpu: 0,
    serverCpu: null,
    serverMiB: null,
  };

  #counts(due: number): boolean {
    return due >= this.from && due < this.to;
  }

  ask(due: number): void {
    if (!this.#counts(due)) return;
    this.asked++;
    this.lateness.push(performance.now() - due);
  }

  settle(due: number, outcome: Outcome): void {
    if (!this.#counts(due)) return;
    if (outcome.kind === "dropped") this.dropped++;
    else if (outcome.kind === "failed") this.failed++;
    else {
      this.times.push(performance.now() - due);
      this.serverTimes.push(outcome.serverMs);
      this.inferenceTimes.push(outcome.inferenceMs);
      if (outcome.begins) this.restarts++;
    }
  }
}

async function pace(
  streams: readonly LoadStream[],
  rate: number,
  options: LoadOptions,
  record: WindowRecord,
): Promise<void> {
  const { seconds, pid, metrics } = options;
  const [{ hello }] = streams;
  const { sampleRate, stft, windowFrames } = hello.pack;
  const framesPerWindow = sampleRate / stft.hop / rate;
  if (framesPerWindow > hello.limits.keptFrames) {
    throw new Error(
      `${rate} windows a second are too few: ${Math.ceil(framesPerWindow)} frames between two, ` +
        `and the server keeps ${hello.limits.keptFrames}`,
    );
  }
  const sound = soundFor(streams[0]);
  const random = randomFrom(options.seed);
  for (const stream of streams) stream.begin(sound, Math.floor(random() * sound.length));
  const intervalMs = 1000 / rate;
  // In the order of their phases, so that going round and round is going on in time.
  const turns = streams
    .map((stream) => ({ stream, phase: random() * intervalMs }))
    .sort((a, b) => a.phase - b.phase);
  // Asked for the first time in the middle of the run, its figures would stop this process, and the server, for 0.1 s.
  await serverCalls(metrics);
  const start = performance.now() + 50;
  record.from = start + WARM_UP_MS;
  record.to = record.from + 1000 * seconds;
  let own = process.cpuUsage();
  let theirs = pid === undefined ? null : processUsage(pid);
  let calls: Promise<ServerCalls | null> | undefined;
  let measuring = false;
  let atOnce = 0;
  let told = 0;
  for (let turn = 0; ; turn++) {
    const lastFrame = windowFrames + Math.floor(turn * framesPerWindow);
    if (start + turn * intervalMs >= record.to) break;
    for (const { stream, phase } of turns) {
      const due = start + turn * intervalMs + phase;
      let ahead = due - performance.now();
      if (ahead <= 0 && ++atOnce >= SENT_AT_ONCE) {
        atOnce = 0;
        await breathe();
      }
      for (; ahead > 0.2; ahead = due - performance.now()) {
        atOnce = 0;
        await wait(Math.max(1, Math.floor(ahead)));
      }
      if (!measuring && due >= record.from) {
        measuring = true;
        own = process.cpuUsage();
        theirs = pid === undefined ? null : processUsage(pid);
        calls = serverCalls(metrics);
      }
      if (stream.ended !== undefined) continue;
      record.ask(due);
      stream.ask(due, lastFrame);
    }
    if (performance.now() - told > 250) {
      told = performance.now();
      options.onProgress?.((told - start) / 1000);
    }
  }
  const elapsed = performance.now() - record.from;
  const { user, system } = process.cpuUsage(own);
  const after = pid === undefined ? null : processUsage(pid);
  record.usage = {
    batch: meanBatch(await calls, await serverCalls(metrics)),
    generatorCpu: (user + system) / 1000 / elapsed,
    serverCpu: theirs && after ? (after.cpuMs - theirs.cpuMs) / elapsed : null,
    serverMiB: after?.rssMiB ?? null,
  };
  const patience = performance.now() + LAST_ANSWERS_MS;
  while (performance.now() < patience && streams.some(({ waiting, ended }) => waiting.size > 0 && !ended)) {
    await wait(20);
  }
}
