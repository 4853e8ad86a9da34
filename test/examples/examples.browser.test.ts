// The examples, from the packed package: those for Node until they have printed, the pages until a class is named and its
// explanation sounds.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../cli/bench/chromium.ts";
import { readWav, writeWav } from "../../dsp/index.ts";
import { readScene } from "../../tools/demo-scenes/read-scene.ts";
import { browserTest } from "../browser/browser-test.ts";
import { chord } from "../lab/import/fixtures.ts";
import { type Site, staticSite } from "../static-site.ts";
import { type Examples, installExamples } from "./installed.ts";

const chromium = findChromium();
const RATE = 48_000;
/** Well beyond the longest delay of a sound: what is named now is heard under its mask by then. */
const MASKED_SECONDS = 2;

let examples: Examples;
test.before(async () => {
  examples = await installExamples(["vite"]);
});
test.after(() => examples.remove());

/** How loud a page plays just now, and how long it has, by what it connects to the loudspeaker. */
function listenToLoudspeaker(): void {
  type Connect = (this: AudioNode, to: AudioNode, ...rest: number[]) => AudioNode;
  const connect = AudioNode.prototype.connect as Connect;
  const taps: AnalyserNode[] = [];
  const tapped = function (this: AudioNode, to: AudioNode, ...rest: number[]) {
    if (to === this.context.destination) {
      const tap = new AnalyserNode(this.context, { fftSize: 2048 });
      connect.call(this, tap);
      taps.push(tap);
    }
    return connect.call(this, to, ...rest);
  };
  AudioNode.prototype.connect = tapped as AudioNode["connect"];
  const samples = new Float32Array(2048);
  Object.assign(globalThis, {
    playedSeconds: () => Math.max(0, ...taps.map(({ context }) => context.currentTime)),
    loudness: () =>
      Math.max(
        0,
        ...taps.map((tap) => {
          tap.getFloatTimeDomainData(samples);
          return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
        }),
      ),
  });
}

/** What that leaves in the page. */
interface Loudspeaker {
  playedSeconds(): number;
  loudness(): number;
}

interface Seen {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Opens a page of the site before a microphone that hears `sound`, and presses Start. */
async function opened(browser: Browser, site: Site, path: string): Promise<Seen> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Of missing files the answers tell more.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !response.url().endsWith("/favicon.ico")) complaints.push(response.url());
  });
  await page.addInitScript(listenToLoudspeaker);
  await page.goto(site.origin + path);
  await page.getByRole("button", { name: "Start" }).click();
  return { page, complaints };
}

async function hears(
  sound: Float32Array,
  folders: Readonly<Record<string, string>>,
  path: string,
  label: RegExp,
): Promise<void> {
  const microphone = join(examples.folder, "microphone.wav");
  await writeFile(microphone, writeWav([sound], RATE));
  const browser = await launchChromium({ path: chromium!, microphone });
  const site = await staticSite(folders);
  try {
    const { page, complaints } = await opened(browser, site, path);
    await page.getByText(label).first().waitFor({ timeout: 60_000 });
    // Until the first masks the original sounds, and it would pass for the explanation.
    const masked = (await page.evaluate<number>("playedSeconds()")) + MASKED_SECONDS;
    // A function, as text would be compiled at each look, and a strict policy allows that at the first alone.
    await page.waitForFunction(
      (from) => {
        const { playedSeconds, loudness } = globalThis as unknown as Loudspeaker;
        return playedSeconds() > from && loudness() > 1e-3;
      },
      masked,
      { timeout: 30_000 },
    );
    assert.equal(complaints, []);
    assert.ok(
      site.asked.every(
        (each) => each.startsWith(path) || each.startsWith("/node_modules/") || each === "/favicon.ico",
      ),
      site.asked.join(" "),
    );
  } finally {
    await browser.close();
    await site.close();
  }
}

/** A sound that every released pack names, whichever an example opens. */
const SCENE = "chainsaw-by-the-fire";
const scene = () => readScene(SCENE, RATE);

browserTest("plain-page: the element alone, from node_modules", async () => {
  const modules = join(examples.folder, "node_modules");
  const folders = { "/": join(examples.folder, "plain-page"), "/node_modules": modules };
  await hears(await scene(), folders, "/", /^Chainsaw$/);
});

browserTest("vite-page: built, and served from a folder of a site", async () => {
  await examples.script("vite-page", "build");
  const folders = { "/apps/sounds": join(examples.folder, "vite-page", "dist") };
  await hears(await scene(), folders, "/apps/sounds/", /^chainsaw$/);
});

browserTest("strict-policy: nothing but its own files and WebAssembly, below the root", async () => {
  await examples.script("strict-policy", "build");
  const folders = { "/museum/room-3": join(examples.folder, "strict-policy", "site") };
  await hears(await scene(), folders, "/museum/room-3/", /^Chainsaw$/);
});

browserTest("own-pack-live: a pack of somebody's own classifier", async () => {
  await examples.script("own-pack-live", "build");
  const modules = join(examples.folder, "node_modules");
  const folders = { "/": join(examples.folder, "own-pack-live"), "/node_modules": modules };
  await hears(chord(520, 6 * RATE, RATE), folders, "/", /^Middle$/);
});

test("node-script names a sound and writes its explanation", async () => {
  const sound = await scene();
  await writeFile(join(examples.folder, "node-script", "sound.wav"), writeWav([sound], RATE));
  const printed = await examples.script("node-script", "start", "--", "sound.wav");
  assert.match(printed, /^It hears: chainsaw \(\d+ %\)$/m);
  const { channels } = readWav(await readFile(join(examples.folder, "node-script", "explanation.wav")));
  assert.is(channels[0].length, sound.length);
  const energy = (samples: Float32Array) => samples.reduce((sum, value) => sum + value * value, 0);
  assert.ok(energy(channels[0]) > 0.01 * energy(sound));
});

test("own-method compiles a method of its own, and explains by it", async () => {
  const printed = await examples.script("own-method", "start");
  const [, kept] = /^It hears: middle, by ([\d.]+) % of the picture$/m.exec(printed) ?? [];
  assert.ok(Number(kept) > 0.05 && Number(kept) < 20, printed);
});

test.run();
