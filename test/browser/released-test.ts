/** The released pack on the live page: it names a sound it knows, and what is heard is its offline explanation. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import { sampleRate, syntheticSounds } from "../../client/kit/sounds/synthetic/index.ts";
import { resample } from "../../dsp/index.ts";
import { DEFAULT_PACK } from "../../models/pack/default-pack.ts";
import { findPack, openPackFolder } from "../../models/pack/open-pack-node.ts";
import { loadMethod } from "../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { compareOutput, explainOffline } from "./compare.ts";
import { setUp } from "./set-up.ts";

const chromium = findChromium();
const folder = findPack(DEFAULT_PACK);

export function releasedTest(engine: "local" | "remote"): void {
  const name = `${engine} engine: the helicopter is named and heard without the voices`;
  const run = chromium === null ? test.skip : test;
  run(chromium === null ? `${name} (${NO_CHROMIUM})` : name, async () => {
    const sound = syntheticSounds.find((each) => each.name === "helicopter-over-voices")!;
    const live = await setUp(chromium!, folder, resample(sound.make(), sampleRate, 48_000));
    const { pack, graph } = await openPackFolder(folder);
    const [{ name: explaining }] = pack.methods;
    const method = await loadMethod(await nodeRuntime(), await graph(explaining), pack, explaining);
    try {
      const page = await LivePage.open({ browser: live.browser, url: live.server.url, engine });
      await page.waitForLabel("helicopter");
      await page.page.waitForTimeout(2000);
      const { toExpected, toInput } = await compareOutput(await page.listen(3), (input) =>
        explainOffline(input, pack, async (magnitudes) => {
          const { probabilities, masks } = await method.run(magnitudes, 1);
          return { probabilities, mask: masks };
        }),
      );
      // Live, a frame's mask is the mean of fewer windows: near the offline one, and nearer to it than to the input.
      assert.ok(toExpected < 0.1, `from the offline explanation: ${toExpected}`);
      assert.ok(toExpected < toInput, `from the input: ${toInput}, from the explanation: ${toExpected}`);
      assert.equal(page.complaints, []);
      assert.equal(page.foreignRequests, []);
      await page.close();
    } finally {
      await method.close();
      await live.close();
    }
  });
}
