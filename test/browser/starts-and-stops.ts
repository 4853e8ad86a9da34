/** What a page that is started and stopped over and over makes, and what of it stays. */
import type { CDPSession } from "playwright-core";
import * as assert from "uvu/assert";
import type { LivePage } from "../../cli/bench/live-page.ts";
import type { PageTaps } from "../../cli/bench/page-taps.ts";
import type { LiveExplainer } from "../../client/live/live-explainer.ts";

declare global {
  interface Window {
    /** Every audio context that the page made, and how many workers it started and ended. */
    made: { contexts: AudioContext[]; started: number; ended: number; pipelines: Worker[] };
    listenableTaps: PageTaps;
  }
}

/** Runs in the page before its own code. */
export function watchWhatIsMade(): void {
  window.made = { contexts: [], started: 0, ended: 0, pipelines: [] };
  const { made } = window;
  const Context = window.AudioContext;
  window.AudioContext = class extends Context {
    constructor(options?: AudioContextOptions) {
      super(options);
      made.contexts.push(this);
    }
  };
  const Plain = window.Worker;
  window.Worker = class extends Plain {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      made.started++;
      if (options?.name === "listenable pipeline") made.pipelines.push(this);
    }
    override terminate(): void {
      made.ended++;
      super.terminate();
    }
  };
}

/** Four seconds at 48 kHz, for a microphone. */
export function tremolo(): Float32Array {
  return Float32Array.from({ length: 4 * 48_000 }, (_, n) => 0.2 * Math.sin(n / 9) * Math.sin(n / 7_000));
}

export type Census = Record<string, number>;

/** What the browser counts of the page, after everything that is free was collected. */
async function census(page: LivePage, cdp: CDPSession): Promise<Census> {
  await page.page.waitForTimeout(500);
  for (let n = 0; n < 3; n++) await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const made = await page.page.evaluate(() => ({
    open: window.made.contexts.filter(({ state }) => state !== "closed").length,
    workers: window.made.started - window.made.ended,
  }));
  return { ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])), ...made };
}

/**
 * Starts and stops a page that was opened under `watchWhatIsMade`, or starts it over and over without a stop; resolves to what
 * was there before and after.
 */
export async function assertNothingGrows(
  page: LivePage,
  cycles: number,
  { stops = true } = {},
): Promise<{ before: Census; after: Census }> {
  const cdp = await page.page.context().newCDPSession(page.page);
  await cdp.send("Performance.enable");
  const cycle = (last: boolean) =>
    page.page.locator("listenable-app").evaluate(
      async (app, stop) => {
        const { explainer } = app as unknown as { explainer: LiveExplainer };
        if (stop.before) await explainer.stop();
        const first = (told: { subscribe(next: () => void): { unsubscribe(): void } }) =>
          new Promise<void>((resolve) => {
            const waiting = told.subscribe(() => {
              resolve();
              queueMicrotask(() => waiting.unsubscribe());
            });
          });
        const { timings$, decisions$ } = explainer;
        const told = Promise.all([first(timings$), first(decisions$)]);
        await explainer.start({ kind: "microphone" });
        // The page shows a latency and a bar more once there is one: it is counted when it shows all.
        if (stop.last) await told;
        if (stop.after) await explainer.stop();
        // They hold what they recorded of; the page's own must be all that counts.
        window.made.contexts = window.made.contexts.filter(({ state }) => state !== "closed");
        window.listenableTaps.tracks.length = 0;
      },
      { before: stops, after: stops || last, last },
    );
  for (let n = 0; n < 4; n++) await cycle(n === 3);
  const before = await census(page, cdp);
  for (let n = 0; n < cycles; n++) await cycle(n === cycles - 1);
  const after = await census(page, cdp);
  assert.is(after["open"], 0, "audio contexts still open");
  // The page draws in a worker of its own.
  assert.is(after["workers"], before["workers"], "workers still running");
  for (const name of ["Nodes", "JSEventListeners", "AudioHandlers"]) {
    const grown = after[name] - before[name];
    // What a cycle left behind would come to one or more of each a cycle.
    assert.ok(grown < cycles / 2, `${name} grew from ${before[name]} to ${after[name]}`);
  }
  return { before, after };
}
