/** The kiosk in a real browser: starts by itself, plays when nobody is there, restarts without a seam. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { browserTest } from "./browser-test.ts";
import { host, live, open, PATIENCE_MS, withServer, work } from "./kiosk-rig.ts";
import { TINY_PACK } from "./set-up.ts";

browserTest("it starts by itself with the file's settings, has no controls, and reports", async () => {
  const settings = { name: "lobby", title: "Foyer", language: "de", idle: 0, report: 5 };
  await withServer(settings, async (url, reports) => {
    const { page, complaints } = await open(url);
    await host(page, '[data-state="running"]');
    assert.is(await page.locator("button, select, input, a").count(), 0);
    assert.is(await page.locator(".title").textContent(), "Foyer");
    assert.is(await page.locator(".going").textContent(), "Der Klang bleibt auf diesem Gerät.");
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

browserTest(
  "a server that alone explains and goes: the screen says so, in words and to screen readers",
  async () => {
    await withServer({ idle: 0, engine: "remote" }, async (url, _reports, server) => {
      const { page } = await open(url);
      await host(page, '[data-state="running"][data-explanation="here"]');
      await server.close();
      await host(page, '[data-state="running"][data-explanation="away"]');
      assert.is(await page.locator("h1").textContent(), "No explanation just now");
      assert.is(await page.locator(".sentence").textContent(), "Until it is back, you hear everything.");
      assert.match((await page.locator('[role="status"]').textContent()) ?? "", "No explanation just now");
      assert.is(await page.locator("listenable-kiosk").getAttribute("data-label"), "");
      await page.context().close();
    });
  },
);

browserTest(
  "no microphone: an example at once, which invites nobody; one that is attached is heard",
  async () => {
    await withServer({ idle: 5, listen: 30, report: 5 }, async (url, reports) => {
      const { page, complaints } = await open(url, () => {
        const devices = navigator.mediaDevices;
        const getUserMedia = devices.getUserMedia.bind(devices);
        const attached = { microphone: false };
        Object.assign(window, { attached });
        devices.getUserMedia = async (constraints) => {
          if (!attached.microphone) throw new DOMException("none", "NotFoundError");
          return getUserMedia(constraints);
        };
        const seen = { headlines: [] as string[] };
        Object.assign(window, { seen });
        setInterval(() => {
          const root = document.querySelector("listenable-kiosk")?.shadowRoot;
          const headline = root?.querySelector("h1")?.textContent ?? "";
          if (headline && seen.headlines.at(-1) !== headline) seen.headlines.push(headline);
        }, 50);
      });
      await host(page, '[data-state="running"][data-scene="attract"][data-deaf="yes"]');
      assert.is(await page.locator("h1").textContent(), "Listen to an example");
      assert.match((await page.locator(".sentence").textContent()) ?? "", /^An example: /);
      assert.match((await page.locator('[role="status"]').textContent()) ?? "", "microphone is missing");
      for (let n = 0; n < 200 && (await reports())[0]?.state !== "attract"; n++)
        await page.waitForTimeout(100);
      assert.is((await reports())[0].microphone, "missing");
      await page.evaluate(() => {
        Object.assign((window as unknown as { attached: object }).attached, { microphone: true });
        navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
      });
      await host(page, '[data-state="running"][data-scene="live"][data-deaf="no"]');
      const headlines = await page.evaluate(
        () => (window as unknown as { seen: { headlines: string[] } }).seen.headlines,
      );
      const untilThen = headlines.slice(0, headlines.indexOf("Listen to an example") + 1);
      assert.equal(
        untilThen.filter((headline) => headline !== "One moment …"),
        ["Listen to an example"],
        "neither an invitation nor a black picture before",
      );
      assert.equal(complaints, []);
      await page.context().close();
    });
  },
);

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
