/** The evaluation's report in a browser: tables are sorted, cards follow what is chosen, sounds play one at a time. */
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../../cli/bench/chromium.ts";
import type { Evaluation, TableRow } from "../../../lab/evaluation/evaluation.ts";
import { encodeMuLaw } from "../../../lab/evaluation/report/mu-law.ts";
import { pageScript } from "../../../lab/evaluation/report/page-script.ts";
import { reportHtml } from "../../../lab/evaluation/report/report.ts";
import type { PackedSound, ReportCard } from "../../../lab/evaluation/report/report-data.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { browserTest } from "../../browser/browser-test.ts";
import { TINY_PACK } from "../../browser/set-up.ts";

const chromium = findChromium();
let browser: Browser;
test.before(async () => {
  if (chromium !== null) browser = await launchChromium({ path: chromium, microphone: "/dev/null" });
});
test.after(() => browser?.close());

const METHODS = { bands: [3, 60], ig: [9, 20], "all-ones": [0, 100] } as const;

const row = (method: string, ad: number, fidIn: number): TableRow => ({
  ...{ block: method === "all-ones" ? "baseline" : "listenable", method, title: method, control: "own" },
  ...{ clips: 2, mean: { ad, fidIn } },
});
const evaluation: Evaluation = {
  heard: { pack: "tiny", told: false, unknown: [], sources: [] },
  ...{ layout: "ESC-50", clips: 2, sentences: 0, skipped: [], failures: [], notes: [], perClip: [], key: "" },
  pools: { clips: [], sentences: [] },
  tables: [
    {
      ...{ setting: "clean", clips: 2, sounds: 2, windows: 8 },
      rows: Object.entries(METHODS).map(([name, [ad, fidIn]]) => row(name, ad, fidIn)),
    },
  ],
};

const tone = (peak: number): PackedSound => {
  const samples = Float32Array.from({ length: 16_000 }, (_, n) => Math.sin(n / 8));
  return { peak, bytes: Buffer.from(encodeMuLaw(samples)).toString("base64") };
};
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const card = (clip: string, ad: number): ReportCard => ({
  ...{ setting: "clean", clip, label: "low_tone", rows: { bands: { ad, fidIn: 1 }, ig: { ad: 5 - ad } } },
  portrait: {
    ...{ start: 0.5, sampleRate: 16_000, sound: tone(0.5), spectrogram: PIXEL },
    answer: { label: "low_tone", probability: 0.9 },
    methods: [{ name: "bands", mask: PIXEL, sound: tone(0.25), kept: 0.8, rest: 0.1 }],
  },
});

async function openReport(): Promise<{ page: Page; complaints: string[] }> {
  const { pack } = await openPackFolder(TINY_PACK);
  const cards = [card("first", 1), card("second", 4)];
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => complaints.push(message.text()));
  await page.setContent(reportHtml({ evaluation, pack, title: "Made up." }, cards, await pageScript()));
  return { page, complaints };
}

const clips = (page: Page) => page.locator("#cards h3").allTextContents();

browserTest("tables are sorted by a column's head, the best first and then the worst", async () => {
  const { page, complaints } = await openReport();
  const names = () => page.locator('tbody[data-block="listenable"] tr:not(.block) th').allTextContents();
  assert.equal(await names(), ["bands", "ig"]);
  const head = page.locator("thead button").first();
  await head.click();
  const once = await names();
  await head.click();
  assert.equal(await names(), once.toReversed());
  const block = page.locator("tr.block button").first();
  await block.click();
  assert.is(await block.getAttribute("aria-expanded"), "false");
  assert.equal(complaints, []);
  await page.close();
});

browserTest("cards come in the order that is chosen, with pictures and figures", async () => {
  const { page, complaints } = await openReport();
  await page.locator("select[name=method]").selectOption("bands");
  assert.equal(await clips(page), ["low tone · second", "low tone · first"]);
  await page.locator("select[name=order]").selectOption("best");
  assert.equal(await clips(page), ["low tone · first", "low tone · second"]);
  await page.locator("select[name=method]").selectOption("ig");
  assert.equal(await clips(page), ["low tone · second", "low tone · first"]);
  assert.is(await page.locator("#cards article").first().locator("img").count(), 3);
  assert.match(
    (await page.locator("#cards article").first().textContent()) ?? "",
    /from the explanation: 80 %/,
  );
  assert.equal(complaints, []);
  await page.close();
});

browserTest("one sound plays at a time, and a second click stops it", async () => {
  const { page, complaints } = await openReport();
  const pressed = () => page.locator('button.play[aria-pressed="true"]').allTextContents();
  await page.getByRole("button", { name: "▶ explanation" }).first().click();
  assert.equal(await pressed(), ["▶ explanation"]);
  await page.getByRole("button", { name: "▶ rest" }).first().click();
  assert.equal(await pressed(), ["▶ rest"]);
  await page.getByRole("button", { name: "▶ rest" }).first().click();
  assert.equal(await pressed(), []);
  assert.equal(complaints, []);
  await page.close();
});

test.run();
