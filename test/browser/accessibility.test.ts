/**
 * The pages by axe-core's rules of WCAG A and AA, and what no tool sees: the main road by keys alone, a live region that
 * does not chatter, less motion where that is asked for. The live page runs on a made-up explainer.
 */

import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../cli/bench/chromium.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { openStudy } from "../../study/study-file.ts";
import { startStudyServer } from "../../study/study-server.ts";
import { serve } from "../../tools/page-dev/serve.mjs";
import { takePart } from "../../tools/study-proof/simulated-participant.ts";
import { temporaryFolder } from "../cli/run-cli.ts";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { closeAll, joined, quiet, samplesInput, startRig, tone } from "../monitor/rig.ts";
import { madeUpStudy, writeMadeUpStudy } from "../study/made-up-study.ts";
import { assertAccessible } from "./axe.ts";
import { browserTest } from "./browser-test.ts";
import { TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const PATIENCE_MS = 30_000;
const PHONE = { width: 360, height: 740 };
const PUBLIC = join(packageFolder(), "dist", "public");

let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;

test.before(async () => {
  if (chromium === null) return;
  server = await serve();
  browser = await launchChromium({ path: chromium, microphone: "/dev/null" });
});
test.after(async () => {
  await browser?.close();
  server?.close();
  await closeAll();
});

async function open(query: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/?${query}`);
  await state(page, "idle");
  return page;
}

const state = (page: Page, name: string) => page.waitForSelector(`listenable-app[data-state="${name}"]`);

async function start(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await state(page, "running");
  await page.waitForSelector('listenable-app[data-verdict="class"]');
}

browserTest("the tool looks into components: an image without words is found there", async () => {
  const page = await open("");
  await page.evaluate(() => {
    const footer = document.querySelector("listenable-app")!.shadowRoot!.querySelector("footer")!;
    footer.append(Object.assign(new Image(), { src: "icon.svg" }));
  });
  let found = "";
  await assertAccessible(page, "a page with a flaw").catch((error: Error) => {
    found = error.message + JSON.stringify(error);
  });
  assert.match(found, /image-alt/);
  await page.context().close();
});

for (const [language, colorScheme] of [
  ["en", "light"],
  ["de", "dark"],
] as const) {
  browserTest(`the live page, ${language}, ${colorScheme}: idle, running, diagnostics`, async () => {
    const page = await open(`language=${language}`, { colorScheme });
    await assertAccessible(page, "the first visit");
    await start(page);
    await page.locator("diagnostics-panel summary").click();
    await assertAccessible(page, "running, with diagnostics");
    await page.context().close();
  });
}

browserTest("the live page at a phone's width, by a microphone, with notices", async () => {
  const page = await open("source=microphone&notice=Something+to+know&missed=3&language=de&theme=dark", {
    viewport: PHONE,
  });
  await assertAccessible(page, "a phone");
  await start(page);
  await assertAccessible(page, "a phone, running");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= PHONE.width, `${wide} pixels wide`);
  await page.context().close();
});

for (const theme of ["light", "dark"]) {
  browserTest(`the live page when it failed, and a frozen moment, ${theme}`, async () => {
    const page = await open(`theme=${theme}&problem=no-microphone`);
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await state(page, "failed");
    await page.locator("problem-card summary").click();
    await assertAccessible(page, "failed");
    await page.context().close();

    const running = await open(`theme=${theme}&ahead=900`);
    await start(running);
    await running.keyboard.press("f");
    await running.getByRole("heading", { name: "Frozen moment" }).waitFor();
    await assertAccessible(running, "a moment");
    await running.context().close();
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  browserTest(`the study, ${colorScheme}: consent and a trial`, async () => {
    const folder = await temporaryFolder();
    const headphones = { questions: 1, needed: 1, attempts: 1, required: false };
    await writeMadeUpStudy(folder, { ...madeUpStudy({ clips: 2, methods: 2 }), headphones });
    const study = await openStudy(folder);
    const running = await startStudyServer({
      open: study,
      results: join(folder, "results"),
      publicFolder: PUBLIC,
      port: 0,
    });
    const page = await browser.newPage({ colorScheme });
    await page.goto(`${running.url}?p=one`);
    await page.waitForSelector('study-app[data-stage="consent"]');
    await assertAccessible(page, "consent");
    await takePart({
      page,
      url: running.url,
      study: study.study,
      id: "one",
      number: 0,
      opinions: { headphones: true, opinion: () => 0.5 },
      onTrial: async () => {
        await assertAccessible(page, "a trial");
        return false;
      },
    });
    await page.close();
    await running.close();
  });
}

browserTest("the monitor: live, events, one event", async () => {
  const { monitor } = await startRig([samplesInput("yard", joined(quiet(3), tone(300, 2), quiet(8)))], {
    web: { pages: join(PUBLIC, "monitor"), port: 0, liveAudio: true },
  });
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await browser.newPage({ colorScheme });
    await page.goto(`${monitor.url}#/events`);
    const id = await page.locator(".event").first().getAttribute("data-id");
    await assertAccessible(page, `events, ${colorScheme}`);
    await page.goto(`${monitor.url}#/`);
    await page.waitForSelector("live-view");
    await assertAccessible(page, `live, ${colorScheme}`);
    await page.goto(`${monitor.url}#/event/${id}`);
    await page.waitForSelector(`[data-event="${id}"][data-event-state="explained"]`);
    await assertAccessible(page, `one event, ${colorScheme}`);
    await page.close();
  }
});

browserTest("the kiosk, with all its controls, in both languages", async () => {
  const folder = await temporaryFolder();
  const kioskFile = join(folder, "kiosk.json");
  await writeFile(kioskFile, JSON.stringify({ controls: ["listening", "class"], idle: 0 }));
  const kiosks = await serveKiosk(kioskFile, { pack: TINY_PACK, port: 0, publicFolder: PUBLIC });
  for (const [language, theme] of [
    ["en", "light"],
    ["de", "dark"],
  ]) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await page.goto(`${kiosks.url}kiosk?language=${language}&theme=${theme}`);
    await page.waitForSelector('listenable-kiosk[data-state="running"]', { timeout: PATIENCE_MS });
    // A screen that strangers zoomed would stay so for the next ones; its letters are made for three metres.
    await assertAccessible(page, `the kiosk, ${language}, ${theme}`, ["meta-viewport"]);
    await page.close();
  }
  await kiosks.close();
});

browserTest("by keys alone: explained, started, switched, frozen, closed, stopped", async () => {
  const page = await open("ahead=900");
  const { keyboard } = page;
  const focused = () =>
    page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element?.textContent?.trim() || element?.getAttribute("aria-label") || "";
    });
  const reach = async (name: RegExp) => {
    for (let k = 0; k < 40; k++) {
      await keyboard.press("Tab");
      if (name.test(await focused())) return;
    }
    throw new Error(`Tab does not lead to ${name}`);
  };
  await reach(/without a microphone/);
  await keyboard.press("Enter");
  await state(page, "running");
  assert.is(await page.locator("welcome-card").count(), 0);
  assert.is(await focused(), "Stop", "focus is where one goes on, not lost with what was closed");
  await keyboard.press("c");
  await page.waitForSelector('listenable-app[data-listening="rest"]');
  await page.waitForSelector('listenable-app[data-verdict="class"]');
  await keyboard.press("f");
  await page.getByRole("heading", { name: "Frozen moment" }).waitFor();
  await keyboard.press("Escape");
  await page.waitForSelector("moment-panel", { state: "detached" });
  for (let k = 0; k < 60 && (await focused()) !== "Stop"; k++) await keyboard.press("Shift+Tab");
  await keyboard.press("Enter");
  await state(page, "stopped");
  await page.reload();
  await state(page, "idle");
  assert.is(await page.locator("welcome-card").count(), 0, "the explanation was closed at the first visit");
  await reach(/What is this/);
  await keyboard.press("Enter");
  await page.waitForSelector("welcome-card");
  await page.context().close();
});

browserTest("a screen reader hears of what stays, not of every change", async () => {
  const page = await open("");
  await page.evaluate(() => {
    const app = document.querySelector("listenable-app")!;
    const told: string[] = [];
    Object.assign(globalThis, { told });
    for (const region of app.shadowRoot!.querySelectorAll("[aria-live]")) {
      new MutationObserver(() => told.push(region.textContent!.trim())).observe(region, {
        characterData: true,
        childList: true,
        subtree: true,
      });
    }
  });
  await start(page);
  await page.waitForFunction(() =>
    (globalThis as unknown as { told: string[] }).told.some((text) => text.startsWith("It hears")),
  );
  // Decisions come ten times a second all the while.
  await page.waitForTimeout(2_500);
  const told = await page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
  assert.ok(told.length <= 4, told.join(" | "));
  await page.context().close();
});

browserTest("less motion where that is asked for, and the theme that was chosen stays", async () => {
  const page = await open("", { reducedMotion: "reduce", colorScheme: "light" });
  await start(page);
  const still = await page
    .locator("spectrogram-view")
    .evaluate((view) => (view as unknown as { still: boolean }).still);
  assert.ok(still, "the picture runs");
  const moving = await page.evaluate(
    () => document.getAnimations().filter(({ playState }) => playState === "running").length,
  );
  assert.is(moving, 0);
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await paper();
  await page.getByLabel("Colours").selectOption("Dark");
  const dark = await paper();
  assert.is.not(dark, light);
  await page.reload();
  await state(page, "idle");
  assert.is(await paper(), dark);
  await page.getByLabel("Language").selectOption("Deutsch");
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  await page.getByText("Beispielklang", { exact: true }).first().waitFor();
  assert.is(await page.evaluate(() => document.documentElement.lang), "de");
  await page.reload();
  await state(page, "idle");
  await page.getByText("Drücken Sie Start").waitFor();
  await page.context().close();
});

test.run();
