/** The soak: well-behaved streams beside clients of every bad habit, and what the server's memory does meanwhile. */
import { setMaxListeners } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { LoadStream } from "../../cli/bench/load/load-stream.ts";
import { randomFrom } from "../../client/kit/sounds/synthetic/synth.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import { type AnswerCheck, MaskCheck, type MaskCounts } from "./mask-check.ts";
import { IDLE_SHARE, otherWork } from "./other-work.ts";
import { type Memory, startWatchedServer } from "./server-under-watch.ts";
import { SteadyClient, type SteadyCounts, soundOf } from "./steady-client.ts";
import { StreamCheck } from "./stream-check.ts";
import { VISITORS, type Visit } from "./visitors.ts";

interface SoakOptions {
  /** The command without Node. */
  readonly script: readonly string[];
  readonly pack: string;
  readonly seconds: number;
  /** Half of them, rounded up, are well-behaved; the others are places for visitors, one after the other. */
  readonly sessions: number;
  readonly seed: number;
  /** So many times one of the model's threads ends in the middle of its work. Default 0. */
  readonly threadEnds?: number;
  readonly onProgress?: (secondsGone: number, detail: string) => void;
}

export interface SoakReport {
  readonly seed: number;
  readonly seconds: number;
  readonly sessions: number;
  readonly backend: string;
  /** Sums over all well-behaved streams; each request is answered, dropped, failed or lost. */
  readonly steady: SteadyCounts & { readonly streams: number; readonly lost: number };
  /** Some of the answers, compared with what the model says here. */
  readonly masks: MaskCounts;
  /** Share of all processors that others had meanwhile; null where nobody knows. */
  readonly otherWork: number | null;
  /** Habit to how its visits ended to how often. */
  readonly visits: Readonly<Record<string, Record<string, number>>>;
  /** Medians of the first and the last third, without the first tenth of the run. */
  readonly memory: { readonly first: ThirdOfMemory; readonly last: ThirdOfMemory; readonly samples: number };
  readonly before: Memory;
  readonly after: Memory;
  /** What did not hold; empty when all did. */
  readonly failures: readonly string[];
}

interface ThirdOfMemory {
  readonly heapMiB: number;
  readonly rssMiB: number;
}

/** How much the last third may lie above the first: a share of it and some MiB for the runtime's own habits. */
export const TOLERANCE = { share: 0.1, heapMiB: 4, rssMiB: 16 };
/** Runs shorter than this see the runtime warm up; their resident memory says nothing. */
const WARM_SECONDS = 300;
const SAMPLES = 60;
const LAST_ANSWERS_MS = 20_000;
/** Of a streaming pack every other well-behaved stream leaves out each so many-th step. */
const LEFT_OUT_EVERY = 40;
/** Share of the well-behaved windows that is answered at least, where the machine has nothing else to do. */
export const LEAST_ANSWERED = 0.99;

/** Networks for documentation (RFC 5737): whoever is behind a proxy has an address, and limits that go with it. */
const wellBehaved = (n: number) => ({ "x-forwarded-for": `198.51.100.${1 + n}` });
const visiting = (place: number) => ({ "x-forwarded-for": `203.0.113.${1 + place}` });
const thisMachine = { "x-forwarded-for": "127.0.0.1" };

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, sessions, seed } = options;
  const server = await startWatchedServer(options.script, serverWords(options));
  const pack = await openPack(options.pack);
  const failures: string[] = [];
  try {
    const hello = await helloOf(server.explainUrl);
    const check = new (hello.pack.streaming ? StreamCheck : MaskCheck)(pack, soundOf(hello));
    await wait(500);
    const before = await server.memory();
    const streams = Math.ceil(sessions / 2);
    const steady = await wellBehavedClients(server.explainUrl, streams, check, failures);
    const visits: Record<string, Record<string, number>> = {};
    const othersShare = otherWork(server.pid);
    const samples = await amongVisitors(server, options, { hello, check }, sessions - streams, visits);
    await Promise.all(steady.map((client) => client.settle(LAST_ANSWERS_MS)));
    const other = othersShare();
    const counts = sumOf(steady, streams * (options.threadEnds ?? 0), failures);
    judgeAnswered(counts, other, failures);
    await Promise.all(steady.map((client) => client.leave()));
    await check.settle();
    judgeMasks(check.counts, failures);
    const after = await quiet(server.url, () => server.memory(), before, failures);
    const memory = thirds(samples);
    judgeMemory(memory, seconds, failures);
    return {
      seed,
      seconds,
      sessions,
      backend: server.backend,
      steady: { streams, ...counts },
      masks: check.counts,
      otherWork: other,
      visits,
      memory: { ...memory, samples: samples.length },
      before,
      after,
      failures,
    };
  } finally {
    await pack.close();
    await server.close();
  }
}

async function wellBehavedClients(
  url: string,
  streams: number,
  check: AnswerCheck,
  failures: string[],
): Promise<SteadyClient[]> {
  const steady: SteadyClient[] = [];
  for (let n = 0; n < streams; n++) {
    const leavesOut = n % 2 === 1 ? LEFT_OUT_EVERY : undefined;
    const client = await SteadyClient.join({
      url,
      offset: n * 211,
      headers: wellBehaved(n),
      check,
      leavesOut,
    });
    if (typeof client === "string") failures.push(`a well-behaved stream was not let in: ${client}`);
    else steady.push(client);
  }
  return steady;
}

/** Lets visitors come and go for as long as the run lasts; resolves to what the server's memory held meanwhile. */
async function amongVisitors(
  server: Awaited<ReturnType<typeof startWatchedServer>>,
  { seconds, seed, onProgress, threadEnds = 0 }: SoakOptions,
  known: Pick<Visit, "hello" | "check">,
  count: number,
  visits: Record<string, Record<string, number>>,
): Promise<Memory[]> {
  const over = new AbortController();
  // One listener a place and pause, all gone when the pause is.
  setMaxListeners(0, over.signal);
  const { signal } = over;
  const places = Array.from({ length: count }, (_, place) => {
    const { explainUrl } = server;
    const visit = {
      ...known,
      explainUrl,
      signal,
      random: randomFrom(seed + place),
      headers: visiting(place),
    };
    return visitors(visit, place, visits);
  });
  const samples: Memory[] = [];
  const start = performance.now();
  const gone = () => (performance.now() - start) / 1000;
  let ended = 0;
  while (gone() < seconds && server.child.exitCode === null && server.child.signalCode === null) {
    await wait((1000 * seconds) / SAMPLES);
    if (ended + 0.5 < (threadEnds * gone()) / seconds && ended < threadEnds) {
      ended++;
      server.endThread();
    }
    samples.push(await server.memory());
    const { heapMiB, rssMiB } = samples[samples.length - 1];
    onProgress?.(gone(), `heap ${heapMiB.toFixed(1)} MiB, RSS ${rssMiB.toFixed(0)} MiB`);
  }
  over.abort();
  await Promise.all(places);
  return samples;
}

function serverWords({ pack }: SoakOptions): string[] {
  return ["--port", "0", "--no-page", "--behind-proxy", "--log-level", "error", "--pack", pack];
}

async function helloOf(url: string): Promise<Visit["hello"]> {
  const stream = await LoadStream.connect({ url, headers: wellBehaved(0), settled() {} });
  if (typeof stream === "string") throw new Error(`the server let nobody in: ${stream}`);
  await stream.close();
  return stream.hello;
}

/** One place among the sessions: visitors of drawn habits, one after the other. */
async function visitors(
  visit: Visit,
  place: number,
  visits: Record<string, Record<string, number>>,
): Promise<void> {
  const names = Object.keys(VISITORS);
  for (let n = place; !visit.signal.aborted; n++) {
    // The first round brings every habit at least once, whatever is drawn later.
    const name =
      n < place + 1 ? names[place % names.length] : names[Math.floor(visit.random() * names.length)];
    const ending = await VISITORS[name](visit);
    visits[name] ??= {};
    visits[name][ending] = (visits[name][ending] ?? 0) + 1;
    await wait(50 + 200 * visit.random());
  }
}

/** @param mostFailed each session has one call of the model at a time, and so one that can end with its thread. */
function sumOf(steady: readonly SteadyClient[], mostFailed: number, failures: string[]) {
  const sum = { asked: 0, answered: 0, dropped: 0, failed: 0, lost: 0 };
  for (const [n, client] of steady.entries()) {
    for (const key of ["asked", "answered", "dropped", "failed"] as const) sum[key] += client.counts[key];
    if (client.ended) failures.push(`well-behaved stream ${n} was ended: ${client.ended}`);
  }
  sum.lost = sum.asked - sum.answered - sum.dropped - sum.failed;
  if (sum.lost > 0)
    failures.push(`${sum.lost} windows of well-behaved streams were neither answered nor dropped`);
  if (sum.failed > mostFailed) failures.push(`${sum.failed} windows of well-behaved streams failed`);
  if (sum.answered === 0) failures.push("no window of a well-behaved stream was answered");
  return sum;
}

/** A machine that others use too says nothing of how much one server answers. */
function judgeAnswered({ asked, answered }: SteadyCounts, other: number | null, failures: string[]): void {
  if (other === null || other > IDLE_SHARE || answered >= LEAST_ANSWERED * asked) return;
  failures.push(
    `${answered} of ${asked} windows of well-behaved streams were answered on an idle machine; ` +
      `${100 * LEAST_ANSWERED} % are the least`,
  );
}

function judgeMasks({ compared, unlike, largestSteps, begun, untold }: MaskCounts, failures: string[]): void {
  if (compared === 0) failures.push("no mask was compared");
  if (untold > 0) {
    failures.push(
      `${untold} answers said wrongly whether anything was remembered; ${begun} said that nothing was`,
    );
  }
  if (unlike === 0) return;
  failures.push(
    `${unlike} of ${compared} masks are not those of their windows, by up to ${largestSteps} of 255`,
  );
}

/** Waits until all sessions are gone; what is left after a while is a failure. */
async function quiet(
  url: string,
  memory: () => Promise<Memory>,
  before: Memory,
  failures: string[],
): Promise<Memory> {
  let left: string[] = [];
  for (let attempt = 0; attempt < 50; attempt++) {
    left = [];
    const health = (await (
      await fetch(`${url}healthz`, { headers: { connection: "close", ...thisMachine } })
    ).json()) as {
      sessions: number;
    };
    if (health.sessions !== 0) left.push(`${health.sessions} sessions`);
    const now = await memory();
    const sockets = now.resources["TCPSocketWrap"] ?? 0;
    if (sockets > (before.resources["TCPSocketWrap"] ?? 0)) left.push(`${sockets} sockets`);
    if (now.files !== null && before.files !== null && now.files > before.files) {
      left.push(`${now.files} open files (${before.files} before)`);
    }
    if (left.length === 0) return now;
    await wait(200);
  }
  failures.push(`left behind when all were gone: ${left.join(", ")}`);
  return memory();
}

function thirds(samples: readonly Memory[]): { first: ThirdOfMemory; last: ThirdOfMemory } {
  const settled = samples.slice(Math.ceil(samples.length / 10));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const middle = (part: readonly Memory[]): ThirdOfMemory => ({
    heapMiB: median(part.map((each) => each.heapMiB)),
    rssMiB: median(part.map((each) => each.rssMiB)),
  });
  return { first: middle(settled.slice(0, third)), last: middle(settled.slice(-third)) };
}

function judgeMemory(
  { first, last }: { first: ThirdOfMemory; last: ThirdOfMemory },
  seconds: number,
  failures: string[],
): void {
  const kinds = seconds < WARM_SECONDS ? (["heapMiB"] as const) : (["heapMiB", "rssMiB"] as const);
  for (const kind of kinds) {
    const most = first[kind] * (1 + TOLERANCE.share) + TOLERANCE[kind];
    if (last[kind] > most) {
      failures.push(
        `${kind} grew from ${first[kind].toFixed(1)} in the first third to ${last[kind].toFixed(1)} in the last; ` +
          `${most.toFixed(1)} is the most`,
      );
    }
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
