import { test } from "uvu";
import * as assert from "uvu/assert";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { channelSettingsOf } from "../../monitor/channel-settings.ts";

const { pack } = await openPackFolder("test/fixtures/tiny-pack");
const own = { ...pack, thresholds: [0.4, 0.6, 0.7] };

test("classes count from the pack's thresholds on, each from its own where it has one", () => {
  const { threshold, thresholds } = channelSettingsOf({}, own, "bands").detector;
  assert.is(threshold, pack.threshold);
  assert.equal(
    thresholds,
    new Map([...pack.labels.entries()].map(([k, label]) => [label, own.thresholds[k]])),
  );
});

test("a threshold for all stands in the place of the pack's, one for a class in the place of its own", () => {
  const wished = (detector: object) => channelSettingsOf({ detector }, own, "bands").detector;
  const all = wished({ threshold: 0.9, thresholds: new Map() });
  assert.equal([all.threshold, all.thresholds], [0.9, new Map()]);
  const one = wished({ thresholds: new Map([["high", 0.1]]) });
  assert.equal(
    one.thresholds,
    new Map([
      ["low", 0.4],
      ["high", 0.1],
      ["quiet", 0.7],
    ]),
  );
});

test.run();
