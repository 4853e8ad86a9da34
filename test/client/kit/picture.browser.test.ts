/** Where the picture is drawn and what it survives, in a real browser on a fake explainer; skipped without Chromium. */
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium, NO_CHROMIUM } from "../../../cli/bench/chromium.ts";
import { serve } from "../../../tools/page-dev/serve.mjs";

const path = findChromium();
const test = suite("picture in a browser");
const check = (name: string, body: () => Promise<void>) =>
  path === null ? test.skip(`${name} (${NO_CHROMIUM})`, body) : test(name, body);
const LIMIT_MS = 30_000;
let server: Awaited<ReturnType<typeof serve>>;
let browser: Browser;
let page: Page;
let complaints: string[] = [];

test.before(async () => {
  if (path === null) return;
  server = await serve();
  browser = await launchChromium({ path, microphone: "/dev/null" });
});

test.after(async () => {
  await browser?.close();
  server?.close();
});

test.after.each(async () => {
  await page?.context().close();
});

interface Opening {
  readonly options?: Parameters<Browser["newContext"]>[0];
  readonly before?: () => void;
  readonly prepare?: (context: BrowserContext) => Promise<unknown>;
}

async function open({ options = {}, before, prepare }: Opening = {}): Promise<void> {
  complaints = [];
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
  await prepare?.(context);
  page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  if (before) await page.addInitScript(before);
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/?ahead=900&start=yes`);
  await page.waitForSelector('listenable-app[data-label="clock_tick"]');
}

const view = () => page.locator("spectrogram-view");
const pictures = () => view().evaluate((each) => (each as unknown as Drawing).pictures());

interface Drawing {
  pictures(): Promise<number>;
}

/** Waits until so many more pictures have been drawn. */
async function morePictures(count: number): Promise<void> {
  const before = await pictures();
  const limit = Date.now() + LIMIT_MS;
  while ((await pictures()) < before + count) {
    assert.ok(Date.now() < limit, `no ${count} pictures more`);
    await page.waitForTimeout(20);
  }
}

/** Share of the picture's pixels that are not background. */
function lit(): Promise<number> {
  return page.locator("spectrogram-view canvas").evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const context = new OffscreenCanvas(width, height).getContext("2d")!;
    context.drawImage(element as HTMLCanvasElement, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    let count = 0;
    for (let k = 0; k < data.length; k += 4) if (data[k] + data[k + 1] + data[k + 2] > 60) count++;
    return count / (width * height);
  });
}

/** Pictures come to the page a moment after they were drawn. */
async function untilLit(): Promise<void> {
  const limit = Date.now() + LIMIT_MS;
  while ((await lit()) < 0.3) {
    assert.ok(Date.now() < limit, "the picture stays dark");
    await page.waitForTimeout(50);
  }
}

check("it is drawn in a worker under the strict policy", async () => {
  await open();
  assert.is(await view().getAttribute("data-drawn"), "worker");
  await morePictures(20);
  await untilLit();
  assert.equal(complaints, []);
});

check("without OffscreenCanvas it is drawn in the page", async () => {
  const before = () => {
    Reflect.deleteProperty(HTMLCanvasElement.prototype, "transferControlToOffscreen");
  };
  await open({ before });
  assert.is(await view().getAttribute("data-drawn"), "page");
  await morePictures(20);
  await untilLit();
  assert.equal(complaints, []);
});

check("it is drawn in the page where the worker can't be loaded", async () => {
  await open({ prepare: (context) => context.route("**/picture.js", (route) => route.abort()) });
  await page.waitForSelector('spectrogram-view[data-drawn="page"]');
  await morePictures(20);
  await untilLit();
});

check("it is drawn in the page where workers have no animation frames", async () => {
  const answer = "self.onmessage = ({ data }) => data.type === 'open' && postMessage({ type: 'unusable' });";
  const fulfil = { contentType: "text/javascript", body: answer };
  await open({ prepare: (context) => context.route("**/picture.js", (route) => route.fulfill(fulfil)) });
  await page.waitForSelector('spectrogram-view[data-drawn="page"]');
  await morePictures(20);
  await untilLit();
});

check("it follows the window's width and the screen's density", async () => {
  await open();
  const width = () =>
    page.locator("spectrogram-view canvas").evaluate((each) => (each as HTMLCanvasElement).width);
  const until = async (holds: (value: number) => boolean, what: string) => {
    const limit = Date.now() + LIMIT_MS;
    while (!holds(await width())) {
      assert.ok(Date.now() < limit, `${what}: ${await width()}`);
      await page.waitForTimeout(50);
    }
  };
  await page.setViewportSize({ width: 1280, height: 800 });
  await until((value) => value > 600 && value < 1_000, "a column a pixel");
  await page.setViewportSize({ width: 360, height: 740 });
  await until((value) => value === 512, "no less than four seconds");
  const cdp = await page.context().newCDPSession(page);
  // Another width as well: Chromium tells a page nothing of a density that is only emulated.
  const screen = { width: 380, height: 740, mobile: false };
  await cdp.send("Emulation.setDeviceMetricsOverride", { ...screen, deviceScaleFactor: 2.5 });
  await until((value) => value > 650, "device pixels");
  await morePictures(5);
  await untilLit();
});

/** How colourful it is: grey is 0. */
function colour(): Promise<number> {
  return page.locator("spectrogram-view canvas").evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const context = new OffscreenCanvas(width, height).getContext("2d")!;
    context.drawImage(element as HTMLCanvasElement, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    let sum = 0;
    for (let k = 0; k < data.length; k += 4)
      sum += Math.max(data[k], data[k + 2]) - Math.min(data[k], data[k + 1]);
    return sum / (data.length / 4);
  });
}

check("the picture follows what is listened to, unless it is told to show one thing", async () => {
  await open();
  await untilLit();
  const whole = async () => {
    await morePictures(4);
    return colour();
  };
  const explanation = await whole();
  await page.keyboard.press("1");
  const original = await whole();
  assert.ok(original > 1.3 * explanation, `${original} of everything, ${explanation} of the explanation`);
  await page.getByRole("button", { name: "More" }).click();
  await page.locator('select[data-value="view"]').selectOption("explanation");
  assert.ok((await whole()) < 0.8 * original, "its own switch counts");
  await page.locator('select[data-value="scale"]').selectOption("linear");
  await morePictures(4);
  const label = view().locator(".frequency span").nth(1);
  assert.is(await label.textContent(), "6k");
  assert.equal(complaints, []);
});

check("it goes on after the browser has lost its graphics process", async () => {
  await open();
  await morePictures(5);
  const session = await browser.newBrowserCDPSession();
  await session.send("Browser.crashGpuProcess").catch(() => {});
  await morePictures(60);
  await untilLit();
});

check("other colours and less motion while it runs do it no harm", async () => {
  await open();
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await morePictures(10);
  await untilLit();
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "no-preference" });
  await morePictures(20);
  await untilLit();
  assert.equal(complaints, []);
});

check("taken off the page and put back, it draws again, and leaves no worker behind", async () => {
  await open();
  for (let n = 0; n < 5; n++) {
    await view().evaluate(async (element) => {
      const place = element.parentNode!;
      const next = element.nextSibling;
      element.remove();
      await new Promise((resolve) => setTimeout(resolve, 50));
      place.insertBefore(element, next);
    });
  }
  await morePictures(20);
  const limit = Date.now() + LIMIT_MS;
  const drawing = () => page.workers().filter((worker) => worker.url().endsWith("picture.js")).length;
  while (drawing() > 1) {
    assert.ok(Date.now() < limit, `${drawing()} workers`);
    await page.waitForTimeout(50);
  }
  assert.is(drawing(), 1);
});

test.run();
