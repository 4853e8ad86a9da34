/** The page while the server's model is being loaded: it is there at once, says what it waits for, and goes on by itself. */

import pino from "pino";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { newReading } from "../../server/explain/pack-service.ts";
import { openBackend } from "../../server/served-packs.ts";
import { startServer } from "../../server/start-server.ts";
import { freePort } from "../free-port.ts";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { until } from "../until.ts";
import { browserTest } from "./browser-test.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
let live: LiveSetUp;

test.before(async () => {
  if (chromium === null) return;
  live = await setUp(
    chromium,
    TINY_PACK,
    new Float32Array(48_000).map((_, n) => 0.3 * Math.sin(n / 11)),
    ["--autoplay-policy=no-user-gesture-required"],
  );
});
test.after(async () => {
  await live?.close();
});

/** Holds the model back until `warm` is called. */
async function held() {
  let warm = () => {};
  const asked = new Promise<void>((resolve) => {
    warm = resolve;
  });
  const backend = async () => {
    await asked;
    const pack = await openPackFolder(TINY_PACK);
    const silent = pino({ level: "silent" });
    return openBackend([pack], [newReading(TINY_PACK)], { lanes: 1 }, silent, () => {});
  };
  const port = await freePort();
  const options = { pack: TINY_PACK, port, backend, publicFolder: live.publicFolder };
  return { warm, options, url: `http://127.0.0.1:${port}/` };
}

browserTest(
  "this device explains meanwhile; who chose the server reads that it warms up, and then it answers",
  async () => {
    const { warm, options, url } = await held();
    const started = startServer(options);
    const page = await (await live.browser.newContext({ serviceWorkers: "block" })).newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(url);
    await page.waitForSelector('listenable-app[data-state="idle"]');
    await page.getByRole("button", { name: "Try it without a microphone" }).click();
    await page.waitForSelector('listenable-app[data-state="running"][data-engine="local"]');

    await page.goto(`${url}?engine=remote&start=yes`);
    await page.getByRole("heading", { name: "The server is warming up" }).waitFor();
    await page.waitForTimeout(1_500);
    assert.is(await page.locator("listenable-app").getAttribute("data-state"), "starting");
    warm();
    await page.waitForSelector('listenable-app[data-state="running"][data-engine="remote"]');
    await page.waitForSelector("listenable-app .notices", { state: "detached" });
    assert.equal(complaints, []);
    await page.context().close();
    await (await started).close();
  },
);

browserTest("who waits for the server may stop, or let this device do it", async () => {
  const { warm, options, url } = await held();
  const started = startServer(options);
  const page = await (await live.browser.newContext({ serviceWorkers: "block" })).newPage();
  await page.goto(`${url}?engine=remote&start=yes`);
  await page.getByRole("heading", { name: "The server is warming up" }).waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.waitForSelector('listenable-app[data-state="stopped"]');
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("heading", { name: "The server is warming up" }).waitFor();
  await page.getByRole("radio", { name: "This device" }).check({ force: true });
  await page.waitForSelector('listenable-app[data-state="running"][data-engine="local"]');
  await page.waitForSelector("listenable-app .notices", { state: "detached" });
  await page.context().close();
  warm();
  await (await started).close();
});

browserTest("a server that says it of everything, and a kiosk of one", async () => {
  const { warm, options, url } = await held();
  const started = serveKiosk(undefined, options);
  const context = await live.browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  let refusals = 2;
  // As from a proxy in front of a server that has nothing yet.
  await page.route("**/packs/**", (route) =>
    refusals-- > 0
      ? route.fulfill({ status: 503, headers: { "Retry-After": "1" }, json: { warming: true } })
      : route.continue(),
  );
  // A kiosk reads its settings before it takes the port.
  await until("the kiosk", async () => (await fetch(`${url}healthz`).catch(() => undefined)) !== undefined);
  await page.goto(url);
  await page.getByRole("heading", { name: "The server is warming up" }).waitFor();
  await page.getByRole("heading", { name: "Press Start" }).waitFor();

  await page.goto(`${url}kiosk?source=sounds&engine=remote`);
  await page.getByText("The server is warming up").waitFor();
  warm();
  await page.waitForSelector('listenable-kiosk[data-state="running"]', { state: "attached" });
  await context.close();
  await (await started).close();
});

test.run();
