/** The page when devices and the server fail under it: it goes on by itself, and leaves nothing behind. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import type { LiveExplainer } from "../../client/live/live-explainer.ts";
import { startServer } from "../../server/start-server.ts";
import { browserTest } from "./browser-test.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";
import { assertNothingGrows, tremolo, watchWhatIsMade } from "./starts-and-stops.ts";

const chromium = findChromium();
let live: LiveSetUp;

test.before(async () => {
  if (chromium === null) return;
  live = await setUp(chromium, TINY_PACK, tremolo(), ["--js-flags=--expose-gc"]);
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

browserTest("12 starts and stops leave nothing behind", async () => {
  const page = await open("local");
  await assertNothingGrows(page, 12);
  await page.close();
});

test.run();
