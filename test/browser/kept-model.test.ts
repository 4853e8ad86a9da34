/** The worker and its model are kept from one sound to the next: asked for once, opened once, however often sounds change. */
import type { Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import type { LiveExplainer } from "../../client/live/live-explainer.ts";
import { browserTest } from "./browser-test.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";
import { assertNothingGrows, tremolo, watchWhatIsMade } from "./starts-and-stops.ts";

const chromium = findChromium();
let live: LiveSetUp;

test.before(async () => {
  if (chromium === null) return;
  live = await setUp(chromium, TINY_PACK, tremolo(), [
    "--autoplay-policy=no-user-gesture-required",
    "--js-flags=--expose-gc",
  ]);
});
test.after(async () => {
  await live?.close();
});

const open = () =>
  LivePage.open({
    browser: live.browser,
    url: live.server.url,
    engine: undefined,
    sound: "voice-by-the-fire",
    before: watchWhatIsMade,
  });

/** Whatever the page, its workers and worklets ask for from now on. */
function requestsOf(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  return asked;
}

/** Resolves with the label once the stream that runs has decided so often. */
const decided = (page: Page, times = 3) =>
  page.locator("listenable-app").evaluate(
    (app, count) =>
      new Promise<void>((resolve) => {
        const { explainer } = app as unknown as { explainer: LiveExplainer };
        let left = count;
        const decisions = explainer.decisions$.subscribe(() => {
          if (--left > 0) return;
          resolve();
          queueMicrotask(() => decisions.unsubscribe());
        });
      }),
    times,
  );

const made = (page: Page) =>
  page.evaluate(() => ({
    workers: window.made.started - window.made.ended,
    started: window.made.started,
    contexts: window.made.contexts.length,
    open: window.made.contexts.filter(({ state }) => state !== "closed").length,
  }));

browserTest("a change of the built-in sound asks for that sound alone, once, and opens nothing", async () => {
  const { page, complaints } = await open();
  await decided(page);
  const before = await made(page);
  const asked = requestsOf(page);
  for (const sound of ["dog-in-wind", "chainsaw-by-the-fire", "voice-by-the-fire"]) {
    await page.locator(`source-panel input[value="${sound}"]`).check({ force: true });
    await page.waitForSelector('listenable-app[data-state="running"]');
    await decided(page);
  }
  const sounds = asked.filter((path) => path.startsWith("/sounds/"));
  assert.equal(asked, sounds, "nothing but what is to be heard");
  assert.is(new Set(sounds).size, sounds.length, "each of them once");
  assert.equal(await made(page), before);
  assert.equal(complaints, []);
  await page.context().close();
});

browserTest(
  "Start after Stop asks for no model and starts no worker; between them no sound device is held",
  async () => {
    const { page, complaints } = await open();
    await decided(page);
    const before = await made(page);
    const asked = requestsOf(page);
    for (let n = 0; n < 4; n++) {
      await page.getByRole("button", { name: "Stop", exact: true }).click();
      await page.waitForSelector('listenable-app[data-state="stopped"]');
      assert.is((await made(page)).open, 0);
      await page.getByRole("button", { name: "Start", exact: true }).click();
      await page.waitForSelector('listenable-app[data-state="running"]');
      await decided(page);
    }
    // A new audio context loads the processor, which the browser has.
    assert.equal(
      asked.filter((path) => path !== "/worklet.js"),
      [],
    );
    assert.is((await made(page)).started, before.started);
    assert.equal(complaints, []);
    await page.context().close();
  },
);

browserTest(
  "ten changes within a second, from the first start on: the last one sounds, and one model was opened",
  async () => {
    const context = await live.browser.newContext({ serviceWorkers: "block" });
    const page = await context.newPage();
    const asked = requestsOf(page);
    await page.addInitScript(watchWhatIsMade);
    await page.goto(live.server.url);
    await page.waitForSelector('listenable-app[data-state="idle"]');
    await page.locator("listenable-app").evaluate(async (app) => {
      const { explainer } = app as unknown as { explainer: LiveExplainer };
      const tone = (hertz: number) =>
        Float32Array.from({ length: 16_000 }, (_, n) => 0.3 * Math.sin((2 * Math.PI * hertz * n) / 16_000));
      const starts: Promise<unknown>[] = [];
      for (let n = 0; n < 10; n++) {
        const samples = tone(n === 9 ? 700 : 5_000);
        const name = `sound ${n}`;
        starts.push(explainer.start({ kind: "samples", samples, sampleRate: 16_000, name, loop: true }));
        await new Promise((resolve) => setTimeout(resolve, 20 * (n % 5)));
      }
      await Promise.allSettled(starts);
    });
    await page.waitForSelector('listenable-app[data-state="running"]');
    await page.waitForSelector('listenable-app[data-label="low"]');
    const count = (path: string) => asked.filter((each) => each.endsWith(path)).length;
    assert.is(count("/pipeline.js"), 1);
    assert.is(count(".wasm"), 1);
    assert.is(asked.filter((each) => each.endsWith(".onnx")).length, 1, `${asked}`);
    assert.is((await made(page)).open, 1);
    // Stopped in the middle of a start, and begun again: the same worker goes on.
    await page.locator("listenable-app").evaluate(async (app) => {
      const { explainer } = app as unknown as { explainer: LiveExplainer };
      const samples = new Float32Array(16_000).map(
        (_, n) => 0.3 * Math.sin((2 * Math.PI * 700 * n) / 16_000),
      );
      const sound = { kind: "samples", samples, sampleRate: 16_000, name: "again", loop: true } as const;
      const first = explainer.start(sound).catch(() => {});
      const stop = explainer.stop();
      await Promise.all([first, stop, explainer.start(sound)]);
    });
    await page.waitForSelector('listenable-app[data-state="running"]');
    assert.is(count("/pipeline.js"), 1);
    assert.is(count(".wasm"), 1);
    await context.close();
  },
);

browserTest("12 starts on top of one another leave nothing behind", async () => {
  const page = await open();
  await assertNothingGrows(page, 12, { stops: false });
  await page.close();
});

browserTest("a worker that fails is replaced, and the next start is as the first", async () => {
  const { page } = await open();
  await decided(page);
  const before = await made(page);
  await page.evaluate(() => {
    for (const worker of window.made.pipelines)
      worker.dispatchEvent(new ErrorEvent("error", { message: "made up" }));
  });
  await page.waitForSelector('listenable-app[data-state="failed"]');
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForSelector('listenable-app[data-state="running"]');
  await decided(page);
  const after = await made(page);
  assert.is(after.workers, before.workers, "the one that failed is ended");
  assert.is(after.started, before.started + 1);
  await page.context().close();
});

test.run();
