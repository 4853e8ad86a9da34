// A whole sound explained in somebody's page, in three lines, and as Node has it.
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../../cli/bench/chromium.ts";
import type * as Listenable from "../../../models/index.ts";
import { explainSound, figuresOf, judgeParts, openPack } from "../../../models/index-node.ts";
import { packageFolder } from "../../../models/pack/open-pack-node.ts";
import { browserTest } from "../../browser/browser-test.ts";
import { TINY_PACK } from "../../browser/set-up.ts";
import { type Site, staticSite } from "../../static-site.ts";

const RATE = 48_000;
const samples = Float32Array.from({ length: 2 * RATE }, (_, n) => {
  const t = (2 * Math.PI * n) / RATE;
  return 0.3 * Math.sin(1_000 * t) + 0.1 * Math.sin(6_000 * t);
});

const chromium = findChromium();
let browser: Browser | undefined;
let site: Site;
test.before(async () => {
  site = await staticSite(
    { "/some/where/lib": join(packageFolder(), "dist", "public"), "/some/where/packs/tiny": TINY_PACK },
    { instead: { "/some/where/index.html": "<!doctype html><title>Somebody's page</title>" } },
  );
  if (chromium) browser = await launchChromium({ path: chromium, microphone: "" });
});
test.after(async () => {
  await browser?.close();
  await site.close();
});

browserTest("a whole sound is explained and judged in a page as in Node", async () => {
  const page = await browser!.newPage();
  await page.goto(`${site.origin}/some/where/`);
  const inPage = await page.evaluate(
    async ({ values, rate, from }) => {
      const { explainSound, figuresOf, judgeParts, openPack } = (await import(from)) as typeof Listenable;
      const pack = await openPack("./packs/tiny/");
      const sound = await explainSound(pack, Float32Array.from(values), { rate });
      const figures = figuresOf(await judgeParts(pack, sound));
      const { description } = await pack.runtime();
      await pack.close();
      return { explanation: [...sound.explanation], decision: sound.decision, figures, description };
    },
    { values: [...samples], rate: RATE, from: "./lib/listenable.js" },
  );

  const pack = await openPack(TINY_PACK);
  const sound = await explainSound(pack, samples, { rate: RATE });
  const figures = figuresOf(await judgeParts(pack, sound));
  await pack.close();
  assert.match(inPage.description, /onnxruntime-web .*WASM/);
  assert.is(inPage.decision.label, "low");
  assert.is(inPage.decision.label, sound.decision.label);
  const furthest = sound.explanation.reduce(
    (most, sample, n) => Math.max(most, Math.abs(sample - inPage.explanation[n])),
    0,
  );
  assert.ok(furthest < 1e-5, `${furthest}`);
  for (const key of ["whole", "explanation", "rest", "windows"] as const) {
    assert.ok(Math.abs(inPage.figures![key] - figures![key]) < 1e-4, key);
  }
});

test.run();
