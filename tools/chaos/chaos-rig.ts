/** A page that listens through a server in a process of its own, behind a proxy that can be made bad. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { launchChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import { type ServerProcess, startServerProcess } from "../../cli/bench/server-process.ts";
import { randomFrom } from "../../client/kit/sounds/synthetic/synth.ts";
import { writeWav } from "../../dsp/wav.ts";
import { TINY_PACK } from "../../test/browser/set-up.ts";
import { BUILT } from "../soak/server-under-watch.ts";
import { type Alignment, alignment, type Continuity, continuity } from "./continuity.ts";
import { GOOD_NETWORK, type Network, startFlakyProxy } from "./flaky-proxy.ts";
import { slowGraph } from "./slow-graph.ts";

const RATE = 48_000;
/** Late by more than a stride, and too narrow for the masks: about 500 KB a second would be needed. */
const BAD_NETWORK: Network = { delayMs: 150, jitterMs: 250, bytesPerSecond: 150_000 };

export const FAULTS = ["killed", "frozen", "slow"] as const;
export type Fault = (typeof FAULTS)[number];
export type Listening = "original" | "explanation";

export interface FaultReport {
  readonly fault: Fault;
  readonly listening: Listening;
  readonly continuity: Continuity;
  /** Only for the original, which should be the input moved in time. */
  readonly alignment: Alignment | null;
  /** The engine at the end of the fault. */
  readonly engineDuring: string | null;
  /** Whether the server's engine answered again after it was well. */
  readonly cameBack: boolean;
}

interface ChaosRig {
  readonly page: LivePage;
  /** Records while the server has this fault, and waits for its engine to be taken again. */
  run(fault: Fault, seconds: FaultSeconds): Promise<FaultReport>;
  close(): Promise<void>;
}

interface FaultSeconds {
  /** Until the fault begins, how long it lasts, and how much is recorded in all. */
  readonly before: number;
  readonly fault: number;
  readonly recorded: number;
  /** How long the server's engine may take to be back. */
  readonly patience: number;
}

const TONES = [403, 577, 811, 1103, 1409, 4513, 5003].map((hertz, n) => ({
  hertz,
  gain: n < 5 ? 0.08 : 0.02,
}));

/**
 * Tones that never rest: strong from 400 to 1600 Hz, weaker above 4.5 kHz. The tiny pack hears "low" in them throughout.
 * They fit into whole seconds, so that the file loops without a seam.
 */
export function steadyTones(seconds: number, sampleRate: number): Float32Array {
  return Float32Array.from({ length: seconds * sampleRate }, (_, n) =>
    TONES.reduce(
      (sum, { hertz, gain }, k) => sum + gain * Math.sin((2 * Math.PI * hertz * n) / sampleRate + k * k),
      0,
    ),
  );
}

/** The largest step between two samples of the tones. */
function largestStep(sampleRate: number): number {
  const samples = steadyTones(1, sampleRate);
  return samples.reduce(
    (most, value, n) => (n === 0 ? 0 : Math.max(most, Math.abs(value - samples[n - 1]))),
    0,
  );
}

const VISITS = 4;

/**
 * Opens the page with "auto", until it takes the server's engine.
 *
 * @param pack one whose first method's graphs are named "bands", and that hears "low" in the tones.
 */
export async function chaosRig(
  chromium: string,
  listening: Listening,
  seed = 1,
  pack = TINY_PACK,
): Promise<ChaosRig> {
  const folder = await mkdtemp(join(tmpdir(), "listenable-chaos-"));
  const microphone = join(folder, "microphone.wav");
  await writeFile(microphone, writeWav([steadyTones(12, RATE)], RATE));
  let server = await startServer(pack);
  const proxy = await startFlakyProxy(portOf(server), randomFrom(seed));
  const browser = await launchChromium({ path: chromium, microphone });
  const close = async () => {
    await browser.close();
    await proxy.close();
    server.child.kill("SIGCONT");
    server.child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  };
  const faults: Record<Fault, { begin: () => void; end: () => Promise<void> }> = {
    killed: {
      begin: () => void server.child.kill("SIGKILL"),
      end: async () => {
        server = await startServer(pack);
        proxy.target = portOf(server);
      },
    },
    frozen: {
      begin: () => void server.child.kill("SIGSTOP"),
      end: async () => void server.child.kill("SIGCONT"),
    },
    slow: {
      begin: () => {
        proxy.network = BAD_NETWORK;
      },
      end: async () => {
        proxy.network = GOOD_NETWORK;
      },
    },
  };
  try {
    const page = await visit(async () =>
      LivePage.open({
        browser,
        url: `http://127.0.0.1:${proxy.port}/`,
        engine: "auto",
        listening,
        prepare: async (context) => {
          await context.route("**/bands*.onnx", (route) => {
            const graph = slowGraph(join(pack, basename(new URL(route.request().url()).pathname)));
            return route.fulfill({ body: graph, contentType: "application/octet-stream" });
          });
        },
      }),
    );
    return {
      page,
      close,
      async run(fault, seconds) {
        const recording = page.listen(seconds.recorded);
        await wait(1000 * seconds.before);
        faults[fault].begin();
        await wait(1000 * seconds.fault);
        const engineDuring = await page.attribute("data-engine");
        await faults[fault].end();
        const sound = await recording;
        return {
          fault,
          listening,
          continuity: continuity(sound, largestStep(sound.sampleRate)),
          alignment: listening === "original" ? alignment(sound) : null,
          engineDuring,
          cameBack: await becomes(page, "remote", seconds.patience),
        };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startServer(pack: string): Promise<ServerProcess> {
  const words = ["--port", "0", "--pack", pack, "--log-level", "error", "--lanes", "1"];
  return startServerProcess([process.execPath, ...BUILT], words);
}

const portOf = (server: ServerProcess) => Number(new URL(server.url).port);

async function visit(open: () => Promise<LivePage>): Promise<LivePage> {
  for (let attempt = 1; ; attempt++) {
    const page = await open();
    await page.waitForLabel("low");
    if (await becomes(page, "remote", 3)) {
      await wait(2000);
      return page;
    }
    await page.close();
    if (attempt === VISITS) throw new Error(`in ${VISITS} visits the page never took the server's engine`);
  }
}

async function becomes(page: LivePage, engine: string, seconds: number): Promise<boolean> {
  for (let left = seconds * 5; left >= 0; left--) {
    if ((await page.attribute("data-engine")) === engine) return true;
    await wait(200);
  }
  return false;
}

/** Of a recording, and of pieces of the original: with less, nothing was proved. */
export const LEAST_JUDGED = 0.3;
export const LEAST_PIECES = 12;

/** Why a recording proves nothing: the machine was too busy for the browser's made-up microphone. Undefined when it does. */
export function tooLittle(
  { continuity, alignment }: FaultReport,
  leastJudged = LEAST_JUDGED,
): string | undefined {
  if (continuity.judged < leastJudged) {
    return `${(100 * continuity.judged).toFixed(0)} % of the recording could be judged; ${100 * leastJudged} % are the least`;
  }
  if (alignment && alignment.pieces < LEAST_PIECES) {
    return `${alignment.pieces} pieces of the original could be judged; ${LEAST_PIECES} are the least`;
  }
  return undefined;
}

/** What must not be heard, in words; empty when all held. `cameBack` is told and not judged: the page may well decide otherwise. */
export function failuresOf(report: FaultReport, leastJudged = LEAST_JUDGED): string[] {
  const { fault, listening, continuity, alignment, engineDuring } = report;
  const little = tooLittle(report, leastJudged);
  const failures: string[] = little === undefined ? [] : [little];
  for (const kind of ["gaps", "repeatedBlocks", "clicks"] as const) {
    if (continuity[kind] > 0) failures.push(`${continuity[kind]} ${kind}`);
  }
  // One whose server is slow may keep it for a while; one whose server is gone may not.
  if (fault !== "slow" && engineDuring !== "local")
    failures.push(`the engine was ${engineDuring}, not local`);
  if (alignment && alignment.unlike > 2 * alignment.delays.length) {
    failures.push(`${alignment.unlike} of ${alignment.pieces} pieces were not the input moved in time`);
  }
  if (listening === "original" && continuity.quietMs > 0)
    failures.push(`${continuity.quietMs} ms were quiet`);
  return failures;
}
