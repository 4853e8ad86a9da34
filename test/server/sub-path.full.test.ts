/** The other pages of all servers below a folder of somebody's host; the live page is in sub-path.browser.test.ts. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openStudy } from "../../study/study-file.ts";
import { startStudyServer } from "../../study/study-server.ts";
import { takePart } from "../../tools/study-proof/simulated-participant.ts";
import { browserTest } from "../browser/browser-test.ts";
import { TINY_PACK } from "../browser/set-up.ts";
import { temporaryFolder } from "../cli/run-cli.ts";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { joined, quiet, samplesInput, startRig, tone } from "../monitor/rig.ts";
import { madeUpStudy, writeMadeUpStudy } from "../study/made-up-study.ts";
import { until } from "../until.ts";
import { behindProxies, below, FOLDER, has, publicFolder, TOKEN } from "./sub-path-rig.ts";

browserTest(
  "the address without its last slash, and the page for browsers without AudioWorklet",
  async () => {
    const server = await serveKiosk(undefined, { pack: TINY_PACK, port: 0, publicFolder, behindProxies });
    await below(server, "", async ({ page, proxy }) => {
      await page.goto(proxy.url.slice(0, -1));
      await page.waitForSelector('listenable-app[data-state="idle"]');
      await page.goto(`${proxy.url}compat.html?engine=local`);
      // This browser does not need it.
      await page.waitForURL(`${proxy.url}?engine=local`);
      await page.waitForSelector('listenable-app[data-state="idle"]');
    });
  },
);

browserTest("the kiosk: settings, model, reports and the page that shows them", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "kiosk.json");
  await writeFile(file, JSON.stringify({ name: "lobby", source: "sounds", engine: "remote", report: 5 }));
  const server = await serveKiosk(file, {
    pack: TINY_PACK,
    port: 0,
    publicFolder,
    behindProxies,
    metricsPublic: true,
  });
  await below(server, "kiosk/", async ({ page, proxy }) => {
    assert.is(page.url(), `${proxy.url}kiosk`);
    await page.waitForSelector('listenable-kiosk[data-state="running"]', { state: "attached" });
    await until("a report", () => has(proxy, `POST ${FOLDER}kiosk/report 200`));
    assert.ok(has(proxy, `UPGRADE ${FOLDER}explain 101`));
    await page.goto(`${proxy.url}kiosk/status`);
    await page.getByText("lobby").waitFor();
    await until("its styles", () => has(proxy, `GET ${FOLDER}page.css 200`));
  });
});

browserTest("the monitor, with a token: events, sounds, pictures, a review, live news", async () => {
  const folder = await temporaryFolder();
  const tokenFile = join(folder, "tokens");
  await writeFile(tokenFile, TOKEN);
  const { monitor } = await startRig([samplesInput("yard", joined(quiet(3), tone(300, 2), quiet(8)))], {
    web: { pages: join(publicFolder, "monitor"), port: 0, liveAudio: true, tokenFile, behindProxies },
  });
  const server = { url: monitor.url!, close: () => monitor.close() };
  await below(server, `#token=${TOKEN}`, async ({ page, proxy }) => {
    await page.waitForSelector("live-view");
    assert.is(page.url(), proxy.url, "the token has left the address");
    const [cookie] = await page.context().cookies();
    assert.is(cookie.path, FOLDER.slice(0, -1), "the cookie is for its folder alone");
    await until("the stream", () => has(proxy, `GET ${FOLDER}api/stream 200`));
    await page.goto(`${proxy.url}#/events`);
    const id = await page.locator(".event").first().getAttribute("data-id");
    await page.goto(`${proxy.url}#/event/${id}`);
    await page.waitForSelector(`[data-event="${id}"][data-event-state="explained"]`);
    await page.locator("event-view img").evaluate((image) => (image as HTMLImageElement).decode());
    await page.locator('audio[data-sound="explanation.wav"]').evaluate(async (element) => {
      const audio = element as HTMLAudioElement;
      audio.muted = true;
      await audio.play();
    });
    const answered = page.waitForResponse((response) => response.url().endsWith("/review"));
    await page.locator('event-view input[value="right"]').check({ force: true });
    assert.is((await answered).status(), 200);
    for (const href of await page
      .locator("a[href]")
      .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href))) {
      assert.ok(href.startsWith(proxy.url), href);
    }
  });
});

browserTest("the study, with a token: from consent to the end", async () => {
  const folder = await temporaryFolder();
  const tokenFile = join(folder, "tokens");
  await writeFile(tokenFile, TOKEN);
  const headphones = { questions: 1, needed: 1, attempts: 1, required: false };
  await writeMadeUpStudy(folder, { ...madeUpStudy({ clips: 2, methods: 2 }), headphones });
  const open = await openStudy(folder);
  const results = join(folder, "results");
  const study = await startStudyServer({ open, results, publicFolder, port: 0, tokenFile, behindProxies });
  await below(study, `#token=${TOKEN}`, async ({ page, proxy }) => {
    await page.waitForURL(`${proxy.url}study?p=*`);
    const end = await takePart({
      page,
      url: `${proxy.url}study`,
      study: open.study,
      id: "one",
      number: 1,
      opinions: { headphones: true, opinion: () => 0.5 },
    });
    assert.is(end, "done");
    assert.ok(has(proxy, `POST ${FOLDER}study/api/participants/one/events 200`));
    const keys = await page.evaluate(() => Object.keys(localStorage));
    assert.ok(
      keys.every((key) => key.endsWith(` of ${FOLDER}`)),
      `${keys}`,
    );
  });
});

test.run();
