// A moment of a known sound: frozen, seen, heard, explained otherwise, and kept as files.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BrowserContext, Download, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import type { LiveExplainer, Moment } from "../../client/live/live-explainer.ts";
import { integratedLoudness } from "../../dsp/loudness.ts";
import { resample } from "../../dsp/offline.ts";
import { readWav } from "../../dsp/wav.ts";
import { writeAskedPack } from "../client/page/moment/asked-pack.ts";
import { browserTest } from "./browser-test.ts";
import { type LiveSetUp, setUp } from "./set-up.ts";

const chromium = findChromium();

const RATE = 48_000;
/** Of what is listened to before a freeze: enough to fill several windows. */
const LISTEN_MS = 2_500;
const PATIENCE_MS = 30_000;
/** What is looked for of a sound at once, in samples at 16 kHz. */
const PIECE = 1_600;
const SOUNDS = ["original", "explanation", "rest"] as const;

/**
 * A wandering low tone and, at half its strength, a wandering high one: never the same twice, and always as loud, as ears
 * weigh no frequency of either otherwise.
 */
function wanderingTones(seconds: number): { readonly both: Float32Array; readonly low: Float32Array } {
  const low = new Float32Array(seconds * RATE);
  const both = new Float32Array(seconds * RATE);
  let lowPhase = 0;
  let highPhase = 0;
  for (let n = 0; n < both.length; n++) {
    const t = n / RATE;
    lowPhase += (2 * Math.PI * (550 + 80 * Math.sin(2.1 * t) + 40 * Math.sin(7.3 * t))) / RATE;
    highPhase += (2 * Math.PI * (5_600 + 300 * Math.sin(1.7 * t))) / RATE;
    low[n] = 0.24 * Math.sin(lowPhase);
    both[n] = low[n] + 0.12 * Math.sin(highPhase);
  }
  return { both, low };
}

let live: LiveSetUp;
let folder: string;
/** The low tone at 16 kHz, with its begin at its end once more, as the microphone begins anew with it. */
let known: Float32Array;

test.before(async () => {
  if (chromium === null) return;
  folder = await mkdtemp(join(tmpdir(), "listenable-moment-"));
  const { both, low } = wanderingTones(12);
  const once = resample(low, RATE, 16_000);
  known = new Float32Array(once.length + PIECE);
  known.set(once);
  known.set(once.subarray(0, PIECE), once.length);
  live = await setUp(chromium, writeAskedPack(join(folder, "pack")), both);
});
test.after(async () => {
  await live?.close();
  if (folder) await rm(folder, { recursive: true });
});

declare global {
  interface Window {
    /** What each audio context of the page gives out, in the order in which they were opened. */
    momentTaps: AnalyserNode[];
  }
}

/** Listens in on every audio context; runs in the page. */
function tapContexts(): void {
  window.momentTaps = [];
  const seen = new Map<BaseAudioContext, AnalyserNode>();
  const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode) => AudioNode;
  AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode, ...rest: number[]) {
    if (to instanceof AudioDestinationNode) {
      let analyser = seen.get(this.context);
      if (!analyser) {
        analyser = new AnalyserNode(this.context, { fftSize: 32_768 });
        seen.set(this.context, analyser);
        window.momentTaps.push(analyser);
      }
      connect.call(this, analyser);
    }
    return (connect as (this: AudioNode, to: AudioNode, ...rest: number[]) => AudioNode).call(
      this,
      to,
      ...rest,
    );
  } as AudioNode["connect"];
}

/** The newest 0.7 s that a context gave out: 0 is the live stream's, 1 the moment's. */
async function heard(page: Page, context: number): Promise<{ samples: Float32Array; rate: number }> {
  const { text, rate } = await page.evaluate((k) => {
    const tap = window.momentTaps[k];
    const samples = new Float32Array(tap.fftSize);
    tap.getFloatTimeDomainData(samples);
    let bytes = "";
    for (const byte of new Uint8Array(samples.buffer)) bytes += String.fromCharCode(byte);
    return { text: btoa(bytes), rate: tap.context.sampleRate };
  }, context);
  return { samples: floats(text), rate };
}

function floats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

const rms = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

async function open(prepare?: (context: BrowserContext) => Promise<void>): Promise<LivePage> {
  const page = await LivePage.open({
    browser: live.browser,
    url: live.server.url,
    engine: "local",
    before: tapContexts,
    prepare,
  });
  await page.waitForLabel("low");
  await page.page.waitForTimeout(LISTEN_MS);
  return page;
}

/** Freezes by the page's button, and waits until the classifier was asked again and the picture is there. */
async function freeze({ page }: LivePage): Promise<void> {
  await page.getByRole("button", { name: /^Freeze/ }).click();
  await settled(page);
}

async function settled(page: Page): Promise<void> {
  const options = { state: "attached", timeout: PATIENCE_MS } as const;
  await page.waitForSelector('moment-panel[data-busy=""]', options);
  await page.waitForFunction(
    () => {
      const roots = (element: Element | ShadowRoot): Element[] =>
        [...element.querySelectorAll("*")].flatMap((each) => [
          each,
          ...(each.shadowRoot ? roots(each.shadowRoot) : []),
        ]);
      const pictures = roots(document.documentElement).filter((each) => each.matches(".picture[data-drawn]"));
      return pictures.length > 0 && pictures.every((each) => each.getAttribute("data-drawn") === "yes");
    },
    undefined,
    { timeout: PATIENCE_MS },
  );
}

/** What is frozen, as the panel has it. */
async function frozen(page: Page): Promise<Record<(typeof SOUNDS)[number], Float32Array>> {
  const texts = await page.locator("moment-panel").evaluate((element) => {
    const { moment } = element as unknown as { moment: Moment };
    const base64 = (samples: Float32Array) => {
      let text = "";
      for (const byte of new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)) {
        text += String.fromCharCode(byte);
      }
      return btoa(text);
    };
    return [moment.original, moment.explanation, moment.rest].map(base64);
  });
  const [original, explanation, rest] = texts.map(floats);
  return { original, explanation, rest };
}

/** Values of the mask [bins] that a side shows, in the middle of the moment. */
async function maskOf(page: Page, side: number): Promise<number[]> {
  return page
    .locator("moment-side")
    .nth(side)
    .evaluate((element) => {
      const { side: shown, moment } = element as unknown as {
        side: { version: { mask: Float32Array } };
        moment: Moment;
      };
      const row = Math.floor(moment.frames / 2) * moment.bins;
      return Array.from(shown.version.mask.slice(row, row + moment.bins));
    });
}

async function exported(page: Page, kind: string): Promise<{ name: string; path: string }> {
  const [download] = (await Promise.all([
    page.waitForEvent("download"),
    page.locator(`[data-export=${kind}]`).click(),
  ])) as [Download, unknown];
  const name = download.suggestedFilename();
  const path = join(folder, name);
  await download.saveAs(path);
  return { name, path };
}

/**
 * How alike a piece of `samples` is to the place in `other` that it is most like, 0 to 1: the median of five pieces, as a
 * busy machine tears a moment of the microphone or misses a mask now and then.
 */
function likeness(samples: Float32Array, other: Float32Array): number {
  const each = [0.2, 0.35, 0.5, 0.65, 0.8].map((share) => {
    const start = Math.floor(share * samples.length);
    return likenessOf(samples.subarray(start, start + PIECE), other);
  });
  return each.sort((a, b) => a - b)[2];
}

/** The places that the tone's period allows to leave out are only looked at where a neighbour is the likest. */
function likenessOf(piece: Float32Array, other: Float32Array): number {
  const own = dot(piece, piece);
  const at = (place: number) => {
    const part = other.subarray(place, place + piece.length);
    return dot(piece, part) / Math.sqrt(own * dot(part, part));
  };
  const last = other.length - piece.length;
  let likest = 0;
  let best = 0;
  for (let place = 0; place <= last; place += 4) {
    const alike = at(place);
    if (alike > best) [best, likest] = [alike, place];
  }
  for (let place = Math.max(0, likest - 3); place <= Math.min(last, likest + 3); place++) {
    best = Math.max(best, at(place));
  }
  return best;
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let n = 0; n < one.length; n++) sum += one[n] * other[n];
  return sum;
}

async function assertClean(page: LivePage): Promise<void> {
  assert.equal(page.complaints, []);
  assert.equal(page.foreignRequests, []);
  assert.equal(await page.policyViolations(), []);
}

browserTest("frozen is what went out while the stream goes on; files and a shared page hold it", async () => {
  const page = await open();
  // Whatever the page is told of frames from now on.
  await page.page.locator("listenable-app").evaluate((app) => {
    const { explainer } = app as unknown as { explainer: LiveExplainer };
    const seen = { next: -1, gaps: 0, frames: 0 };
    (window as unknown as { seen: typeof seen }).seen = seen;
    explainer.columns$.subscribe(({ firstFrame, frames }) => {
      if (seen.next !== -1 && firstFrame !== seen.next) seen.gaps++;
      seen.next = firstFrame + frames;
      seen.frames += frames;
    });
  });
  await freeze(page);
  const { original, explanation, rest } = await frozen(page.page);
  assert.ok(original.length >= 2 * 16_000, `${original.length} samples`);
  assert.ok(original.every((sample, n) => rest[n] === Math.fround(sample - explanation[n])));
  const alike = likeness(explanation, known);
  assert.ok(alike > 0.95, `the explanation is the tone that made it decide: ${alike}`);
  assert.ok(rms(explanation) > 0.8 * rms(original), "the stronger tone is in the explanation");
  assert.ok(rms(rest) < 0.6 * rms(original), "the weaker one in the rest");
  await page.page.waitForTimeout(1_000);
  const seen = await page.page.evaluate(() => (window as unknown as { seen: Record<string, number> }).seen);
  assert.is(seen["gaps"], 0);
  assert.ok(seen["frames"] > 100, "it went on behind the panel");
  assert.is(await page.attribute("data-state"), "running");

  const { page: tab } = page;
  const sounds = { original, explanation, rest };
  for (const kind of SOUNDS) {
    const { name, path } = await exported(tab, kind);
    assert.match(name, new RegExp(`^listenable-.*-low-${kind}\\.wav$`));
    const { channels, sampleRate } = readWav(await readFile(path), name);
    assert.is(sampleRate, 16_000);
    assert.equal(channels[0], sounds[kind]);
  }
  const facts = JSON.parse(await readFile((await exported(tab, "facts")).path, "utf8"));
  assert.is(facts.pack.name, "tiny");
  assert.is(facts.source, "microphone");
  assert.is(facts.explanations[0].method, "asked");
  assert.is(facts.explanations[0].figures.class, "low");
  assert.is(facts.samples, sounds.original.length);
  assert.ok(facts.decisions.length > 5);
  const picture = await readFile((await exported(tab, "picture")).path);
  assert.is(picture.toString("latin1", 1, 4), "PNG");

  const { path } = await exported(tab, "share");
  // Where the system can share files it is handed the same page.
  await tab.evaluate(() => {
    const given: string[] = [];
    Object.assign(window, { given });
    Object.defineProperty(navigator, "canShare", { value: () => true });
    Object.defineProperty(navigator, "share", {
      value: async ({ files }: { files: File[] }) => {
        given.push(`${files.length} ${files[0].name} ${files[0].type}`);
      },
    });
  });
  await tab.locator("[data-export=share]").click();
  await tab.waitForFunction(() => (window as unknown as { given: string[] }).given.length > 0);
  const given = await tab.evaluate(() => (window as unknown as { given: string[] }).given);
  assert.match(given[0], /^1 listenable-.*-low\.html text\/html$/);
  await assertClean(page);
  await page.close();
  const context = await live.browser.newContext({ offline: true });
  const shared = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  shared.on("request", (request) => requests.push(request.url().slice(0, 40)));
  shared.on("console", (message) => complaints.push(message.text()));
  shared.on("pageerror", (error) => complaints.push(String(error)));
  await shared.addInitScript(tapContexts);
  await shared.goto(pathToFileURL(path).href);
  await shared.getByRole("heading", { name: "What made it hear “Low”" }).waitFor();
  await shared.getByRole("button", { name: "Play" }).click();
  await shared.locator("body[data-playing=yes]").waitFor();
  const loudness: number[] = [];
  for (const key of ["a", "b", "c"]) {
    await shared.keyboard.press(key);
    await shared.waitForTimeout(1_000);
    const { samples, rate } = await heard(shared, 0);
    loudness.push(integratedLoudness(samples, rate));
  }
  assert.ok(loudness[0] > -40, `audible: ${loudness} LUFS`);
  for (const each of loudness) assert.ok(Math.abs(each - loudness[0]) < 1, `as loud: ${loudness} LUFS`);
  const lengths = await shared
    .locator("audio")
    .evaluateAll((elements) => elements.map((element) => (element as HTMLAudioElement).duration));
  for (const length of lengths) assert.ok(Math.abs(length - sounds.original.length / 16_000) < 0.01);
  assert.ok(
    requests.every((url) => url.startsWith("file:") || url.startsWith("data:")),
    `${requests}`,
  );
  assert.equal(complaints, []);
  await context.close();
});

browserTest("without shared memory the audio thread tells what went out, to the sample", async () => {
  const page = await open(async (context) => {
    await context.route("**/*", async (route) => {
      if (route.request().resourceType() !== "document") return route.continue();
      const response = await route.fetch();
      const headers = response.headers();
      delete headers["cross-origin-opener-policy"];
      delete headers["cross-origin-embedder-policy"];
      return route.fulfill({ response, headers });
    });
  });
  const shared = await page.page.locator("listenable-app").evaluate((app) => {
    return (app as unknown as { explainer: LiveExplainer }).explainer.environment().sharedMemory;
  });
  assert.is(shared, false);
  await freeze(page);
  const { original, explanation, rest } = await frozen(page.page);
  assert.ok(original.length >= 2 * 16_000);
  assert.ok(original.every((sample, n) => rest[n] === Math.fround(sample - explanation[n])));
  const alike = likeness(explanation, known);
  assert.ok(alike > 0.95, `${alike}`);
  await page.page.keyboard.press("Escape");
  await frozenAfterStop(page);
  await assertClean(page);
  await page.close();
});

browserTest(
  "what was heard last can be frozen after the stream has ended, until another begins",
  async () => {
    const page = await open();
    await frozenAfterStop(page);
    await page.page.keyboard.press("Escape");
    await page.page.getByRole("button", { name: "Start" }).click();
    await page.waitForState("running");
    await page.waitForLabel("low");
    await freeze(page);
    const { original } = await frozen(page.page);
    assert.ok(original.length < 9 * 16_000, "a new stream, a new past");
    await assertClean(page);
    await page.close();
  },
);

async function frozenAfterStop(page: LivePage): Promise<void> {
  await page.page.getByRole("button", { name: "Stop" }).click();
  await page.waitForState("stopped");
  await freeze(page);
  const { original, explanation } = await frozen(page.page);
  assert.ok(original.length >= 2 * 16_000, `${original.length} samples`);
  const alike = likeness(explanation, known);
  assert.ok(alike > 0.95, `${alike}`);
}

browserTest("a selected part plays, each of the three as loud, while the live sound is muted", async () => {
  const page = await open();
  await freeze(page);
  const { page: tab } = page;
  const panel = tab.locator("moment-panel");
  const selected = () => panel.locator(".selected").textContent();

  const box = (await panel.locator(".picture").boundingBox())!;
  const at = (share: number) => box.x + share * box.width;
  await tab.mouse.move(at(0.25), box.y + 40);
  await tab.mouse.down();
  await tab.mouse.move(at(0.75), box.y + 60, { steps: 3 });
  await tab.mouse.up();
  const whole = (await frozen(tab)).original.length / 16_000;
  const text = (await selected())!;
  const [from, to] = text.match(/\d+\.\d\d/g)!.map(Number);
  assert.ok(Math.abs(from - 0.25 * whole) < 0.05 && Math.abs(to - 0.75 * whole) < 0.05, text);
  const begin = panel.getByRole("slider", { name: "Begin of the selection" });
  await begin.focus();
  await tab.keyboard.press("ArrowRight");
  assert.is(Number(await begin.getAttribute("aria-valuenow")), Number((from + 0.05).toFixed(2)));

  await tab.keyboard.press("Space");
  await tab.waitForSelector('moment-panel[data-playing="explanation"]', { state: "attached" });
  const loudness: number[] = [];
  for (const [k, name] of SOUNDS.entries()) {
    await tab.keyboard.press("abc"[k]);
    await tab.waitForSelector(`moment-panel[data-playing="${name}"]`, { state: "attached" });
    await tab.waitForTimeout(1_000);
    const { samples, rate } = await heard(tab, 1);
    loudness.push(integratedLoudness(samples, rate));
  }
  assert.ok(loudness[0] > -40, `audible: ${loudness} LUFS`);
  for (const each of loudness) assert.ok(Math.abs(each - loudness[0]) < 1, `as loud: ${loudness} LUFS`);
  assert.ok(rms((await heard(tab, 0)).samples) < 1e-4, "the live sound is muted meanwhile");
  assert.is(await page.attribute("data-listening"), "explanation", "keys of the panel are the panel's alone");

  await panel.getByLabel("Same loudness").uncheck();
  await tab.waitForTimeout(1_000);
  const plain = await heard(tab, 1);
  const quieter = integratedLoudness(plain.samples, plain.rate);
  assert.ok(quieter < loudness[2] - 1, `the rest as it is: ${quieter} LUFS, not ${loudness}`);

  await tab.keyboard.press("Escape");
  await tab.waitForTimeout(1_000);
  assert.is(await panel.count(), 0);
  assert.ok(rms((await heard(tab, 0)).samples) > 0.01, "the live sound is back");
  await assertClean(page);
  await page.close();
});

browserTest("a short selection can be taken by either end, and moves by as much as the pointer", async () => {
  const page = await open();
  await freeze(page);
  const { page: tab } = page;
  const panel = tab.locator("moment-panel");
  const box = (await panel.locator(".picture").boundingBox())!;
  const drag = async (from: number, to: number) => {
    const { y } = box;
    await tab.mouse.move(box.x + from, y + 30);
    await tab.mouse.down();
    await tab.mouse.move(box.x + to, y + 30, { steps: 3 });
    await tab.mouse.up();
  };
  const seconds = (await frozen(tab)).original.length / 16_000 / box.width;
  const ends = () =>
    Promise.all(
      ["Begin", "End"].map(async (end) =>
        Number(
          await panel.getByRole("slider", { name: `${end} of the selection` }).getAttribute("aria-valuenow"),
        ),
      ),
    );
  const near = (found: number[], pixels: number[]) =>
    found.forEach((each, n) => {
      assert.ok(Math.abs(each - pixels[n] * seconds) < 0.03, `${found} s, not ${pixels} pixels`);
    });

  await drag(200, 230);
  near(await ends(), [200, 230]);
  await drag(238, 258);
  near(await ends(), [200, 250]);
  await drag(192, 152);
  near(await ends(), [160, 250]);
  await drag(152, -40);
  near(await ends(), [0, 250]);
  await assertClean(page);
  await page.close();
});

browserTest("another class has another mask, and two methods stand side by side", async () => {
  const page = await open();
  await freeze(page);
  const { page: tab } = page;
  const first = tab.locator("moment-side").first();
  const close = (mask: number[], bin: number, value: number) =>
    assert.ok(Math.abs(mask[bin] - value) < 0.01, `bin ${bin}: ${mask[bin]} instead of ${value}`);
  const heardMask = await maskOf(tab, 0);
  close(heardMask, 30, 0.95);
  close(heardMask, 200, 0.05);
  await first.getByText("How sure the classifier is of “Low”").waitFor();

  await tab.keyboard.press("Space");
  await first.locator('[data-choice="class"]').selectOption({ label: "High" });
  await tab.waitForSelector('moment-panel[data-busy="yes"]', { state: "attached" });
  await settled(tab);
  const highMask = await maskOf(tab, 0);
  close(highMask, 30, 0.05);
  close(highMask, 200, 0.95);
  await first.getByText("How sure the classifier is of “High”").waitFor();
  assert.is(await tab.locator("moment-panel").getAttribute("data-playing"), "explanation", "it plays on");

  const method = first.locator('[data-choice="method"]');
  await method.selectOption("all-ones");
  assert.is(await first.locator('[data-choice="class"]').inputValue(), "-1", "it can't be asked");
  await settled(tab);
  close(await maskOf(tab, 0), 200, 1);
  await method.selectOption("asked");
  await settled(tab);
  close(await maskOf(tab, 0), 200, 0.05);

  await tab.getByRole("button", { name: "Compare with another" }).click();
  await settled(tab);
  assert.is(await tab.locator("moment-side").count(), 2);
  const second = tab.locator("moment-side").nth(1);
  assert.is(await second.locator('[data-choice="method"]').inputValue(), "bands");
  assert.ok(await second.locator('[data-choice="class"]').isDisabled(), "it can't be asked");
  close(await maskOf(tab, 1), 30, 0.95);
  await second.getByText("How sure the classifier is of “Low”").waitFor();
  assert.is(await tab.locator("moment-side dl").count(), 2);
  await tab.keyboard.press("s");
  await tab.waitForSelector('moment-panel[data-side="1"]', { state: "attached" });
  await tab.getByRole("button", { name: "End comparison" }).click();
  assert.is(await tab.locator("moment-side").count(), 1);
  await assertClean(page);
  await page.close();
});

test.run();
