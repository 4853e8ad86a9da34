/** The kiosk in a real browser: starts and recovers by itself, plays when nobody is there, restarts without a seam. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import type { Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import type { KioskReport } from "../../kiosk/protocol.ts";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { browserTest } from "./browser-test.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const AUTOPLAY = "--autoplay-policy=no-user-gesture-required";
/** How long anything may take that should take a second or two. */
const PATIENCE_MS = 40_000;
let live: LiveSetUp;
let work = "";

test.before(async () => {
  if (chromium === null) return;
  work = await mkdtemp(join(tmpdir(), "listenable-kiosk-"));
  // Nobody is there.
  live = await setUp(chromium, TINY_PACK, new Float32Array(4 * 48_000), [AUTOPLAY]);
});
test.after(async () => {
  await live?.close();
  if (work) await rm(work, { recursive: true, force: true });
});

async function withServer(
  settings: Record<string, unknown>,
  use: (
    url: string,
    reports: () => Promise<KioskReport[]>,
    server: { close(): Promise<void> },
  ) => Promise<void>,
): Promise<void> {
  const kioskFile = join(work, "kiosk.json");
  await writeFile(kioskFile, JSON.stringify(settings));
  const { publicFolder } = live;
  const server = await serveKiosk(kioskFile, { pack: TINY_PACK, port: 0, publicFolder });
  const reports = async () =>
    (await (await fetch(new URL("kiosk/status.json", server.url))).json()).kiosks as KioskReport[];
  try {
    await use(`${server.url}kiosk`, reports, server);
  } finally {
    await server.close();
  }
}

async function open(url: string, before?: () => void): Promise<{ page: Page; complaints: string[] }> {
  const context = await live.browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  if (before) await page.addInitScript(before);
  await page.goto(url);
  return { page, complaints };
}

const host = (page: Page, attributes: string) =>
  page.locator(`listenable-kiosk${attributes}`).waitFor({ state: "attached", timeout: PATIENCE_MS });

browserTest("it starts by itself with the file's settings, has no controls, and reports", async () => {
  const settings = { name: "lobby", title: "Foyer", language: "de", idle: 0, report: 5 };
  await withServer(settings, async (url, reports) => {
    const { page, complaints } = await open(url);
    await host(page, '[data-state="running"]');
    assert.is(await page.locator("button, select, input, a").count(), 0);
    assert.is(await page.locator(".title").textContent(), "Foyer");
    assert.is(await page.evaluate(() => document.documentElement.lang), "de");
    const fits = await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight);
    assert.ok(fits, "nothing to scroll to");
    for (let n = 0; n < 200 && (await reports())[0]?.state !== "live"; n++) await page.waitForTimeout(100);
    const [report] = await reports();
    assert.is(report.name, "lobby");
    assert.is(report.state, "live");
    assert.is(report.recoveries, 0);
    assert.equal(complaints, []);
    await page.context().close();
  });
});

browserTest("the address has the last word, and a mistake in it is told on the screen", async () => {
  await withServer({ idle: 0, controls: ["listening"] }, async (url) => {
    const { page } = await open(`${url}?controls=listening,class&listening=rest`);
    await host(page, '[data-state="running"][data-listening="rest"]');
    assert.is(await page.locator(".choices").first().locator("button").count(), 3);
    await page.locator(".choices button").first().click();
    await host(page, '[data-listening="original"]');
    await page.context().close();
    const { page: wrong } = await open(`${url}?idle=soon`);
    await wrong.locator(".mistake").waitFor({ timeout: PATIENCE_MS });
    assert.match(
      (await wrong.locator(".mistake").textContent()) ?? "",
      /"idle" is "soon"; it should be a number/,
    );
    await wrong.context().close();
  });
});

browserTest(
  "a microphone that is not there yet, a context that closes, a worker that dies: it goes on",
  async () => {
    await withServer({ idle: 0, report: 5 }, async (url, reports) => {
      const { page } = await open(url, () => {
        const devices = navigator.mediaDevices;
        const getUserMedia = devices.getUserMedia.bind(devices);
        let failures = 2;
        devices.getUserMedia = async (constraints) => {
          if (failures-- > 0) throw new DOMException("none", "NotFoundError");
          return getUserMedia(constraints);
        };
        const made = { contexts: [] as AudioContext[], workers: [] as Worker[] };
        Object.assign(window, { made });
        const Context = window.AudioContext;
        window.AudioContext = class extends Context {
          constructor(options?: AudioContextOptions) {
            super(options);
            made.contexts.push(this);
          }
        };
        const Plain = window.Worker;
        window.Worker = class extends Plain {
          constructor(at: string | URL, options?: WorkerOptions) {
            super(at, options);
            made.workers.push(this);
          }
        };
      });
      await host(page, '[data-state="recovering"]');
      await host(page, '[data-state="running"]');
      const contexts = await page.evaluate(() => {
        const { made } = window as unknown as { made: { contexts: AudioContext[] } };
        void made.contexts.at(-1)?.close();
        return made.contexts.length;
      });
      await page.waitForFunction(
        (before) =>
          (window as unknown as { made: { contexts: AudioContext[] } }).made.contexts.length > before,
        contexts,
        { timeout: PATIENCE_MS },
      );
      await host(page, '[data-state="running"]');
      const workers = await page.evaluate(() => {
        const { made } = window as unknown as { made: { workers: Worker[] } };
        for (const worker of made.workers)
          worker.dispatchEvent(new ErrorEvent("error", { message: "it died" }));
        return made.workers.length;
      });
      await page.waitForFunction(
        (before) => (window as unknown as { made: { workers: Worker[] } }).made.workers.length > before,
        workers,
        { timeout: PATIENCE_MS },
      );
      await host(page, '[data-state="running"]');
      for (let n = 0; n < 100 && (await reports())[0]?.state !== "live"; n++) await page.waitForTimeout(100);
      const [{ recoveries, problems }] = await reports();
      assert.ok(recoveries >= 2, `${recoveries} recoveries`);
      assert.is(problems[0], "no-microphone");
      await page.context().close();
    });
  },
);

browserTest("a server that is gone when it starts, and goes while it runs, is waited for", async () => {
  const { publicFolder } = live;
  const kioskFile = join(work, "kiosk.json");
  await writeFile(kioskFile, JSON.stringify({ idle: 0 }));
  const first = await serveKiosk(kioskFile, { pack: TINY_PACK, port: 0, publicFolder });
  const { port } = first;
  const { page } = await open(`${first.url}kiosk`);
  await host(page, '[data-state="running"]');
  await first.close();
  await page.waitForTimeout(1_000);
  await host(page, '[data-state="running"]');
  const again = await serveKiosk(kioskFile, { pack: TINY_PACK, port, publicFolder });
  await host(page, '[data-state="running"]');
  await page.context().close();
  await again.close();
});

browserTest("nobody there: built-in sounds; a touch brings the room back", async () => {
  await withServer({ idle: 3, attract: 8, listen: 3 }, async (url) => {
    const { page } = await open(url);
    await host(page, '[data-state="running"][data-scene="live"]');
    await host(page, '[data-state="running"][data-scene="attract"]');
    assert.match((await page.locator("h1").textContent()) ?? "", "Come closer");
    await page.mouse.click(400, 300);
    await host(page, '[data-state="running"][data-scene="live"]');
    await host(page, '[data-state="running"][data-scene="attract"]');
    await page.context().close();
  });
});

browserTest("the daily restart loads the page anew, and the screen is dark throughout", async () => {
  await withServer({ idle: 0, restart: "04:00" }, async (url) => {
    const context = await live.browser.newContext({ viewport: { width: 640, height: 360 } });
    const page = await context.newPage();
    await page.clock.install({ time: new Date(2026, 0, 5, 12) });
    await page.goto(url);
    await host(page, '[data-state="running"]');
    const cdp = await context.newCDPSession(page);
    const brightest: number[] = [];
    cdp.on("Page.screencastFrame", ({ data, sessionId }) => {
      const { data: pixels, channels } = decode(Buffer.from(data, "base64"));
      // The upper left corner, which is paper or sheet and nothing else.
      brightest.push(Math.max(...pixels.slice(0, Math.min(3, channels))));
      cdp.send("Page.screencastFrameAck", { sessionId }).catch(() => {});
    });
    await cdp.send("Page.startScreencast", { format: "png", everyNthFrame: 1 });
    const loaded = page.waitForEvent("load", { timeout: PATIENCE_MS });
    await page.clock.fastForward("16:01:00");
    await loaded;
    await host(page, '[data-state="running"]');
    await cdp.send("Page.stopScreencast");
    assert.ok(brightest.length > 3, `${brightest.length} pictures`);
    assert.ok(Math.max(...brightest) < 48, `a picture with a corner as bright as ${Math.max(...brightest)}`);
    const memory = await page.evaluate(() => JSON.parse(sessionStorage.getItem("listenable.kiosk") ?? "{}"));
    assert.is(memory.loads, 2);
    await context.close();
  });
});

test.run();
