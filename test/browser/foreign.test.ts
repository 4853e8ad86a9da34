/** The live page with packs of somebody else's classifiers: another rate, and one that hears the waveform. */
import { rm } from "node:fs/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { temporaryFolder } from "../cli/run-cli.ts";
import { chord } from "../lab/import/fixtures.ts";
import { packOf } from "../lab/import/live-pack.ts";
import { browserTest } from "./browser-test.ts";
import { setUp } from "./set-up.ts";

const chromium = findChromium();

let folder: string;
test.before(async () => {
  folder = await temporaryFolder();
});
test.after(() => rm(folder, { recursive: true }));

for (const name of ["mel44", "wave16"]) {
  browserTest(`${name}: the page hears what the classifier hears, at its rate`, async () => {
    const pack = await packOf(name, folder);
    const { sampleRate, stft, phases = false } = (await openPackFolder(pack)).pack;
    const live = await setUp(chromium as string, pack, chord(520, 6 * 48_000, 48_000));
    try {
      const engine = phases ? "remote" : "auto";
      const page = await LivePage.open({ browser: live.browser, url: live.server.url, engine });
      await page.waitForLabel("middle");
      assert.is((await page.lastMask()).length, stft.bins);
      const { stftMs, algorithmicMs } = await page.timings();
      assert.ok(
        stftMs > (1000 * stft.window) / sampleRate - 1e-6 && algorithmicMs > stftMs,
        `${stftMs}, ${algorithmicMs}`,
      );
      if (phases) {
        // The address asked for the server, which is never told phases.
        assert.is(await page.attribute("data-engine"), "local");
        const panel = page.page.locator("running-panel");
        assert.match(
          (await panel.locator("p.soft").first().textContent()) ?? "",
          /On this device only.*never sent to a server/,
        );
        assert.ok(await panel.locator('input[value="remote"]').isDisabled());
      }
      assert.equal(page.complaints, []);
      assert.equal(await page.policyViolations(), []);
      await page.close();
    } finally {
      await live.close();
    }
  });
}

test.run();
