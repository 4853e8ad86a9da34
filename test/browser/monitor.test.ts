/**
 * The monitor's pages on the default pack: every event's explanation plays, reviews stay, live sound flows.
 * With LISTENABLE_PICTURES=DIR it also writes the pictures of docs/monitor.md there.
 */
import { existsSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { DEFAULT_PACK } from "../../models/pack/default-pack.ts";
import { findPack, packageFolder } from "../../models/pack/open-pack-node.ts";
import type { Input } from "../../monitor/inputs/input.ts";
import type { RunningMonitor } from "../../monitor/start-monitor.ts";
import type { EventStore } from "../../monitor/storage/event-store.ts";
import { readScene } from "../../tools/demo-scenes/read-scene.ts";
import { closeAll, joined, quiet, RATE, startRig } from "../monitor/rig.ts";

const chromium = findChromium();
const pictures = process.env["LISTENABLE_PICTURES"];
const pages = join(packageFolder(), "dist", "public", "monitor");
const run = chromium === null ? test.skip : test;
const why = chromium === null ? ` (${NO_CHROMIUM})` : "";
const LIMIT_MS = 60_000;
/** Every released pack names them. */
const SCENES = ["voice-by-the-fire", "dog-in-wind", "chainsaw-by-the-fire"];

const stop = new AbortController();
let browser: Browser;
let monitor: RunningMonitor;
let store: EventStore;

/** The sounds as fast as they can be heard, then the last of them over and over in real time. */
async function endlessInput(): Promise<Input> {
  const sounds = await Promise.all(SCENES.map((name) => readScene(name, RATE)));
  const all = joined(...sounds.flatMap((sound) => [quiet(6), sound]), quiet(4));
  const tenth = RATE / 10;
  async function* blocks() {
    yield all;
    for (let at = 0; !stop.signal.aborted; at = (at + tenth) % (sounds[0].length - tenth)) {
      yield sounds[0].subarray(at, at + tenth);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    name: "yard",
    source: "built-in sounds",
    live: true,
    async *stretches(report) {
      report.state("running");
      const startedAt = new Date(Date.now() - (1000 * all.length) / RATE);
      yield { sampleRate: RATE, startedAt, blocks: blocks() };
    },
  };
}

async function openPage(hash: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  page.on("pageerror", (error) => assert.unreachable(`the page: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(`${monitor.url}${hash}`);
  await page.waitForSelector('monitor-app:not([data-view="loading"])');
  return page;
}

const complaints: string[] = [];

async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(pictures, name), fullPage: true });
}

test.before(async () => {
  if (chromium === null) return;
  assert.ok(existsSync(join(pages, "monitor.js")), "the pages are not built; run npm run build first");
  ({ monitor, store } = await startRig([await endlessInput()], {
    pack: findPack(DEFAULT_PACK),
    web: { pages, port: 0, liveAudio: true },
  }));
  browser = await launchChromium({ path: chromium, microphone: "/dev/null" });
  const limit = Date.now() + LIMIT_MS;
  while (store.count() < 3 || store.unexplained().length > 0) {
    assert.ok(Date.now() < limit, `only ${store.count()} events came`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test.after(async () => {
  stop.abort();
  await browser?.close();
  await closeAll();
});

run(`the live view follows the input, and live sound plays${why}`, async () => {
  const page = await openPage("#/");
  await page.waitForSelector('[data-input="yard"][data-state="running"]');
  assert.ok((await page.locator(".event").count()) >= 3);
  const bars = page.locator("level-strip path");
  await page.waitForSelector('level-strip path.during[d^="M"]', { state: "attached" });
  const colours = await bars.evaluateAll((paths) => paths.map((path) => getComputedStyle(path).fill));
  assert.not.ok(colours.includes("rgb(0, 0, 0)") || colours[0] === colours[1], `${colours}`);
  await picture(page, "monitor-live.png");
  await page.locator('live-listening input[value="explanation"]').check({ force: true });
  await page.waitForFunction(
    () => {
      const app = document.querySelector("monitor-app")!.shadowRoot!;
      const listening = app.querySelector("live-view")!.shadowRoot!.querySelector("live-listening")!;
      return listening.shadowRoot!.querySelector("audio")!.currentTime > 0.5;
    },
    undefined,
    { timeout: LIMIT_MS },
  );
  await page.close();
});

run(`every event's sounds play and its picture is there${why}`, async () => {
  const page = await openPage("#/events");
  await page.waitForSelector(".event");
  const ids = await page
    .locator(".event")
    .evaluateAll((links) => links.map((link) => (link as HTMLElement).dataset["id"]!));
  assert.ok(ids.length >= 3);
  await picture(page, "monitor-events.png");
  for (const id of ids) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#/event/${id}`);
    await page.waitForSelector(`[data-event="${id}"][data-event-state="explained"]`);
    for (const name of ["clip.wav", "explanation.wav", "rest.wav"]) {
      const played = await page.locator(`audio[data-sound="${name}"]`).evaluate(async (element) => {
        const audio = element as HTMLAudioElement;
        audio.muted = true;
        await audio.play();
        await new Promise<void>((resolve, reject) => {
          audio.addEventListener("error", () => reject(new Error(`${audio.src} does not play`)));
          audio.addEventListener("timeupdate", () => audio.currentTime > 0.2 && resolve());
        });
        audio.pause();
        const { duration } = audio;
        audio.currentTime = 0;
        return duration;
      });
      const { samples, sampleRate } = store.get(id)!.event.clip;
      assert.ok(Math.abs(played - samples / sampleRate) < 0.1, `${name} lasts ${played} s`);
    }
    const width = await page.locator("event-view img").evaluate(async (image) => {
      await (image as HTMLImageElement).decode();
      return (image as HTMLImageElement).naturalWidth;
    });
    assert.ok(width > 800);
  }
  await picture(page, "monitor-event.png");
  await page.close();
});

run(`a review stays and filters the list${why}`, async () => {
  const { id } = store.find()[0].event;
  const page = await openPage(`#/event/${id}`);
  const right = page.locator('event-view input[value="right"]');
  const answered = page.waitForResponse((response) => response.url().endsWith("/review"));
  await right.check({ force: true });
  assert.is((await answered).status(), 200);
  assert.is(store.get(id)?.review, "right");
  await page.reload();
  await page.waitForSelector(`[data-event="${id}"]`);
  assert.ok(await page.locator('event-view input[value="right"]').isChecked());
  await page.goto(`${monitor.url}#/events`);
  await page.locator('event-list select[name="review"]').selectOption("right");
  await page.waitForFunction(() => location.hash.includes("review=right"));
  await page.waitForFunction(
    () =>
      document
        .querySelector("monitor-app")!
        .shadowRoot!.querySelector("event-list")!
        .shadowRoot!.querySelectorAll(".event").length === 1,
  );
  await page.close();
  assert.equal(complaints, []);
});

run(`the address names the view, and one that names none is told${why}`, async () => {
  const page = await openPage("#/review");
  await page.waitForSelector('monitor-app[data-view="events"]');
  assert.is(await page.locator('event-list select[name="review"]').inputValue(), "none");
  assert.is(
    await page.locator("monitor-app h2").first().textContent(),
    "Events that nobody has reviewed yet",
  );
  await page.evaluate(() => {
    location.hash = "#/revue";
  });
  await page.waitForSelector('monitor-app[data-view="unknown"]');
  assert.match((await page.locator('monitor-app [role="alert"]').textContent())!, /#\/revue/);
  assert.is(await page.locator("live-view").count(), 0);
  await page.close();
});

run(`while the database is made anew the page says how far it is, and looks again${why}`, async () => {
  const page = await browser.newPage();
  const stages = [
    { done: 5000, total: 20_000, secondsLeft: 12 },
    { done: 15_000, total: 20_000, secondsLeft: 4 },
  ];
  await page.route("**/api/status", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), rebuilding: stages.shift() } });
  });
  await page.goto(`${monitor.url}#/`);
  const notice = page.locator("monitor-app .rebuilding");
  await notice.filter({ hasText: "5000 of 20000 events, 12 s left" }).waitFor();
  await notice.filter({ hasText: "15000 of 20000 events, 4 s left" }).waitFor();
  await notice.waitFor({ state: "hidden" });
  await page.close();
});

/** Open answers, as many of them as there are places. */
function holdAll(path: string, length: number): Promise<IncomingMessage[]> {
  const { port } = new URL(monitor.url!);
  return Promise.all(
    Array.from(
      { length },
      () =>
        new Promise<IncomingMessage>((resolve, reject) => {
          get({ host: "127.0.0.1", port, path, agent: false }, resolve).on("error", reject);
        }),
    ),
  );
}

run(`a page that finds no place says so, and follows when there is one${why}`, async () => {
  const held = await holdAll("/api/stream", 140);
  const page = await browser.newPage();
  await page.goto(`${monitor.url}#/`);
  await page.waitForSelector('monitor-app[data-view="live"][data-connected="false"]');
  assert.match((await page.locator("monitor-app .lost").textContent())!, /Too many pages/);
  for (const each of held) each.destroy();
  await page.waitForSelector('monitor-app[data-connected="true"]');
  await page.close();
});

run(`live sound that has no place says so, and plays when there is one${why}`, async () => {
  const held = await holdAll("/live/yard/original.wav", 40);
  const page = await browser.newPage();
  await page.goto(`${monitor.url}#/`);
  await page.locator('live-listening input[value="original"]').check({ force: true });
  const said = page.locator('live-listening [role="status"]');
  await said.filter({ hasText: "tried again" }).waitFor();
  for (const each of held) each.destroy();
  await said.filter({ hasNotText: "tried again" }).waitFor({ state: "attached" });
  await page.close();
});

test.run();
