// "On this device: nothing leaves it", for what stands beside the live stream: the kiosk, a frozen moment, the page without a server.
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as v from "valibot";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import { KIOSK_REPORT_PATH, kioskReportSchema } from "../../kiosk/protocol.ts";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { browserTest } from "./browser-test.ts";
import { inWords, type NetEvent, networkRecord, sentBetween } from "./network-record.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const AUTOPLAY = "--autoplay-policy=no-user-gesture-required";
const PATIENCE_MS = 40_000;
/** Long enough for dozens of windows. */
const WATCH_MS = 3_000;

const tone = Float32Array.from(
  { length: 48_000 * 2 },
  (_, n) => 0.3 * Math.sin((2 * Math.PI * 700 * n) / 48_000),
);

interface Watched {
  /** Everything before is the page's load. */
  begin(): void;
  end(): void;
}

/** What Chromium sent between `begin` and `end`. */
async function sentWhile(watch: (live: LiveSetUp, watched: Watched) => Promise<void>): Promise<NetEvent[]> {
  const record = await networkRecord();
  const live = await setUp(chromium!, TINY_PACK, tone, [...record.args, AUTOPLAY]);
  let [from, to] = [0, 0];
  try {
    await watch(live, {
      begin: () => {
        from = Date.now();
      },
      end: () => {
        to = Date.now();
      },
    });
  } finally {
    await live.close();
  }
  const events = await record.read();
  await record.remove();
  assert.ok(to > from && events.some(({ at, name }) => at < from && name === "URL_REQUEST_START_JOB"));
  return sentBetween(events, from, to);
}

/** Requests that only fetch a file: no body, no query that could carry something, and of the page's own server. */
const onlyFetches = ({ name, params }: NetEvent, url: string) => {
  if (name === "SOCKET_BYTES_SENT" || name === "TCP_CONNECT_ATTEMPT") return true;
  if (name !== "URL_REQUEST_START_JOB") return false;
  const request = JSON.parse(params) as { method: string; url: string; upload_id?: string };
  const own = request.url.startsWith(url) && !request.url.includes("?");
  return request.method === "GET" && own && request.upload_id === undefined;
};

/** Far below what a second of spectra takes: some ten requests' headers. */
const MOST_BYTES = 20_000;
const bytesOf = (sent: readonly NetEvent[]) =>
  sent
    .filter(({ name }) => name === "SOCKET_BYTES_SENT")
    .reduce((sum, { params }) => sum + Number((JSON.parse(params) as { byte_count: number }).byte_count), 0);

async function kiosk(live: LiveSetUp, settings: Record<string, unknown>) {
  const file = join(tmpdir(), `listenable-kiosk-${process.pid}.json`);
  await writeFile(file, JSON.stringify({ engine: "local", idle: 0, ...settings }));
  const server = await serveKiosk(file, { pack: TINY_PACK, port: 0, publicFolder: live.publicFolder });
  const page = await (await live.browser.newContext()).newPage();
  await page.goto(`${server.url}kiosk`);
  const host = page.locator('listenable-kiosk[data-state="running"]');
  await host.waitFor({ state: "attached", timeout: PATIENCE_MS });
  await page.waitForTimeout(1_000);
  return { page, server };
}

browserTest("a kiosk that reports to nobody sends nothing while it listens", async () => {
  const sent = await sentWhile(async (live, watched) => {
    const { page, server } = await kiosk(live, { report: 0 });
    try {
      watched.begin();
      await page.waitForTimeout(WATCH_MS);
      watched.end();
    } finally {
      await server.close();
    }
  });
  assert.equal(inWords(sent), []);
});

browserTest(
  "a kiosk that reports sends its reports alone, in which there is nothing of what it heard",
  async () => {
    const posted: { url: string; body: string }[] = [];
    const sent = await sentWhile(async (live, watched) => {
      const { page, server } = await kiosk(live, { report: 1 });
      try {
        watched.begin();
        page.on("request", (request) => posted.push({ url: request.url(), body: request.postData() ?? "" }));
        await page.waitForTimeout(WATCH_MS);
        watched.end();
      } finally {
        await server.close();
      }
    });
    assert.ok(posted.length > 0);
    for (const { url, body } of posted) {
      assert.ok(url.endsWith(KIOSK_REPORT_PATH), url);
      // Strict: a field more is an error.
      v.parse(kioskReportSchema, JSON.parse(body));
    }
    const requests = sent.filter(({ name }) => name === "URL_REQUEST_START_JOB");
    assert.ok(
      requests.every(({ params }) => params.includes(KIOSK_REPORT_PATH)),
      inWords(requests).join("\n"),
    );
    assert.is(sent.filter(({ name }) => name === "WEBSOCKET_SENT_FRAME_HEADER").length, 0);
    assert.ok(bytesOf(sent) < MOST_BYTES, `${bytesOf(sent)} bytes`);
  },
);

browserTest("a moment is frozen, explained and kept as files without leaving the device", async () => {
  let url = "";
  const sent = await sentWhile(async (live, watched) => {
    url = live.server.url;
    const { page } = await LivePage.open({ browser: live.browser, url, engine: "local" });
    await page.waitForSelector('listenable-app[data-label="low"]', { timeout: PATIENCE_MS });
    await page.waitForTimeout(2_000);
    watched.begin();
    await page.getByRole("button", { name: /^Freeze/ }).click();
    await page.waitForSelector('moment-panel[data-busy=""]', { state: "attached", timeout: PATIENCE_MS });
    for (const kind of ["original", "explanation", "rest", "facts", "picture", "share"]) {
      await Promise.all([page.waitForEvent("download"), page.locator(`[data-export=${kind}]`).click()]);
    }
    watched.end();
  });
  const other = sent.filter((event) => !onlyFetches(event, url));
  assert.equal(inWords(other), []);
  assert.ok(bytesOf(sent) < MOST_BYTES, `${bytesOf(sent)} bytes`);
});

/** After a navigation browsers look now and then for a newer service worker: nobody is there to be asked. */
const looksForNewer = ({ name, params }: NetEvent) =>
  name === "TCP_CONNECT_ATTEMPT" ||
  (name === "URL_REQUEST_START_JOB" && params.includes("/service-worker.js"));

browserTest("the page without a server sends nothing and asks for no more than a newer page", async () => {
  const sent = await sentWhile(async (live, watched) => {
    const context = await live.browser.newContext();
    const page = await context.newPage();
    await page.goto(live.server.url);
    const kept = page.locator('offline-note[data-state="kept"]');
    await kept.waitFor({ state: "attached", timeout: PATIENCE_MS });
    await live.server.close();
    await page.goto(`${live.server.url}?source=microphone&headphones=yes&engine=local&start=yes`);
    await page.waitForSelector('listenable-app[data-state="running"][data-label="low"]', {
      timeout: PATIENCE_MS,
    });
    await page.waitForTimeout(1_000);
    watched.begin();
    await page.waitForTimeout(WATCH_MS);
    watched.end();
  });
  assert.equal(inWords(sent.filter((event) => !looksForNewer(event))), []);
});

test.run();
