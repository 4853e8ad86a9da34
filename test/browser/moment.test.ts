// A moment of a known sound: frozen, seen, explained otherwise, and kept as files.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LiveExplainer } from "../../client/live/live-explainer.ts";
import { integratedLoudness } from "../../dsp/loudness.ts";
import { readWav } from "../../dsp/wav.ts";
import { browserTest } from "./browser-test.ts";
import {
  assertClean,
  exported,
  freeze,
  frozen,
  heard,
  known,
  likeness,
  live,
  maskOf,
  open,
  rms,
  SOUNDS,
  settled,
  tapContexts,
} from "./moment-rig.ts";

browserTest("frozen is what went out while the stream goes on; files and a shared page hold it", async () => {
  const page = await open();
  // Whatever the page is told of frames from now on.
  await page.page.locator("listenable-app").evaluate((app) => {
    const { explainer } = app as unknown as { explainer: LiveExplainer };
    const seen = { next: -1, gaps: 0, frames: 0 };
    (window as unknown as { seen: typeof seen }).seen = seen;
    explainer.columns$.subscribe(({ firstFrame, frames }) => {
      if (seen.next !== -1 && firstFrame !== seen.next) seen.gaps++;
      seen.next = firstFrame + frames;
      seen.frames += frames;
    });
  });
  await freeze(page);
  const { original, explanation, rest } = await frozen(page.page);
  assert.ok(original.length >= 2 * 16_000, `${original.length} samples`);
  assert.ok(original.every((sample, n) => rest[n] === Math.fround(sample - explanation[n])));
  const alike = likeness(explanation, known);
  assert.ok(alike > 0.95, `the explanation is the tone that made it decide: ${alike}`);
  assert.ok(rms(explanation) > 0.8 * rms(original), "the stronger tone is in the explanation");
  assert.ok(rms(rest) < 0.6 * rms(original), "the weaker one in the rest");
  await page.page.waitForTimeout(1_000);
  const seen = await page.page.evaluate(() => (window as unknown as { seen: Record<string, number> }).seen);
  assert.is(seen["gaps"], 0);
  assert.ok(seen["frames"] > 100, "it went on behind the panel");
  assert.is(await page.attribute("data-state"), "running");

  const { page: tab } = page;
  const sounds = { original, explanation, rest };
  for (const kind of SOUNDS) {
    const { name, path } = await exported(tab, kind);
    assert.match(name, new RegExp(`^listenable-.*-low-${kind}\\.wav$`));
    const { channels, sampleRate } = readWav(await readFile(path), name);
    assert.is(sampleRate, 16_000);
    assert.equal(channels[0], sounds[kind]);
  }
  const facts = JSON.parse(await readFile((await exported(tab, "facts")).path, "utf8"));
  assert.is(facts.pack.name, "tiny");
  assert.is(facts.source, "microphone");
  assert.is(facts.explanations[0].method, "asked");
  assert.is(facts.explanations[0].figures.class, "low");
  assert.is(facts.samples, sounds.original.length);
  assert.ok(facts.decisions.length > 5);
  const picture = await readFile((await exported(tab, "picture")).path);
  assert.is(picture.toString("latin1", 1, 4), "PNG");

  const { path } = await exported(tab, "share");
  // Where the system can share files it is handed the same page.
  await tab.evaluate(() => {
    const given: string[] = [];
    Object.assign(window, { given });
    Object.defineProperty(navigator, "canShare", { value: () => true });
    Object.defineProperty(navigator, "share", {
      value: async ({ files }: { files: File[] }) => {
        given.push(`${files.length} ${files[0].name} ${files[0].type}`);
      },
    });
  });
  await tab.locator("[data-export=share]").click();
  await tab.waitForFunction(() => (window as unknown as { given: string[] }).given.length > 0);
  const given = await tab.evaluate(() => (window as unknown as { given: string[] }).given);
  assert.match(given[0], /^1 listenable-.*-low\.html text\/html$/);
  await assertClean(page);
  await page.close();
  const context = await live.browser.newContext({ offline: true });
  const shared = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  shared.on("request", (request) => requests.push(request.url().slice(0, 40)));
  shared.on("console", (message) => complaints.push(message.text()));
  shared.on("pageerror", (error) => complaints.push(String(error)));
  await shared.addInitScript(tapContexts);
  await shared.goto(pathToFileURL(path).href);
  await shared.getByRole("heading", { name: "What made it hear “Low”" }).waitFor();
  await shared.getByRole("button", { name: "Play" }).click();
  await shared.locator("body[data-playing=yes]").waitFor();
  const loudness: number[] = [];
  for (const key of ["a", "b", "c"]) {
    await shared.keyboard.press(key);
    await shared.waitForTimeout(1_000);
    const { samples, rate } = await heard(shared, 0);
    loudness.push(integratedLoudness(samples, rate));
  }
  assert.ok(loudness[0] > -40, `audible: ${loudness} LUFS`);
  for (const each of loudness) assert.ok(Math.abs(each - loudness[0]) < 1, `as loud: ${loudness} LUFS`);
  const lengths = await shared
    .locator("audio")
    .evaluateAll((elements) => elements.map((element) => (element as HTMLAudioElement).duration));
  for (const length of lengths) assert.ok(Math.abs(length - sounds.original.length / 16_000) < 0.01);
  assert.ok(
    requests.every((url) => url.startsWith("file:") || url.startsWith("data:")),
    `${requests}`,
  );
  assert.equal(complaints, []);
  await context.close();
});

browserTest("a short selection can be taken by either end, and moves by as much as the pointer", async () => {
  const page = await open();
  await freeze(page);
  const { page: tab } = page;
  const panel = tab.locator("moment-panel");
  const box = (await panel.locator(".picture").boundingBox())!;
  const drag = async (from: number, to: number) => {
    const { y } = box;
    await tab.mouse.move(box.x + from, y + 30);
    await tab.mouse.down();
    await tab.mouse.move(box.x + to, y + 30, { steps: 3 });
    await tab.mouse.up();
  };
  const seconds = (await frozen(tab)).original.length / 16_000 / box.width;
  const ends = () =>
    Promise.all(
      ["Begin", "End"].map(async (end) =>
        Number(
          await panel.getByRole("slider", { name: `${end} of the selection` }).getAttribute("aria-valuenow"),
        ),
      ),
    );
  const near = (found: number[], pixels: number[]) =>
    found.forEach((each, n) => {
      assert.ok(Math.abs(each - pixels[n] * seconds) < 0.03, `${found} s, not ${pixels} pixels`);
    });

  await drag(200, 230);
  near(await ends(), [200, 230]);
  await drag(238, 258);
  near(await ends(), [200, 250]);
  await drag(192, 152);
  near(await ends(), [160, 250]);
  await drag(152, -40);
  near(await ends(), [0, 250]);
  await assertClean(page);
  await page.close();
});

browserTest("another class has another mask, and two methods stand side by side", async () => {
  const page = await open();
  await freeze(page);
  const { page: tab } = page;
  const first = tab.locator("moment-side").first();
  const close = (mask: number[], bin: number, value: number) =>
    assert.ok(Math.abs(mask[bin] - value) < 0.01, `bin ${bin}: ${mask[bin]} instead of ${value}`);
  const heardMask = await maskOf(tab, 0);
  close(heardMask, 30, 0.95);
  close(heardMask, 200, 0.05);
  await first.getByText("How sure the classifier is of “Low”").waitFor();

  await tab.keyboard.press("Space");
  await first.locator('[data-choice="class"]').selectOption({ label: "High" });
  await tab.waitForSelector('moment-panel[data-busy="yes"]', { state: "attached" });
  await settled(tab);
  const highMask = await maskOf(tab, 0);
  close(highMask, 30, 0.05);
  close(highMask, 200, 0.95);
  await first.getByText("How sure the classifier is of “High”").waitFor();
  assert.is(await tab.locator("moment-panel").getAttribute("data-playing"), "explanation", "it plays on");

  const method = first.locator('[data-choice="method"]');
  await method.selectOption("all-ones");
  assert.is(await first.locator('[data-choice="class"]').inputValue(), "-1", "it can't be asked");
  await settled(tab);
  close(await maskOf(tab, 0), 200, 1);
  await method.selectOption("asked");
  await settled(tab);
  close(await maskOf(tab, 0), 200, 0.05);

  await tab.getByRole("button", { name: "Compare with another" }).click();
  await settled(tab);
  assert.is(await tab.locator("moment-side").count(), 2);
  const second = tab.locator("moment-side").nth(1);
  assert.is(await second.locator('[data-choice="method"]').inputValue(), "bands");
  assert.ok(await second.locator('[data-choice="class"]').isDisabled(), "it can't be asked");
  close(await maskOf(tab, 1), 30, 0.95);
  await second.getByText("How sure the classifier is of “Low”").waitFor();
  assert.is(await tab.locator("moment-side dl").count(), 2);
  await tab.keyboard.press("s");
  await tab.waitForSelector('moment-panel[data-side="1"]', { state: "attached" });
  await tab.getByRole("button", { name: "End comparison" }).click();
  assert.is(await tab.locator("moment-side").count(), 1);
  await assertClean(page);
  await page.close();
});

test.run();
