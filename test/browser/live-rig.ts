import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../../cli/bench/chromium.ts";
import type { LivePage } from "../../cli/bench/live-page.ts";
import type { ExplainWindow } from "../../models/explain/signal-explainer.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { loadMethod } from "../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { type LiveSetUp, setUp, TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
export const SETTLE_MS = 2000;
export const SECONDS = 3;

/**
 * Irregular bursts: strong between 400 and 1600 Hz, about half as much energy between 4.5 and 6.5 kHz. The tiny pack
 * hears "low" in it throughout, keeps 0.95 of what lies below 2 kHz and 0.05 of the rest.
 */
function lowBursts(seconds: number): Float32Array {
  const rate = 48_000;
  const samples = new Float32Array(seconds * rate);
  let at = 0;
  for (let burst = 0; at < samples.length; burst++) {
    const length = Math.round(rate * (0.08 + 0.07 * ((burst * 37) % 11) * 0.1));
    for (let n = 0; n < length && at + n < samples.length; n++) {
      const fade = Math.sin((Math.PI * n) / length) ** 2;
      const t = (at + n) / rate;
      for (let partial = 0; partial < 4; partial++) {
        const low = 400 + 300 * partial + 17 * (burst % 7);
        const high = 4500 + 500 * partial + 13 * (burst % 5);
        samples[at + n] +=
          fade *
          (0.11 * Math.sin(2 * Math.PI * low * t + partial) +
            0.07 * Math.sin(2 * Math.PI * high * t + 2 * partial));
      }
    }
    at += length + Math.round(rate * (0.02 + 0.1 * (((burst * 61) % 13) / 13)));
  }
  return samples;
}

export let live: LiveSetUp;
export let explainWindow: ExplainWindow;
export const opened = await openPackFolder(TINY_PACK);

/** What must hold of every visit to the page. */
export async function assertClean(page: LivePage): Promise<void> {
  assert.equal(page.complaints, []);
  assert.equal(page.foreignRequests, []);
  assert.equal(await page.policyViolations(), []);
}

test.before(async () => {
  if (chromium === null) return;
  live = await setUp(chromium, TINY_PACK, lowBursts(12));
  const method = await loadMethod(await nodeRuntime(), await opened.graph("bands"), opened.pack, "bands");
  explainWindow = async (magnitudes) => {
    const { probabilities, masks } = await method.run(magnitudes, 1);
    return { probabilities, mask: masks };
  };
});
test.after(async () => {
  await live?.close();
});
