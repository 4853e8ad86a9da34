/** What the live page achieves in a real browser, measured from outside where that is possible. */
import type { Browser, CDPSession } from "playwright-core";
import { lagBetween } from "./lag.ts";
import { LivePage } from "./live-page.ts";

export interface LiveFigures {
  readonly engine: "local" | "remote";
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
  readonly missedDeadlines: number;
  readonly windowsDropped: number;
  /** Of one core, by the page's process: page, audio thread and local engine. */
  readonly pageCpuShare: number | null;
}

export interface LiveOptions {
  readonly browser: Browser;
  readonly url: string;
  readonly engine: "local" | "remote";
  readonly method?: string;
  readonly seconds: number;
  /** Told the seconds that have gone by. */
  readonly onProgress: (seconds: number) => void;
}

/** Until the delay has settled on what was measured. */
const SETTLE_SECONDS = 5;
const LATENCY_SECONDS = 6;

export async function measureLive(options: LiveOptions): Promise<LiveFigures> {
  const { browser, url, engine, method, seconds, onProgress } = options;
  const live = await LivePage.open({ browser, url, engine, method });
  try {
    await live.page.waitForTimeout(1000 * Math.min(SETTLE_SECONDS, seconds));
    const processes = await browser.newBrowserCDPSession();
    const cpuBefore = await rendererSeconds(processes);
    const started = performance.now();
    const gone = () => (performance.now() - started) / 1000;
    while (gone() < seconds) {
      await live.page.waitForTimeout(Math.min(1000, 1000 * (seconds - gone())));
      onProgress(gone());
    }
    const measured = gone();
    const cpuAfter = await rendererSeconds(processes);
    const pageCpuShare = cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / measured;
    const sound = await live.listen(LATENCY_SECONDS);
    const timings = await live.timings();
    return {
      engine,
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
      missedDeadlines: timings.missedDeadlines,
      windowsDropped: timings.windowsDropped,
      pageCpuShare,
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
