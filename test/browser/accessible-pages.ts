/** The pages in states of theirs, by axe-core's rules of WCAG A and AA. The live page runs on a made-up explainer. */
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { test } from "uvu";
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
const PUBLIC = join(packageFolder(), "dist", "public");

type ColorScheme = "light" | "dark";

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

export async function open(query: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/?${query}`);
  await state(page, "idle");
  return page;
}

export const state = (page: Page, name: string) =>
  page.waitForSelector(`listenable-app[data-state="${name}"]`);

export async function start(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await state(page, "running");
  await page.waitForSelector('listenable-app[data-verdict="class"]');
}

export function liveInOrder(language: string, colorScheme: ColorScheme): void {
  browserTest(`the live page, ${language}, ${colorScheme}: idle, running, diagnostics`, async () => {
    const page = await open(`language=${language}`, { colorScheme });
    await assertAccessible(page, "the first visit");
    await start(page);
    await page.locator("diagnostics-panel summary").click();
    await assertAccessible(page, "running, with diagnostics");
    await page.context().close();
  });
}

export function liveFailedAndFrozen(theme: ColorScheme): void {
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

export function studyPages(colorScheme: ColorScheme): void {
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

export function monitorPages(colorScheme: ColorScheme): void {
  browserTest(`the monitor, ${colorScheme}: live, events, one event`, async () => {
    const { monitor } = await startRig([samplesInput("yard", joined(quiet(3), tone(300, 2), quiet(8)))], {
      web: { pages: join(PUBLIC, "monitor"), port: 0, liveAudio: true },
    });
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
  });
}

export function kioskPage(language: string, theme: ColorScheme): void {
  browserTest(`the kiosk, with all its controls, ${language}, ${theme}`, async () => {
    const folder = await temporaryFolder();
    const kioskFile = join(folder, "kiosk.json");
    await writeFile(kioskFile, JSON.stringify({ controls: ["listening", "class"], idle: 0 }));
    const kiosks = await serveKiosk(kioskFile, { pack: TINY_PACK, port: 0, publicFolder: PUBLIC });
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await page.goto(`${kiosks.url}kiosk?language=${language}&theme=${theme}`);
    await page.waitForSelector('listenable-kiosk[data-state="running"]', { timeout: PATIENCE_MS });
    // A screen that strangers zoomed would stay so for the next ones; its letters are made for three metres.
    await assertAccessible(page, `the kiosk, ${language}, ${theme}`, ["meta-viewport"]);
    await page.close();
    await kiosks.close();
  });
}
