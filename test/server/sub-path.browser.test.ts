/** Every page of every server below a folder of somebody's host, https://host/listenable/, through a proxy that takes it off. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../cli/bench/chromium.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { openStudy } from "../../study/study-file.ts";
import { startStudyServer } from "../../study/study-server.ts";
import { takePart } from "../../tools/study-proof/simulated-participant.ts";
import { browserTest } from "../browser/browser-test.ts";
import { TINY_PACK } from "../browser/set-up.ts";
import { temporaryFolder } from "../cli/run-cli.ts";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { closeAll, joined, quiet, samplesInput, startRig, tone } from "../monitor/rig.ts";
import { type PrefixProxy, prefixProxy } from "../prefix-proxy.ts";
import { madeUpStudy, writeMadeUpStudy } from "../study/made-up-study.ts";

const chromium = findChromium();
const PATIENCE_MS = 40_000;
const FOLDER = "/listenable/";
const TOKEN = "token-below-a-folder-0123456789";
const publicFolder = join(packageFolder(), "dist", "public");
const behindProxies = 1;

let browser: Browser;
test.before(async () => {
  if (chromium === null) return;
  const args = ["--autoplay-policy=no-user-gesture-required"];
  browser = await launchChromium({ path: chromium, microphone: "/dev/null", args });
});
test.after(async () => {
  await browser?.close();
  await closeAll();
});

interface Visit {
  readonly page: Page;
  readonly proxy: PrefixProxy;
  /** Of the server behind the proxy. */
  readonly close: () => Promise<void>;
}

/** Opens a page through the proxy, and afterwards sees that everything was asked for below the folder, and was there. */
async function below(
  server: { readonly url: string; close(): Promise<void> },
  path: string,
  look: (visit: Visit) => Promise<void>,
): Promise<void> {
  const proxy = await prefixProxy(new URL("/", server.url).href, FOLDER);
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  try {
    await page.goto(`${proxy.url}${path}`);
    await look({ page, proxy, close: () => server.close() });
    assert.equal(proxy.strays, [], "asked for outside of its folder");
    const failed = proxy.answered.filter((each) => !/ (101|2\d\d|30[1-8])$/.test(each));
    assert.equal(failed, []);
    assert.equal(complaints, []);
  } finally {
    await context.close();
    await proxy.close();
    await server.close();
  }
}

const has = (proxy: PrefixProxy, answer: string) => proxy.answered.some((each) => each.startsWith(answer));
const until = async (what: string, holds: () => boolean | Promise<boolean>) => {
  for (let n = 0; n < 400; n++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.unreachable(`${what} never came`);
};

browserTest("the live page: pack, workers, the server's engine, a moment, and all of it kept", async () => {
  const server = await serveKiosk(undefined, { pack: TINY_PACK, port: 0, publicFolder, behindProxies });
  await below(server, "", async ({ page, proxy }) => {
    await page.goto(`${proxy.url}?engine=remote&start=yes`);
    await page.waitForSelector('listenable-app[data-state="running"][data-engine="remote"]');
    await page.waitForSelector('listenable-app:not([data-verdict=""])');
    assert.ok(has(proxy, `UPGRADE ${FOLDER}explain 101`));
    await page.keyboard.press("f");
    await page.getByRole("heading", { name: "Frozen moment" }).waitFor();
    await page.locator('offline-note[data-state="kept"]').waitFor({ state: "attached" });
    const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
    assert.is(scope, proxy.url, "the service worker has its folder alone");
    const names = await page.evaluate(() => caches.keys());
    assert.ok(
      names.every((name) => name.endsWith(` of ${FOLDER}`)),
      `${names}`,
    );
    assert.is(
      await page.evaluate(async () => {
        const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')!;
        const manifest = await (await fetch(link.href)).json();
        return new URL(manifest.start_url, link.href).href;
      }),
      proxy.url,
    );
  });
});

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
