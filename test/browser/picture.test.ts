/** The picture on the real pipeline: it moves while the page's own thread does not, and through starts and stops. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import { browserTest } from "./browser-test.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const BUSY_MS = 2_000;
let live: LiveSetUp;

test.before(async () => {
  if (chromium === null) return;
  const sound = Float32Array.from({ length: 4 * 48_000 }, (_, n) => 0.2 * Math.sin(n / 9));
  live = await setUp(chromium, TINY_PACK, sound);
});
test.after(async () => {
  await live?.close();
});

interface Drawing {
  pictures(): Promise<number>;
}

const pictures = ({ page }: LivePage) =>
  page.locator("spectrogram-view").evaluate((view) => (view as unknown as Drawing).pictures());

async function morePictures(live: LivePage, count: number): Promise<void> {
  const before = await pictures(live);
  const limit = Date.now() + 30_000;
  while ((await pictures(live)) < before + count) {
    assert.ok(Date.now() < limit, `no ${count} pictures more`);
    await live.page.waitForTimeout(50);
  }
}

browserTest("the picture moves while the page's own thread is busy", async () => {
  const page = await LivePage.open({ browser: live.browser, url: live.server.url, engine: "local" });
  await page.waitForLabel("low");
  await morePictures(page, 20);
  const drawn = await page.page.locator("spectrogram-view").evaluate(async (view, ms) => {
    const drawing = view as unknown as Drawing;
    const before = await drawing.pictures();
    const until = performance.now() + ms;
    while (performance.now() < until);
    return (await drawing.pictures()) - before;
  }, BUSY_MS);
  // Some 120 on an idle machine; a picture that needs this thread gets one or two.
  assert.ok(drawn > 20, `${drawn} pictures in ${BUSY_MS} ms`);
  assert.equal(page.complaints, []);
  await page.close();
});

browserTest("each new stream is drawn by the same worker", async () => {
  const page = await LivePage.open({ browser: live.browser, url: live.server.url, engine: "local" });
  for (let n = 0; n < 3; n++) {
    await page.waitForLabel("low");
    await morePictures(page, 20);
    await page.page.getByRole("button", { name: "Stop" }).click();
    await page.waitForState("stopped");
    await page.page.getByRole("button", { name: "Start" }).click();
    await page.waitForState("running");
  }
  const workers = page.page.workers().filter((each) => each.url().endsWith("picture.js"));
  assert.is(workers.length, 1);
  assert.is(await page.page.locator("spectrogram-view").getAttribute("data-drawn"), "worker");
  await page.close();
});

test.run();
