/**
 * Makes docs/pictures/page-*.png: `npm run page-pictures`. The released pack hears the built-in sounds, one after the
 * other as one file, in real time; each picture is taken at the same place of it. What the machine does besides shows
 * in the masks, so it should do nothing else.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { findChromium, launchChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { sampleRate } from "../../client/kit/sounds/index.ts";
import { joined } from "../../dsp/joined.ts";
import { writeWav } from "../../dsp/wav.ts";
import { DEFAULT_PACK } from "../../models/pack/default-pack.ts";
import { findPack, packageFolder } from "../../models/pack/open-pack-node.ts";
import { startServer } from "../../server/start-server.ts";
import { readScene } from "../demo-scenes/read-scene.ts";
import { withFewColours } from "./few-colours.ts";

interface Shot {
  readonly name: string;
  readonly options: BrowserContextOptions;
  /** Seconds of the file that have been heard. */
  readonly at: number;
  /** Of the frozen moment instead of the page. */
  readonly moment?: boolean;
}

const shots: readonly Shot[] = [
  { name: "page-live", options: { viewport: { width: 1280, height: 960 }, colorScheme: "light" }, at: 44 },
  {
    name: "page-phone",
    options: { viewport: { width: 390, height: 1000 }, deviceScaleFactor: 1.25, colorScheme: "dark" },
    at: 44,
  },
  {
    name: "page-moment",
    options: { viewport: { width: 1280, height: 860 }, colorScheme: "light" },
    at: 46,
    moment: true,
  },
  { name: "page-wall", options: { viewport: { width: 1920, height: 1080 }, colorScheme: "dark" }, at: 44 },
];
const order = ["voice-by-the-fire", "chainsaw-by-the-fire", "dog-in-wind"];
const FILE = "built-in-sounds.wav";
const LIMIT_MS = 120_000;

const allSounds = async () => joined(await Promise.all(order.map((name) => readScene(name, sampleRate))));

async function take(
  browser: Browser,
  url: string,
  file: string,
  { options, at, moment }: Shot,
): Promise<Uint8Array> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    await page.goto(`${url}?source=file&engine=local&listening=explanation`);
    await page.getByRole("button", { name: "Understood" }).click();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Start" }).click();
    await (await chooser).setFiles(file);
    await page.waitForSelector('listenable-app[data-state="running"]', { timeout: LIMIT_MS });
    await page.waitForTimeout(1_000 * at);
    if (moment) {
      await page.keyboard.press("f");
      await page.getByRole("dialog").waitFor();
      // Until the classifier was asked once more.
      await page
        .getByRole("dialog")
        .getByRole("progressbar")
        .waitFor({ state: "detached", timeout: LIMIT_MS });
      return withFewColours(await page.screenshot());
    }
    // While it is sure of something, before and after the picture was taken.
    const sure = 'listenable-app[data-verdict="class"]';
    for (;;) {
      await page.waitForSelector(sure, { timeout: LIMIT_MS });
      const picture = await page.screenshot();
      if ((await page.locator(sure).count()) > 0) return withFewColours(picture);
    }
  } finally {
    await context.close();
  }
}

const chromium = findChromium();
if (chromium === null) throw new Error(NO_CHROMIUM);
const out = join(packageFolder(), "docs", "pictures");
const folder = await mkdtemp(join(tmpdir(), "listenable-pictures-"));
const file = join(folder, FILE);
await mkdir(out, { recursive: true });
await writeFile(file, writeWav([await allSounds()], sampleRate));
const publicFolder = join(packageFolder(), "dist", "public");
const server = await startServer({ pack: findPack(DEFAULT_PACK), port: 0, publicFolder });
const browser = await launchChromium({ path: chromium, microphone: "/dev/null" });
try {
  const only = process.argv.slice(2);
  for (const shot of shots.filter(({ name }) => only.length === 0 || only.includes(name))) {
    const picture = await take(browser, server.url, file, shot);
    await writeFile(join(out, `${shot.name}.png`), picture);
    console.log(`${shot.name}.png, ${Math.round(picture.length / 1024)} KiB`);
  }
} finally {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
