import { test } from "uvu";
import * as assert from "uvu/assert";
import { LivePage } from "../../cli/bench/live-page.ts";
import { browserTest } from "./browser-test.ts";
import { compareOutput, explainOffline } from "./compare.ts";
import { eventually } from "./eventually.ts";
import { assertClean, explainWindow, live, opened, SECONDS, SETTLE_MS } from "./live-rig.ts";

for (const engine of ["local", "remote"] as const) {
  browserTest(
    `${engine} engine: the label appears, and what is heard is the offline explanation`,
    async () => {
      const page = await LivePage.open({ browser: live.browser, url: live.server.url, engine });
      await page.waitForLabel("low");
      assert.is(await page.attribute("data-engine"), engine);
      await page.page.waitForTimeout(SETTLE_MS);
      await eventually(async () => {
        const explanation = await compareOutput(await page.listen(SECONDS), (input) =>
          explainOffline(input, opened.pack, explainWindow),
        );
        assert.ok(explanation.toExpected < 0.02, `explanation: ${explanation.toExpected}`);
        assert.ok(explanation.toInput > 0.1, `explanation against original: ${explanation.toInput}`);
      });
      await eventually(async () => {
        for (const [bin, value] of (await page.lastMask()).entries()) {
          const expected = bin >= 1 && bin < 64 ? 0.95 : 0.05;
          // Masks cross the wire as 8 bits.
          assert.ok(Math.abs(value - expected) < 0.003, `mask shown at bin ${bin}: ${value}`);
        }
      });

      await page.page.keyboard.press("a");
      await page.page.waitForTimeout(500);
      await eventually(async () => {
        const original = await compareOutput(await page.listen(SECONDS / 2), async (input) => input);
        assert.ok(original.toExpected < 0.005, `key A plays the original: ${original.toExpected}`);
      });

      await page.page.getByRole("button", { name: "Stop" }).click();
      await page.waitForState("stopped");
      assert.equal([...new Set(await page.trackStates())], ["ended"]);
      await assertClean(page);
      await page.close();
    },
  );
}

test.run();
