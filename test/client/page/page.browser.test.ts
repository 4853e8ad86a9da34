/** The page on a fake explainer in a real browser, under the policy the server sends; skipped without Chromium. */
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, NO_CHROMIUM } from "../../../cli/bench/chromium.ts";
import type { FakeLiveExplainer } from "../../../tools/page-dev/fake-live-explainer.ts";
import { serve } from "../../../tools/page-dev/serve.mjs";

const path = findChromium();
const test = suite("page in a browser");
const check = (name: string, body: () => Promise<void>) =>
  path === null ? test.skip(`${name} (${NO_CHROMIUM})`, body) : test(name, body);
let server: Awaited<ReturnType<typeof serve>>;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

test.before(async () => {
  if (path === null) return;
  server = await serve();
  const superuser = process.getuid?.() === 0;
  browser = await chromium.launch({ executablePath: path, args: superuser ? ["--no-sandbox"] : [] });
});

test.after(async () => {
  await browser?.close();
  server?.close();
});

test.before.each(async () => {
  complaints.length = 0;
});

test.after.each(async () => {
  await page?.context().close();
});

async function open(query = "", options: Parameters<Browser["newContext"]>[0] = {}): Promise<void> {
  const context = await browser.newContext(options);
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  // Violations of the content policy come as console errors.
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/?${query}`);
}

function state(name: string, value: string) {
  return page.waitForSelector(`listenable-app[data-${name}="${value}"]`, { timeout: 20_000 });
}

function calls(): Promise<readonly string[]> {
  return page.locator("listenable-app").evaluate((app) => {
    const { explainer } = app as unknown as { explainer: FakeLiveExplainer };
    return explainer.calls;
  });
}

check("starts, names what it hears, stops; nothing breaks the content policy", async () => {
  await open("ahead=200");
  await state("state", "idle");
  await page.getByRole("button", { name: "Start" }).click();
  await state("state", "running");
  await state("label", "clock_tick");
  await page.getByRole("heading", { name: "Clock tick" }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await state("state", "stopped");
  await state("label", "");
  assert.equal(complaints, []);
});

check("the picture is drawn: the mask dims it, and without the mask it is in colour", async () => {
  await open("ahead=900");
  await page.getByRole("button", { name: "Start" }).click();
  await state("label", "clock_tick");
  const colourfulness = () =>
    page.locator("canvas").evaluate(async (element) => {
      await new Promise(requestAnimationFrame);
      const { width, height } = element as HTMLCanvasElement;
      // A worker draws on it: its pixels are seen through another canvas.
      const context = new OffscreenCanvas(width, height).getContext("2d")!;
      context.drawImage(element as HTMLCanvasElement, 0, 0);
      const { data } = context.getImageData(0, 0, width, height);
      let sum = 0;
      for (let k = 0; k < data.length; k += 4) {
        sum += Math.max(data[k], data[k + 1], data[k + 2]) - Math.min(data[k], data[k + 1], data[k + 2]);
      }
      return sum / (data.length / 4);
    });
  const masked = await colourfulness();
  await page.getByLabel("Show the mask").fill("0");
  await page.waitForTimeout(100);
  const plain = await colourfulness();
  assert.ok(plain > 2 * masked, `colour ${plain} without the mask, ${masked} with it`);
});

check("keys A, B, C, or 1, 2, 3, switch what is heard, until they are switched off", async () => {
  await open();
  for (const [key, listening] of [
    ["a", "original"],
    ["C", "rest"],
    ["2", "explanation"],
    ["3", "rest"],
  ]) {
    await page.keyboard.press(key);
    await state("listening", listening);
  }
  await state("listening", "rest");
  assert.ok(await page.getByRole("radio", { name: /^Rest/ }).isChecked());
  await page.getByLabel(/Keys A, B and C/).uncheck();
  await page.keyboard.press("a");
  await page.getByRole("radio", { name: /^Explanation/ }).check();
  await state("listening", "explanation");
  assert.equal(
    (await calls()).filter((call) => call.startsWith("listening")),
    ["explanation", "original", "rest", "explanation", "rest", "explanation"].map(
      (each) => `listening ${each}`,
    ),
  );
});

check("the keyboard alone reaches every control, and focus is seen", async () => {
  await open();
  const reached: string[] = [];
  for (let k = 0; k < 20; k++) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      if (!element || element === document.body) return "";
      const face = element.matches(".choices input") ? element.nextElementSibling! : element;
      const outlined = getComputedStyle(face).outlineStyle !== "none";
      const name = element.getAttribute("name") ?? element.getAttribute("aria-label") ?? element.localName;
      return `${name}${outlined ? "" : " without outline"}`;
    });
    if (focus === "") break;
    reached.push(focus);
  }
  assert.equal(reached, [
    "Language",
    "Colours",
    "button",
    "button",
    "kind",
    "sound",
    "summary",
    "button",
    "input",
    "button",
    "listening",
    "Volume",
    "match-loudness",
    "select",
    "engine",
    "select",
    "select",
    "input",
    "summary",
  ]);
});

check(
  "the chosen delay is passed on, and remembered at the next visit unless the address says otherwise",
  async () => {
    await open();
    const delays = async () => (await calls()).filter((call) => call.startsWith("delay"));
    await page.getByLabel("Delay").selectOption("Low delay");
    assert.equal(await delays(), ["delay balanced", "delay low-delay"]);
    await page.reload();
    await state("state", "idle");
    assert.equal(await delays(), ["delay low-delay"]);
    await page.goto(`${page.url()}${page.url().includes("?") ? "&" : "?"}delay=high-quality`);
    await state("state", "idle");
    assert.equal(await delays(), ["delay high-quality"]);
  },
);

check("all three are as loud until somebody wants them as they are, which is remembered", async () => {
  await open();
  const wishes = async () => (await calls()).filter((call) => call.startsWith("match loudness"));
  assert.equal(await wishes(), ["match loudness true"]);
  await page.getByLabel("Same loudness").uncheck();
  assert.equal(await wishes(), ["match loudness true", "match loudness false"]);
  await page.reload();
  await state("state", "idle");
  assert.equal(await wishes(), ["match loudness false"]);
  await page.goto(`${page.url()}${page.url().includes("?") ? "&" : "?"}loudness=matched`);
  await state("state", "idle");
  assert.equal(await wishes(), ["match loudness true"]);
});

check("the microphone stays silent until headphones are confirmed", async () => {
  await open("source=microphone&volume=60");
  await page.getByRole("button", { name: "Start" }).click();
  await state("state", "running");
  assert.is((await calls()).filter((call) => call.startsWith("volume")).at(-1), "volume 0");
  await page.getByLabel(/I wear headphones/).check();
  assert.is((await calls()).filter((call) => call.startsWith("volume")).at(-1), "volume 0.6");
});

check("another class can be asked for, as long as the method can be asked", async () => {
  await open();
  const asked = async () => (await calls()).filter((call) => call.startsWith("target"));
  const question = page.getByRole("combobox", { name: /^Explain/ });
  await question.selectOption({ label: "Rooster" });
  assert.equal(await asked(), ["target 1"]);
  await page.getByText("whatever it hears", { exact: false }).waitFor();
  await page.getByLabel("Method").selectOption("lmac");
  assert.ok(await question.isDisabled());
  assert.is(await question.inputValue(), "-1");
  await page.getByText("L-MAC explains only what it hears").waitFor();
});

check("the last minute names what was believed, for the eye and for the ear", async () => {
  await open("probability=0.95");
  await page.getByRole("button", { name: "Start" }).click();
  await state("verdict", "class");
  await page.getByRole("img", { name: /^The last minute: clock tick \d+ s/ }).waitFor();
});

check("a failure is an alert with a next step", async () => {
  await open("source=microphone&problem=permission-denied");
  await page.getByRole("button", { name: "Start" }).click();
  await state("problem", "permission-denied");
  assert.match(
    (await page.getByRole("alert").textContent()) ?? "",
    /not allowed to use the microphone\.\s+Allow it/,
  );
  assert.is(await page.getByRole("button", { name: "Start" }).count(), 1);
});

check("below the threshold the page says that it is not sure", async () => {
  await open("probability=0.4");
  await page.getByRole("button", { name: "Start" }).click();
  await state("verdict", "unsure");
  await page.getByRole("heading", { name: "Not sure" }).waitFor();
  assert.is(await page.locator("listenable-app").getAttribute("data-label"), "");
});

check("of independent classes all that are believed are named, and every bar has its own line", async () => {
  await open("winner=dog&also=clock_tick&probability=0.91");
  await page.getByRole("button", { name: "Start" }).click();
  await state("label", "dog");
  await page.getByRole("heading", { name: "Dog" }).waitFor();
  await page.locator("verdict-line").getByText("91 % sure. Also: clock tick.").waitFor();
  const bars = page.locator("class-bars");
  assert.equal(await bars.locator("li.sure .name").allTextContents(), ["Dog", "Clock tick"]);
  const marks = await bars
    .locator(".mark")
    .evaluateAll((all) => all.map((mark) => (mark as HTMLElement).style.getPropertyValue("--at")));
  assert.equal(marks.slice(0, 2), ["50.0%", "80.0%"]);
  await bars.getByText("several may be there, or none", { exact: false }).waitFor();
  assert.is(await page.locator("minute-strip .threshold").count(), 0);
  // The stretch has its class's line, from a fourth of a second on: shorter ones are not drawn.
  await page.locator("minute-strip line").first().waitFor({ state: "attached" });
});

check("where no independent class is believed, the page hears nothing that it knows", async () => {
  await open("winner=clock_tick&also=sea_waves&probability=0.7");
  await page.getByRole("button", { name: "Start" }).click();
  await state("verdict", "none");
  await page.getByRole("heading", { name: "Nothing that it knows" }).waitFor();
  await page.locator("verdict-line").getByText("sea waves with 70 %; it wants 80 % to be sure").waitFor();
  assert.is(await page.locator("listenable-app").getAttribute("data-label"), "");
});

check("a chosen file starts at once, and another source stops it", async () => {
  await open("source=file");
  await page.locator("input[type=file]").setInputFiles({
    name: "bird.wav",
    mimeType: "audio/wav",
    buffer: Buffer.from("RIFF"),
  });
  await state("state", "running");
  assert.ok((await calls()).includes("start file"));
  await page.getByRole("radio", { name: "Microphone" }).check();
  await state("state", "stopped");
});

check("a file dropped anywhere starts at once", async () => {
  await open();
  await state("state", "idle");
  const drag = (name: string) =>
    page.evaluate((type) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["RIFF"], "bird.wav", { type: "audio/wav" }));
      const event = new DragEvent(type, { dataTransfer, cancelable: true, bubbles: true });
      document.body.dispatchEvent(event);
      return event.defaultPrevented;
    }, name);
  assert.ok(await drag("dragover"), "the browser is kept from opening the file itself");
  await page.getByText("Drop the sound file to listen").waitFor();
  assert.ok(await drag("drop"));
  await state("state", "running");
  assert.ok((await calls()).includes("start file"));
  assert.is(await page.getByText("Drop the sound file to listen").count(), 0);
  await page.getByText("bird.wav", { exact: true }).waitFor();
});

check("an element taken off the page lets go of every stream, and takes them up again", async () => {
  await open();
  const observed = await page.locator("listenable-app").evaluate(async (app) => {
    const { explainer } = app as unknown as { explainer: FakeLiveExplainer };
    const streams = [explainer.status$, explainer.decisions$, explainer.columns$, explainer.timings$];
    const parent = app.parentElement!;
    const before = streams.map((stream) => stream.observed);
    app.remove();
    const without = streams.map((stream) => stream.observed);
    parent.append(app);
    return [before, without, streams.map((stream) => stream.observed)];
  });
  assert.equal(observed, [Array(4).fill(true), Array(4).fill(false), Array(4).fill(true)]);
});

check("diagnostics are closed at first, and copy a report without sound or device names", async () => {
  await open("ahead=200&source=microphone", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Start" }).click();
  await state("label", "clock_tick");
  assert.is(await page.getByRole("button", { name: "Copy as JSON" }).count(), 0);
  await page.getByText("Diagnostics", { exact: true }).click();
  await page.getByText(/unplugged or withdrawn\..*\(2 times\)/).waitFor();
  await page.getByText("Window to mask, slowest 1 %").waitFor();
  await page.getByRole("button", { name: "Copy as JSON" }).click();
  await page.getByText("Copied.").waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  const report = JSON.parse(text);
  assert.is(report.engine.inUse, "local");
  assert.is(report.environment.sampleRate, 48_000);
  assert.is(report.events[1].at, "2025-10-09T09:00:20.000Z");
  assert.not.match(text, /Microphone|headset|Intel/);
  assert.equal(complaints, []);
});

check("a frozen moment opens over the page, fits any width, and gives the focus back", async () => {
  await open("ahead=200");
  await page.getByRole("button", { name: "Start" }).click();
  await state("label", "clock_tick");
  await page.keyboard.press("f");
  const dialog = page.getByRole("dialog", { name: "Frozen moment" });
  await dialog.waitFor();
  assert.ok((await calls()).includes("freeze"));
  // There is no model here to ask, which the panel says.
  await dialog.getByText("That could not be explained").waitFor();
  await dialog.getByRole("button", { name: "Compare with another" }).click();
  for (const width of [320, 390, 768, 1000, 1920]) {
    await page.setViewportSize({ width, height: 740 });
    const [inside, room] = await dialog.evaluate((element) => [element.scrollWidth, element.clientWidth]);
    assert.ok(inside <= room, `${inside} pixels wide in a panel of ${room}, in a window of ${width}`);
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Freeze the last 10 s" }).click();
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  const focused = await page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.textContent?.trim();
  });
  assert.is(focused, "Freeze the last 10 s");
  assert.is(await page.locator("listenable-app").getAttribute("data-listening"), "explanation");
});

check("nothing sticks out at any width", async () => {
  for (const source of ["sound", "microphone", "file"]) {
    await open(`source=${source}&notice=Something+went+another+way.&missed=3`, { reducedMotion: "reduce" });
    await state("state", "idle");
    if (source !== "file") {
      await page.getByRole("button", { name: "Start" }).click();
      await state("label", "clock_tick");
    }
    for (const width of [320, 360, 390, 768, 1000, 1920, 3840]) {
      await page.setViewportSize({ width, height: 740 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${source}: ${wide} pixels wide in a window of ${width}`);
    }
    if (source !== "file") await page.context().close();
  }
});

test.run();
