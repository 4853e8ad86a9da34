/** A shared moment's page alone: it plays, follows the keys, shows where it is, and stops. */
import type { Browser } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../../../cli/bench/chromium.ts";
import { sharedPage } from "../../../../client/page/moment/shared/page.ts";
import { browserTest } from "../../../browser/browser-test.ts";

const chromium = findChromium();
let browser: Browser;
test.before(async () => {
  if (chromium !== null) browser = await launchChromium({ path: chromium, microphone: "/dev/null" });
});
test.after(() => browser?.close());

const RATE = 16_000;
/** It gives the picture its height. */
const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const tone = (hertz: number) =>
  Float32Array.from({ length: 2 * RATE }, (_, n) => 0.2 * Math.sin((2 * Math.PI * hertz * n) / RATE));

const html = () =>
  sharedPage({
    ...{ language: "en", title: "A moment", sentence: "", sampleRate: RATE, facts: {} },
    words: {
      ...{ play: "Play", stop: "Stop", loop: "Again", match: "One loudness" },
      ...{ sounds: "Sounds", keys: "", each: "", facts: "" },
    },
    sounds: [300, 600].map((hertz) => ({ title: `${hertz} Hz`, samples: tone(hertz), gain: 1 })),
    pictures: [
      {
        ...{ title: "Picture", description: "", image: PIXEL, says: "", figures: [] },
        ...{ left: 10, right: 90 },
      },
    ],
  });

browserTest("a shared moment plays, follows the keys, shows where it is, and stops", async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.setContent(html());
  const cursor = page.locator(".cursor");
  assert.not(await cursor.isVisible());
  await page.getByRole("button", { name: "Play" }).click();
  await page.locator("body[data-playing=yes]").waitFor();
  await cursor.waitFor({ state: "visible" });
  const place = () => cursor.evaluate((element) => Number.parseFloat((element as HTMLElement).style.left));
  const before = await place();
  assert.ok(before >= 10 && before <= 90);
  await page.waitForFunction(
    (left) => Number.parseFloat(document.querySelector<HTMLElement>(".cursor")!.style.left) !== left,
    before,
  );
  await page.keyboard.press("b");
  assert.ok(await page.locator("input[name=sound]").nth(1).isChecked());
  await page.keyboard.press("1");
  assert.ok(await page.locator("input[name=sound]").first().isChecked());
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Play" }).waitFor();
  await cursor.waitFor({ state: "hidden" });
  assert.equal(complaints, []);
  await page.close();
});

test.run();
