import { test } from "uvu";
import * as assert from "uvu/assert";
import { LivePage } from "../../cli/bench/live-page.ts";
import { integratedLoudness } from "../../dsp/loudness.ts";
import { browserTest } from "./browser-test.ts";
import { compareOutput } from "./compare.ts";
import { eventually } from "./eventually.ts";
import { assertClean, live, SECONDS, SETTLE_MS } from "./live-rig.ts";

browserTest("a mask of ones gives the input back", async () => {
  const page = await LivePage.open({
    browser: live.browser,
    url: live.server.url,
    engine: "local",
    method: "all-ones",
  });
  await page.page.waitForTimeout(SETTLE_MS);
  await eventually(async () => {
    const { toExpected } = await compareOutput(await page.listen(SECONDS), async (input) => input);
    assert.ok(toExpected < 0.005, `${toExpected}`);
  });
  await assertClean(page);
  await page.close();
});

browserTest(
  "at the same loudness, a faint rest is as loud as the original, until that is turned off",
  async () => {
    const page = await LivePage.open({
      browser: live.browser,
      url: live.server.url,
      engine: "local",
      loudness: "matched",
    });
    await page.waitForLabel("low");
    const loudness = async (key: string) => {
      await page.page.keyboard.press(key);
      await page.page.waitForTimeout(SETTLE_MS);
      const { output, sampleRate } = await page.listen(SECONDS);
      return integratedLoudness(output, sampleRate);
    };
    let rest = Number.NaN;
    await eventually(async () => {
      const [original, explanation] = [await loudness("a"), await loudness("b")];
      rest = await loudness("c");
      const said = `original ${original}, explanation ${explanation}, rest ${rest} LUFS`;
      assert.ok(original > -50, said);
      assert.ok(Math.abs(explanation - original) < 1 && Math.abs(rest - original) < 1, said);
    });
    await page.page.getByLabel("Same loudness").uncheck();
    const plain = await loudness("c");
    assert.ok(plain < rest - 2, `the rest as it is: ${plain} LUFS, matched ${rest}`);
    await assertClean(page);
    await page.close();
  },
);

test.run();
