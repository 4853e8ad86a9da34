/** A streaming pack on the live page: every block once and in order, on this device and on a server. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import type { LiveEvent, LiveExplainer } from "../../client/live/live-explainer.ts";
import { explainSound } from "../../models/explain/explain-sound.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import { browserTest } from "./browser-test.ts";
import { compareOutput } from "./compare.ts";
import { eventually } from "./eventually.ts";
import { setUp } from "./set-up.ts";

const PACK = "test/fixtures/tiny-streaming";
const BLOCK = 4;

/** Comes and goes: twice as much at 850 Hz as at 6 kHz, so that the pack hears "low" and keeps no more than that. */
function lowOverHigh(): Float32Array {
  return Float32Array.from({ length: 4 * 48_000 }, (_, n) => {
    const both = 0.2 * Math.sin(n / 9) + 0.1 * Math.sin(n / 1.27);
    return both * Math.sin(n / 7_000);
  });
}

/** Of so many decisions: their first frames, and the sums of their probabilities. */
const decisionsOf = (page: LivePage, count: number) =>
  page.page.locator("listenable-app").evaluate(
    (app, wanted) =>
      new Promise<[number, number][]>((resolve) => {
        const { explainer } = app as unknown as { explainer: LiveExplainer };
        const found: [number, number][] = [];
        const subscription = explainer.decisions$.subscribe(({ firstFrame, probabilities }) => {
          found.push([firstFrame, probabilities.reduce((sum, each) => sum + each, 0)]);
          if (found.length < wanted) return;
          resolve(found);
          queueMicrotask(() => subscription.unsubscribe());
        });
      }),
    count,
  );

const eventsOf = (page: LivePage) =>
  page.page.locator("listenable-app").evaluate((app) => {
    const { explainer } = app as unknown as { explainer: LiveExplainer };
    let events: readonly LiveEvent[] = [];
    explainer.events$
      .subscribe((now) => {
        events = now;
      })
      .unsubscribe();
    return events.map(({ told }) => told);
  });

browserTest(
  "a streaming pack runs live: named, heard as it is offline, and told where another engine begins anew",
  async () => {
    const live = await setUp(findChromium() as string, PACK, lowOverHigh());
    const pack = await openPack(PACK);
    try {
      const page = await LivePage.open({
        ...{ browser: live.browser, url: live.server.url, engine: "local", delay: "low-delay" },
      });
      await page.waitForLabel("low");
      const decisions = await decisionsOf(page, 40);
      const steps = decisions.slice(1).map(([frame], n) => frame - decisions[n][0]);
      assert.ok(
        steps.every((step) => step >= BLOCK),
        `${steps}`,
      );
      assert.ok(steps.filter((step) => step === BLOCK).length > 30, `every block has a decision: ${steps}`);
      assert.ok(decisions.every(([, sum]) => Math.abs(sum - 1) < 1e-3));
      await eventually(async () => {
        const { toExpected, toInput } = await compareOutput(await page.listen(3), async (input) => {
          const { explanation } = await explainSound(pack, input, { rate: 16_000 });
          return explanation;
        });
        assert.ok(toExpected < 0.02, `explanation: ${toExpected}`);
        assert.ok(toInput > 0.1, `explanation against original: ${toInput}`);
      });
      const { lookAheadMs, strideMs } = await page.timings();
      assert.equal([lookAheadMs, strideMs], [0, 8 * BLOCK]);

      await page.page.locator("listenable-app").evaluate((app) => {
        (app as unknown as { explainer: LiveExplainer }).explainer.setEngine("remote");
      });
      await page.page.waitForSelector('listenable-app[data-engine="remote"]');
      await decisionsOf(page, 20);
      const told = await eventsOf(page);
      assert.ok(
        told.some((each) => each.code === "model-restarted" && each.why === "engine"),
        JSON.stringify(told),
      );
      await eventually(async () => assert.ok((await page.timings()).restarts >= 1));
      const moment = await page.page.locator("listenable-app").evaluate(async (app) => {
        const { decisions, frames } = await (
          app as unknown as { explainer: LiveExplainer }
        ).explainer.freeze();
        return { decisions: decisions.map(({ firstFrame }) => firstFrame), frames };
      });
      const { decisions: kept, frames } = moment;
      assert.ok(kept.length > 50, `${kept.length} decisions in the moment`);
      assert.ok(
        kept.every((frame) => frame < frames),
        `${kept.at(-1)} of ${frames}`,
      );
      assert.equal(page.complaints, []);
      assert.equal(page.foreignRequests, []);
      await page.close();
    } finally {
      await pack.close();
      await live.close();
    }
  },
);

test.run();
