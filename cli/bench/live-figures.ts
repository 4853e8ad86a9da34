/** What the live page achieves in a real browser, measured from outside where that is possible. */
import { readFile } from "node:fs/promises";
import type { Browser, CDPSession } from "playwright-core";
import type { DelaySetting } from "../../client/live/live-explainer.ts";
import { lagBetween } from "./lag.ts";
import { LivePage } from "./live-page.ts";

export interface LiveFigures {
  readonly engine: "local" | "remote";
  readonly delay: DelaySetting;
  readonly description: string;
  readonly seconds: number;
  readonly windowsPerSecond: number;
  readonly inferenceP50Ms: number;
  /** From window to mask. */
  readonly engineP50Ms: number;
  readonly engineP99Ms: number;
  readonly algorithmicMs: number;
  /** The page's own split of the algorithmic latency. */
  readonly parts: {
    readonly stftMs: number;
    readonly lookAheadMs: number;
    readonly strideMs: number;
    readonly engineMs: number;
  };
  /** Clicks in to their echo out, between the browser's microphone node and its loudspeaker node; null: no echo. */
  readonly measuredMs: number | null;
  /** Buffers of the sound device as far as the browser tells. */
  readonly deviceMs: number | null;
  /** Frames under a mask that was held for up to 16 ms. */
  readonly lateFrames: number;
  readonly missedDeadlines: number;
  readonly windowsDropped: number;
  /** Times that a streaming pack's model had to forget what it had heard. */
  readonly restarts: number;
  /** Of one core, by the page's process: page, audio thread and local engine. */
  readonly pageCpuShare: number | null;
  /** From the beginning of the page's load to its first decision, nothing in the browser's cache. */
  readonly firstDecisionMs: number;
  /** From the press for another built-in sound until its first sound had gone out, delay included: the median of all. */
  readonly nextSoundMs: number;
  /**
   * Resident memory of the page's process in MiB: least of the first minute and of the last, as it swings by what
   * waits to be collected; null where the system does not tell.
   */
  readonly memoryMiB: { readonly before: number; readonly after: number } | null;
}

interface LiveOptions {
  readonly browser: Browser;
  readonly url: string;
  readonly engine: "local" | "remote";
  readonly delay: DelaySetting;
  readonly method?: string;
  readonly seconds: number;
  /** Told the seconds that have gone by. */
  readonly onProgress: (seconds: number) => void;
}

/** Until the delay has settled on what was measured. */
const SETTLE_SECONDS = 5;
const LATENCY_SECONDS = 6;

export async function measureLive(options: LiveOptions): Promise<LiveFigures> {
  const { browser, url, engine, delay, method, seconds, onProgress } = options;
  const live = await LivePage.open({ browser, url, engine, delay, method });
  try {
    const firstDecisionMs = await live.firstDecisionMs();
    await live.page.waitForTimeout(1000 * Math.min(SETTLE_SECONDS, seconds));
    const processes = await browser.newBrowserCDPSession();
    const cpuBefore = await rendererSeconds(processes);
    const started = performance.now();
    const gone = () => (performance.now() - started) / 1000;
    const memory: { seconds: number; bytes: number }[] = [];
    while (gone() < seconds) {
      await live.page.waitForTimeout(Math.min(1000, 1000 * (seconds - gone())));
      const bytes = await rendererMemory(processes);
      if (bytes !== null) memory.push({ seconds: gone(), bytes });
      onProgress(gone());
    }
    const measured = gone();
    const cpuAfter = await rendererSeconds(processes);
    const pageCpuShare = cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / measured;
    const sound = await live.listen(LATENCY_SECONDS);
    const timings = await live.timings();
    const nextSounds = (await live.nextSoundsMs()).sort((a, b) => a - b);
    return {
      engine,
      delay,
      description: (await live.description()) ?? engine,
      seconds: measured,
      windowsPerSecond: timings.windowsPerSecond,
      inferenceP50Ms: timings.inferenceP50Ms,
      engineP50Ms: timings.engineP50Ms,
      engineP99Ms: timings.engineP99Ms,
      algorithmicMs: timings.algorithmicMs,
      parts: {
        stftMs: timings.stftMs,
        lookAheadMs: timings.lookAheadMs,
        strideMs: timings.strideMs,
        engineMs: timings.engineAllowanceMs,
      },
      measuredMs: lagBetween(sound.microphone, sound.output, sound.sampleRate)?.ms ?? null,
      deviceMs: timings.deviceMs,
      lateFrames: timings.lateFrames,
      missedDeadlines: timings.missedDeadlines,
      windowsDropped: timings.windowsDropped,
      restarts: timings.restarts,
      pageCpuShare,
      firstDecisionMs,
      nextSoundMs: nextSounds[nextSounds.length >> 1],
      memoryMiB: memoryOverTime(memory),
    };
  } finally {
    await live.close();
  }
}

/** Processor time of all pages' processes so far; null where the browser does not tell. */
async function rendererSeconds(session: CDPSession): Promise<number | null> {
  try {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo
      .filter(({ type }) => type === "renderer")
      .reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  } catch {
    return null;
  }
}

/** Bytes of memory that the pages' processes hold; null where the system does not tell. */
async function rendererMemory(session: CDPSession): Promise<number | null> {
  try {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const pages = processInfo.filter(({ type }) => type === "renderer");
    const statuses = await Promise.all(pages.map(({ id }) => readFile(`/proc/${id}/status`, "utf8")));
    return statuses.reduce((sum, status) => sum + 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]), 0);
  } catch {
    return null;
  }
}

function memoryOverTime(
  samples: readonly { readonly seconds: number; readonly bytes: number }[],
): LiveFigures["memoryMiB"] {
  if (samples.length === 0) return null;
  const end = samples[samples.length - 1].seconds;
  const least = (from: number, to: number) =>
    Math.min(...samples.filter(({ seconds }) => seconds >= from && seconds <= to).map(({ bytes }) => bytes)) /
    2 ** 20;
  return { before: least(0, Math.max(60, samples[0].seconds)), after: least(end - 60, end) };
}
