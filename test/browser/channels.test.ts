// Stereo whose one side is upside down, in a page: as a file, as a stream, as the microphone of a stereo device.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../cli/bench/chromium.ts";
import { writeWav } from "../../dsp/wav.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { type Site, staticSite } from "../static-site.ts";
import { browserTest } from "./browser-test.ts";
import { TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const RATE = 48_000;

let folder: string;
let browser: Browser;
let site: Site;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "listenable-channels-"));
  // Begins and ends, or it could be taken for the hum of a device.
  const left = Float32Array.from(
    { length: RATE * 6 },
    (_, n) => 0.3 * Math.sin((2 * Math.PI * 700 * n) / RATE) * (1 + Math.sin((2 * Math.PI * 3 * n) / RATE)),
  );
  const inverted = writeWav([left, left.map((sample) => -sample)], RATE);
  await writeFile(join(folder, "inverted.wav"), inverted);
  await writeFile(join(folder, "index.html"), "<!doctype html><title>Channels</title>");
  if (chromium) browser = await launchChromium({ path: chromium, microphone: join(folder, "inverted.wav") });
  const lib = join(packageFolder(), "dist", "public");
  site = await staticSite({ "/": folder, "/lib": lib, "/packs/tiny": TINY_PACK });
});
test.after(async () => {
  await browser?.close();
  await site.close();
  await rm(folder, { recursive: true });
});

/** Starts what `source` makes, an expression over `file`, and waits until a class is believed and a notice is there. */
async function heard(page: Page, source: string): Promise<{ label: string; notice: unknown }> {
  await page.goto(`${site.origin}/`);
  await page.evaluate(`(async () => {
    const { createLiveExplainer } = await import("./lib/live.js");
    const file = await (await fetch("inverted.wav")).blob();
    const explainer = createLiveExplainer({ pack: "./packs/tiny/" });
    const found = (globalThis.found = {});
    const { labels } = await explainer.pack();
    explainer.decisions$.subscribe(({ probabilities, silent }) => {
      const best = probabilities.indexOf(Math.max(...probabilities));
      if (!silent && labels[best] !== "quiet") found.label = labels[best];
    });
    explainer.status$.subscribe((status) => {
      const notice = (status.notices ?? []).find(({ code }) => code === "channels");
      if (notice) found.notice = notice;
    });
    await explainer.start(await (${source})(file));
  })()`);
  await page.waitForFunction("globalThis.found.label !== undefined && globalThis.found.notice !== undefined");
  return page.evaluate("globalThis.found") as Promise<{ label: string; notice: unknown }>;
}

const SOURCES = {
  file: "(file) => file",
  stream: `async (file) => {
    const context = new AudioContext();
    await context.resume();
    const node = new AudioBufferSourceNode(context, { buffer: await context.decodeAudioData(await file.arrayBuffer()), loop: true });
    const to = context.createMediaStreamDestination();
    node.connect(to);
    node.start();
    return to.stream;
  }`,
  microphone: '() => ({ kind: "microphone" })',
};

for (const [kind, source] of Object.entries(SOURCES)) {
  browserTest(`a ${kind} with one side upside down is heard, and the page is told`, async () => {
    const page = await browser.newPage();
    await page
      .context()
      .grantPermissions(["microphone"], { origin: site.origin })
      .catch(() => {});
    const { label, notice } = await heard(page, source);
    assert.is(label, "low");
    assert.equal(notice, {
      code: "channels",
      verdict: { of: 2, heard: [1], silent: [], noisy: [], cancelling: true },
    });
    await page.close();
  });
}

test.run();
