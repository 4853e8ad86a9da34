/** The page when devices and the server fail under it: it goes on by itself, and leaves nothing behind. */
import type { CDPSession } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import type { LiveExplainer } from "../../client/live/live-explainer.ts";
import { startServer } from "../../server/start-server.ts";
import { browserTest } from "./browser-test.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const CYCLES = process.env["LISTENABLE_FULL"] ? 200 : 25;
let live: LiveSetUp;

declare global {
  interface Window {
    /** Every audio context that the page made, and how many workers it started and ended. */
    made: { contexts: AudioContext[]; started: number; ended: number };
  }
}

/** Runs in the page before its own code. */
function watchWhatIsMade(): void {
  window.made = { contexts: [], started: 0, ended: 0 };
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
    }
    override terminate(): void {
      made.ended++;
      super.terminate();
    }
  };
}

test.before(async () => {
  if (chromium === null) return;
  const sound = Float32Array.from(
    { length: 4 * 48_000 },
    (_, n) => 0.2 * Math.sin(n / 9) * Math.sin(n / 7_000),
  );
  live = await setUp(chromium, TINY_PACK, sound, ["--js-flags=--expose-gc"]);
});
test.after(async () => {
  await live?.close();
});

const open = (engine: "auto" | "local" | "remote", url = live.server.url) =>
  LivePage.open({ browser: live.browser, url, engine, before: watchWhatIsMade });

const notice = (page: LivePage, text: RegExp) =>
  page.page.locator(".notices li", { hasText: text }).waitFor({ timeout: 20_000 });
const noNotices = (page: LivePage) =>
  page.page.locator(".notices li").first().waitFor({ state: "detached", timeout: 20_000 });

/** Decisions that come from now on, as a sign that everything flows. */
async function decides(page: LivePage): Promise<void> {
  await page.page.locator("listenable-app").evaluate(
    (app) =>
      new Promise<void>((resolve) => {
        const { explainer } = app as unknown as { explainer: LiveExplainer };
        let left = 5;
        const decisions = explainer.decisions$.subscribe(() => {
          if (--left > 0) return;
          resolve();
          queueMicrotask(() => decisions.unsubscribe());
        });
      }),
  );
}

browserTest("a context that is suspended goes on by itself", async () => {
  const page = await open("local");
  await decides(page);
  await page.page.evaluate(() => window.made.contexts.at(-1)?.suspend());
  await page.page.waitForFunction(() => window.made.contexts.at(-1)?.state === "running");
  await decides(page);
  assert.is(await page.page.evaluate(() => window.made.contexts.length), 1);
  await page.close();
});

browserTest("a context that is held back is told, and the notice goes with it", async () => {
  const page = await open("local");
  await page.page.evaluate(() => {
    const context = window.made.contexts[0];
    const { resume } = Object.getPrototypeOf(Object.getPrototypeOf(context));
    context.resume = async () => {};
    setTimeout(() => {
      context.resume = resume;
    }, 4_000);
    return context.suspend();
  });
  await notice(page, /holds the sound back/);
  await noNotices(page);
  await decides(page);
  assert.is(await page.attribute("data-state"), "running");
  await page.close();
});

browserTest("a microphone whose track ends is opened again", async () => {
  const page = await open("local");
  await page.page.evaluate(() => {
    const track = window.listenableTaps.tracks[0];
    track.stop();
    track.dispatchEvent(new Event("ended"));
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  });
  await page.page.waitForFunction(() =>
    window.listenableTaps.tracks.some((track, n) => n > 0 && track.readyState === "live"),
  );
  await decides(page);
  assert.is(await page.attribute("data-state"), "running");
  await page.close();
});

browserTest(
  "a server that stops and comes back: the page says so, waits, and takes it up again",
  async () => {
    const { publicFolder } = live;
    const first = await startServer({ pack: TINY_PACK, port: 0, publicFolder });
    const page = await open("remote", first.url);
    await decides(page);
    await first.close();
    await notice(page, /trying again/);
    assert.is(await page.attribute("data-state"), "running");
    const again = await startServer({ pack: TINY_PACK, port: Number(new URL(first.url).port), publicFolder });
    await noNotices(page);
    await decides(page);
    await page.close();
    await again.close();
  },
);

/** What the browser counts of the page, after everything that is free was collected. */
async function census(page: LivePage, cdp: CDPSession): Promise<Record<string, number>> {
  await page.page.waitForTimeout(500);
  for (let n = 0; n < 3; n++) await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const made = await page.page.evaluate(() => ({
    open: window.made.contexts.filter(({ state }) => state !== "closed").length,
    workers: window.made.started - window.made.ended,
  }));
  return { ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])), ...made };
}

browserTest(`${CYCLES} starts and stops leave nothing behind`, async () => {
  const page = await open("local");
  const cdp = await page.page.context().newCDPSession(page.page);
  await cdp.send("Performance.enable");
  const cycle = () =>
    page.page.locator("listenable-app").evaluate(async (app) => {
      const { explainer } = app as unknown as { explainer: LiveExplainer };
      await explainer.stop();
      await explainer.start({ kind: "microphone" });
      await explainer.stop();
      // They hold what they recorded of; the page's own must be all that counts.
      window.made.contexts = window.made.contexts.filter(({ state }) => state !== "closed");
      window.listenableTaps.tracks.length = 0;
    });
  for (let n = 0; n < 4; n++) await cycle();
  const before = await census(page, cdp);
  for (let n = 0; n < CYCLES; n++) await cycle();
  const after = await census(page, cdp);
  assert.is(after["open"], 0, "audio contexts still open");
  // The page draws in a worker of its own.
  assert.is(after["workers"], before["workers"], "workers still running");
  for (const name of ["Nodes", "JSEventListeners", "AudioHandlers"]) {
    const grown = after[name] - before[name];
    // What a cycle left behind would come to one or more of each a cycle.
    assert.ok(grown < CYCLES / 2, `${name} grew from ${before[name]} to ${after[name]}`);
  }
  if (!process.env["LISTENABLE_FULL"]) return page.close();
  const heap = after["JSHeapUsedSize"] - before["JSHeapUsedSize"];
  // Some code is compiled late and the log fills up; a session that stayed would cost 100 KB and more.
  assert.ok(heap < 600_000 + 10_000 * CYCLES, `the heap grew by ${heap} bytes`);
  const told = ["Nodes", "JSEventListeners", "AudioHandlers", "JSHeapUsedSize"].map(
    (name) => `${name} ${before[name]} → ${after[name]}`,
  );
  console.log(`${CYCLES} starts and stops: ${told.join(", ")}`);
  await page.close();
});

test.run();
