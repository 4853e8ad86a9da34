import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import { LivePage } from "../../cli/bench/live-page.ts";
import { browserTest } from "./browser-test.ts";
import { setUp, TINY_PACK } from "./set-up.ts";
import { assertNothingGrows, tremolo, watchWhatIsMade } from "./starts-and-stops.ts";

const CYCLES = 200;

browserTest(`${CYCLES} starts and stops leave nothing behind, nor does the heap grow`, async () => {
  const live = await setUp(findChromium()!, TINY_PACK, tremolo(), ["--js-flags=--expose-gc"]);
  const { browser, server } = live;
  const page = await LivePage.open({ browser, url: server.url, engine: "local", before: watchWhatIsMade });
  const { before, after } = await assertNothingGrows(page, CYCLES);
  const heap = after["JSHeapUsedSize"] - before["JSHeapUsedSize"];
  // Some code is compiled late and the log fills up; a session that stayed would cost 100 KB and more.
  assert.ok(heap < 600_000 + 10_000 * CYCLES, `the heap grew by ${heap} bytes`);
  const told = ["Nodes", "JSEventListeners", "AudioHandlers", "JSHeapUsedSize"].map(
    (name) => `${name} ${before[name]} → ${after[name]}`,
  );
  console.log(`${CYCLES} starts and stops: ${told.join(", ")}`);
  await page.close();
  await live.close();
});

test.run();
