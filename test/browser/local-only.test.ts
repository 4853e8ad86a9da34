// "On this device: nothing leaves it", proved by what Chromium itself records of its network: every request and every
// WebSocket of all its processes and workers, by whatever means code might ask for them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { startServer } from "../../server/start-server.ts";
import { browserTest } from "./browser-test.ts";
import { inWords, type NetEvent, networkRecord, sentBetween } from "./network-record.ts";
import { setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();

/** Long enough for dozens of windows; the masks of a remote engine would have come and gone. */
const WATCH_MS = 3_000;
function tone(seconds: number): Float32Array {
  return Float32Array.from(
    { length: 48_000 * seconds },
    (_, n) => 0.3 * Math.sin((2 * Math.PI * 700 * n) / 48_000),
  );
}

/** What Chromium sent while the page listened with this engine. */
async function sentWhileListening(engine: "local" | "remote" | undefined): Promise<NetEvent[]> {
  const record = await networkRecord();
  const live = await setUp(chromium!, TINY_PACK, tone(2), record.args);
  let from = 0;
  let to = 0;
  try {
    const page = await LivePage.open({ browser: live.browser, url: live.server.url, engine, offline: true });
    await page.waitForLabel("low");
    // What the first visit fetches for later ones is of the page, not of the sound.
    await page.page.waitForSelector('offline-note[data-state="kept"]', { state: "attached" });
    assert.is(await page.attribute("data-engine"), engine ?? "local");
    await page.page.waitForTimeout(1_000);
    from = Date.now();
    // What a listener does: switches between the three sounds.
    for (const key of ["a", "c", "b"]) {
      await page.page.keyboard.press(key);
      await page.page.waitForTimeout(WATCH_MS / 3);
    }
    to = Date.now();
    assert.is(await page.attribute("data-state"), "running");
    assert.ok((await page.timings()).windowsPerSecond > 1, "it did listen meanwhile");
  } finally {
    await live.close();
  }
  const events = await record.read();
  await record.remove();
  assert.ok(
    events.some(({ name, params }) => name === "URL_REQUEST_START_JOB" && params.includes("pack.json")),
    "the log shows the page's load",
  );
  return sentBetween(events, from, to);
}

browserTest("with this device's engine, nothing is sent while the microphone is listened to", async () => {
  const sent = await sentWhileListening("local");
  assert.equal(inWords(sent), []);
});

browserTest("a visitor who chose nothing has this device's engine: nothing is sent then either", async () => {
  const sent = await sentWhileListening(undefined);
  assert.equal(inWords(sent), []);
});

browserTest(
  "no server is measured or so much as greeted before the visitor agreed, whatever the address says",
  async () => {
    const live = await setUp(chromium!, TINY_PACK, tone(2));
    try {
      const context = await live.browser.newContext();
      const page = await context.newPage();
      const sockets: string[] = [];
      page.on("websocket", (socket) => sockets.push(socket.url()));
      const listens = async (search: string, engine: string) => {
        await page.goto(`${live.server.url}?source=microphone&start=yes&${search}`);
        await page.waitForSelector(`listenable-app[data-state="running"][data-engine="${engine}"]`, {
          timeout: 30_000,
        });
        await page.waitForSelector('listenable-app:not([data-verdict=""])');
      };
      const going = (where: string) => page.locator(`source-panel .going[data-going="${where}"]`).waitFor();
      await listens("", "local");
      await going("device");
      await listens("engine=auto", "local");
      await going("device");
      assert.equal(sockets, []);
      // Asked, and refused: nothing still.
      await page.getByRole("button", { name: "Stay on this device" }).click();
      await page.getByRole("radio", { name: "Automatic" }).check({ force: true });
      await page.waitForTimeout(500);
      assert.equal(sockets, []);
      await page.getByRole("button", { name: "I agree" }).click();
      await going("either");
      for (let n = 0; n < 100 && sockets.length === 0; n++) await page.waitForTimeout(100);
      assert.is(sockets.length, 1, "it is measured now");
      // A later visit begins here all the same, and is not asked again.
      await page.goto(live.server.url);
      await going("device");
      await page.goto(`${live.server.url}?engine=auto`);
      await going("either");
      await page.getByRole("button", { name: "Take it back" }).click();
      await going("device");
      sockets.length = 0;
      await listens("engine=auto", "local");
      assert.equal(sockets, []);
      await context.close();
    } finally {
      await live.close();
    }
  },
);

browserTest("the same record shows what goes to a server's engine, so it would show anything", async () => {
  const sent = await sentWhileListening("remote");
  assert.ok(
    sent.filter(({ name }) => name === "WEBSOCKET_SENT_FRAME_HEADER").length > 10,
    `${sent.length} events`,
  );
});

browserTest(
  "a server for local engines alone is asked for no engine, whatever the page would choose",
  async () => {
    const live = await setUp(chromium!, TINY_PACK, tone(2));
    const publicFolder = join(packageFolder(), "dist", "public");
    const server = await startServer({ pack: TINY_PACK, port: 0, publicFolder, localOnly: true });
    try {
      const page = await live.browser.newPage();
      const sockets: string[] = [];
      page.on("websocket", (socket) => sockets.push(socket.url()));
      await page.goto(`${server.url}?source=microphone&engine=auto&start=yes`);
      await page.waitForSelector('listenable-app[data-state="running"][data-engine="local"]', {
        timeout: 30_000,
      });
      await page.waitForTimeout(1_000);
      assert.equal(sockets, []);
    } finally {
      await server.close();
      await live.close();
    }
  },
);

browserTest(
  "a page opened with #token= may use a server that asks for one; without, its own engine works",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "listenable-token-"));
    const token = "token-of-the-page-0123456789abcdef";
    const tokenFile = join(folder, "tokens");
    await writeFile(tokenFile, token);
    const live = await setUp(chromium!, TINY_PACK, tone(2));
    const publicFolder = join(packageFolder(), "dist", "public");
    const server = await startServer({ pack: TINY_PACK, port: 0, publicFolder, tokenFile });
    try {
      const runsWith = async (search: string, engine: string) => {
        const page = await live.browser.newPage();
        const asked: string[] = [];
        page.on("request", (request) => asked.push(request.url() + JSON.stringify(request.headers())));
        await page.goto(`${server.url}?source=microphone&start=yes&${search}`);
        const selector = `listenable-app[data-state="running"][data-engine="${engine}"]`;
        await page.waitForSelector(selector, { timeout: 30_000 });
        for (const each of asked) assert.not.match(each.replace(/#.*/, ""), token);
        await page.close();
      };
      await runsWith(`engine=remote#token=${token}`, "remote");
      await runsWith("engine=auto", "local");
    } finally {
      await server.close();
      await live.close();
      await rm(folder, { recursive: true });
    }
  },
);

test.run();
