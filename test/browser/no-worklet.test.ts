/** Browsers and addresses without AudioWorklet: the page says so and leads to one where the polyfill may work. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import type { Moment } from "../../client/live/live-explainer.ts";
import { COMPAT_PAGE } from "../../protocol/pages.ts";
import { browserTest } from "./browser-test.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
/** Neither https nor a loopback name, so the browser withholds AudioWorklet and microphone by itself. */
const INSECURE_HOST = "listenable.test";

/** A low and a high tone of equal strength: the tiny pack keeps the low one, 0.95 of it, and 0.05 of the other. */
const tones = Float32Array.from({ length: 48_000 }, (_, n) =>
  [600, 5000].reduce((sum, hertz) => sum + 0.2 * Math.sin((2 * Math.PI * hertz * n) / 48_000), 0),
);

let live: LiveSetUp;
test.before(async () => {
  if (chromium === null) return;
  const args = [`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`];
  live = await setUp(chromium, TINY_PACK, tones, args, { publicHosts: [INSECURE_HOST] });
});
test.after(async () => {
  await live?.close();
});

function withoutWorklet(): void {
  for (const name of ["AudioWorklet", "AudioWorkletNode"]) Reflect.deleteProperty(window, name);
  Reflect.deleteProperty(BaseAudioContext.prototype, "audioWorklet");
}

/** Strength of a tone, 1 for a sine of amplitude 1: median over short pieces, as a hiccup moves its phase. */
function amplitude(samples: Float32Array, hertz: number, sampleRate: number): number {
  const piece = 4096;
  const strengths = Array.from({ length: Math.floor(samples.length / piece) }, (_, k) => {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < piece; n++) {
      const angle = (2 * Math.PI * hertz * n) / sampleRate;
      real += samples[k * piece + n] * Math.cos(angle);
      imaginary += samples[k * piece + n] * Math.sin(angle);
    }
    return (2 * Math.hypot(real, imaginary)) / piece;
  });
  return strengths.sort((a, b) => a - b)[strengths.length >> 1];
}

browserTest("without AudioWorklet the page leads to its compatible one, where the sound flows", async () => {
  const context = await live.browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(withoutWorklet);
  await page.goto(`${live.server.url}?listening=rest`);
  await page.waitForSelector('listenable-app[data-problem="worklet-missing"]');
  const link = page.getByRole("link", { name: "Open the compatible page" });
  await link.click();
  await page.waitForURL(`**/${COMPAT_PAGE}?listening=rest`);
  await page.getByText("processed on the page's main thread").waitFor();
  await context.close();

  const compat = await LivePage.open({
    browser: live.browser,
    url: live.server.url + COMPAT_PAGE,
    engine: "local",
    before: withoutWorklet,
  });
  await compat.waitForLabel("low");
  await compat.page.getByText("processed on the page's main thread").waitFor();
  await compat.page.waitForTimeout(1000);
  const { output, microphone, sampleRate } = await compat.listen(1.5);
  const kept = (hertz: number) =>
    amplitude(output, hertz, sampleRate) / amplitude(microphone, hertz, sampleRate);
  assert.ok(kept(600) > 0.85, `of the low tone: ${kept(600)}`);
  assert.ok(kept(5000) < 0.15, `of the high tone: ${kept(5000)}`);

  // The processor tells by messages what went out, here too.
  await compat.page.getByRole("button", { name: /^Freeze/ }).click();
  const samples = await compat.page.locator("moment-panel").evaluate((panel) => {
    const { moment } = panel as unknown as { moment: Moment };
    return { count: moment.original.length, loudest: moment.explanation.reduce((a, b) => Math.max(a, b), 0) };
  });
  assert.ok(samples.count > 16_000 && samples.loudest > 0.05, JSON.stringify(samples));
  await compat.page.keyboard.press("Escape");

  // Started again, with the polyfill in place by now.
  await compat.page.getByRole("button", { name: "Stop" }).click();
  await compat.waitForState("stopped");
  await compat.page.getByRole("button", { name: "Start" }).click();
  await compat.waitForState("running");
  await compat.page.getByText("processed on the page's main thread").waitFor();
  assert.equal(compat.complaints, []);
  assert.equal(await compat.policyViolations(), []);
  await compat.close();
});

browserTest("at an insecure address the compatible page plays the built-in sounds", async () => {
  const url = live.server.url.replace("127.0.0.1", INSECURE_HOST) + COMPAT_PAGE;
  const page = await LivePage.open({ browser: live.browser, url, engine: "auto", sound: "dog-in-wind" });
  assert.is(await page.page.evaluate(() => isSecureContext || crossOriginIsolated), false);
  await page.page.getByText("processed on the page's main thread").waitFor();
  const { output } = await page.listen(1.5);
  assert.ok(Math.hypot(...output.subarray(0, 48_000)) > 0.1, "something is heard");
  assert.equal(await page.policyViolations(), []);
  await page.close();
});

browserTest("a browser that has AudioWorklet is sent back to the strict page", async () => {
  const page = await live.browser.newPage();
  await page.goto(`${live.server.url}${COMPAT_PAGE}?listening=rest`);
  await page.waitForURL(`${live.server.url}?listening=rest`);
  await page.waitForSelector('listenable-app[data-state="idle"]');
  await page.close();
});

test.run();
