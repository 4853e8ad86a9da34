import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LiveExplainer } from "../../client/live/live-explainer.ts";
import { integratedLoudness } from "../../dsp/loudness.ts";
import { browserTest } from "./browser-test.ts";
import {
  assertClean,
  freeze,
  frozen,
  frozenAfterStop,
  heard,
  known,
  likeness,
  open,
  rms,
  SOUNDS,
} from "./moment-rig.ts";

browserTest("without shared memory the audio thread tells what went out, to the sample", async () => {
  const page = await open(async (context) => {
    await context.route("**/*", async (route) => {
      if (route.request().resourceType() !== "document") return route.continue();
      const response = await route.fetch();
      const headers = response.headers();
      delete headers["cross-origin-opener-policy"];
      delete headers["cross-origin-embedder-policy"];
      return route.fulfill({ response, headers });
    });
  });
  const shared = await page.page.locator("listenable-app").evaluate((app) => {
    return (app as unknown as { explainer: LiveExplainer }).explainer.environment().sharedMemory;
  });
  assert.is(shared, false);
  await freeze(page);
  const { original, explanation, rest } = await frozen(page.page);
  assert.ok(original.length >= 2 * 16_000);
  assert.ok(original.every((sample, n) => rest[n] === Math.fround(sample - explanation[n])));
  const alike = likeness(explanation, known);
  assert.ok(alike > 0.95, `${alike}`);
  await page.page.keyboard.press("Escape");
  await frozenAfterStop(page);
  await assertClean(page);
  await page.close();
});

browserTest(
  "what was heard last can be frozen after the stream has ended, until another begins",
  async () => {
    const page = await open();
    await frozenAfterStop(page);
    await page.page.keyboard.press("Escape");
    await page.page.getByRole("button", { name: "Start" }).click();
    await page.waitForState("running");
    await page.waitForLabel("low");
    await freeze(page);
    const { original } = await frozen(page.page);
    assert.ok(original.length < 9 * 16_000, "a new stream, a new past");
    await assertClean(page);
    await page.close();
  },
);

browserTest("a selected part plays, each of the three as loud, while the live sound is muted", async () => {
  const page = await open();
  await freeze(page);
  const { page: tab } = page;
  const panel = tab.locator("moment-panel");
  const selected = () => panel.locator(".selected").textContent();

  const box = (await panel.locator(".picture").boundingBox())!;
  const at = (share: number) => box.x + share * box.width;
  await tab.mouse.move(at(0.25), box.y + 40);
  await tab.mouse.down();
  await tab.mouse.move(at(0.75), box.y + 60, { steps: 3 });
  await tab.mouse.up();
  const whole = (await frozen(tab)).original.length / 16_000;
  const text = (await selected())!;
  const [from, to] = text.match(/\d+\.\d\d/g)!.map(Number);
  assert.ok(Math.abs(from - 0.25 * whole) < 0.05 && Math.abs(to - 0.75 * whole) < 0.05, text);
  const begin = panel.getByRole("slider", { name: "Begin of the selection" });
  await begin.focus();
  await tab.keyboard.press("ArrowRight");
  assert.is(Number(await begin.getAttribute("aria-valuenow")), Number((from + 0.05).toFixed(2)));

  await tab.keyboard.press("Space");
  await tab.waitForSelector('moment-panel[data-playing="explanation"]', { state: "attached" });
  const loudness: number[] = [];
  for (const [k, name] of SOUNDS.entries()) {
    await tab.keyboard.press("abc"[k]);
    await tab.waitForSelector(`moment-panel[data-playing="${name}"]`, { state: "attached" });
    await tab.waitForTimeout(1_000);
    const { samples, rate } = await heard(tab, 1);
    loudness.push(integratedLoudness(samples, rate));
  }
  assert.ok(loudness[0] > -40, `audible: ${loudness} LUFS`);
  for (const each of loudness) assert.ok(Math.abs(each - loudness[0]) < 1, `as loud: ${loudness} LUFS`);
  assert.ok(rms((await heard(tab, 0)).samples) < 1e-4, "the live sound is muted meanwhile");
  assert.is(await page.attribute("data-listening"), "explanation", "keys of the panel are the panel's alone");

  await panel.getByLabel("Same loudness").uncheck();
  await tab.waitForTimeout(1_000);
  const plain = await heard(tab, 1);
  const quieter = integratedLoudness(plain.samples, plain.rate);
  assert.ok(quieter < loudness[2] - 1, `the rest as it is: ${quieter} LUFS, not ${loudness}`);

  await tab.keyboard.press("Escape");
  await tab.waitForTimeout(1_000);
  assert.is(await panel.count(), 0);
  assert.ok(rms((await heard(tab, 0)).samples) > 0.01, "the live sound is back");
  await assertClean(page);
  await page.close();
});

test.run();
