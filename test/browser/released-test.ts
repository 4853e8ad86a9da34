/** The released packs on the live page: each names a sound it knows, and what is heard is its offline explanation. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import { sampleRate, syntheticSounds } from "../../client/kit/sounds/synthetic/index.ts";
import { resample } from "../../dsp/index.ts";
import { explainSound } from "../../models/explain/explain-sound.ts";
import { DEFAULT_PACK } from "../../models/pack/default-pack.ts";
import { findPack } from "../../models/pack/open-pack-node.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import { readScene } from "../../tools/demo-scenes/read-scene.ts";
import { compareOutput } from "./compare.ts";
import { eventually } from "./eventually.ts";
import { setUp } from "./set-up.ts";

const chromium = findChromium();
const RATE = 48_000;

interface Shown {
  readonly pack: string;
  readonly what: string;
  readonly label: string;
  readonly sound: () => Promise<Float32Array>;
}

/** A made-up sound with the pack that it was made for, and a recorded one with the default pack. */
const SHOWN: readonly Shown[] = [
  {
    pack: "esc10-speech",
    what: "the helicopter is named and heard without the voices",
    label: "helicopter",
    sound: async () => {
      const sound = syntheticSounds.find((each) => each.name === "helicopter-over-voices")!;
      return resample(sound.make(), sampleRate, RATE);
    },
  },
  {
    pack: DEFAULT_PACK,
    what: "the chainsaw is named and heard without the fire",
    label: "chainsaw",
    sound: () => readScene("chainsaw-by-the-fire", RATE),
  },
];

export function releasedTest(engine: "local" | "remote"): void {
  for (const { pack: name, what, label, sound } of SHOWN) {
    const title = `${name}, ${engine} engine: ${what}`;
    const run = chromium === null ? test.skip : test;
    run(chromium === null ? `${title} (${NO_CHROMIUM})` : title, async () => {
      const live = await setUp(chromium!, findPack(name), await sound());
      const opened = await openPack(name);
      try {
        const page = await LivePage.open({ browser: live.browser, url: live.server.url, engine });
        await page.waitForLabel(label);
        await page.page.waitForTimeout(2000);
        await eventually(async () => {
          const { toExpected, toInput } = await compareOutput(await page.listen(3), async (input) => {
            const { explanation } = await explainSound(opened, input, { rate: 16_000, stride: 8 });
            return explanation;
          });
          // Live, a frame's mask is the mean of fewer windows: near the offline one, and nearer to it than to the input.
          assert.ok(toExpected < 0.1, `from the offline explanation: ${toExpected}`);
          assert.ok(toExpected < toInput, `from the input: ${toInput}, from the explanation: ${toExpected}`);
        });
        assert.equal(page.complaints, []);
        assert.equal(page.foreignRequests, []);
        await page.close();
      } finally {
        await opened.close();
        await live.close();
      }
    });
  }
}
