// The monitor hears a streaming pack: block by block, each channel and each stretch with a memory of its own.
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openPackFolder, packageFolder } from "../../models/pack/open-pack-node.ts";
import { DecisionSteps } from "../../monitor/analysis/decision-steps.ts";
import { channelSettingsOf } from "../../monitor/channel-settings.ts";
import type { Input } from "../../monitor/inputs/input.ts";
import { closeAll, joined, quiet, RATE, samplesInput, startRig, tone } from "./rig.ts";

const PACK = join(packageFolder(), "test", "fixtures", "tiny-streaming");
const { pack } = await openPackFolder(PACK);
test.after(closeAll);

/** Two seconds of a low tone from 3 s on, of a high one from 12 s on. */
const SOUND = joined(quiet(3), tone(300, 2), quiet(7), tone(5000, 2), quiet(4));
/** A high tone where the other input has a low one. */
const OTHER = joined(quiet(3), tone(5000, 2), quiet(12));

test("sounds become events of the input that they are in, which begin where they do, and are explained", async () => {
  const { monitor, store } = await startRig([samplesInput("yard", SOUND), samplesInput("hall", OTHER)], {
    pack: PACK,
  });
  assert.equal(await monitor.finished, []);
  const told = store
    .find()
    .map(({ event }) => [event.input, event.classes.map(({ label }) => label).join(), event] as const)
    .sort((a, b) => a[0].localeCompare(b[0]) || a[2].start - b[2].start);
  assert.equal(
    told.map(([input, labels]) => [input, labels]),
    [
      ["hall", "high"],
      ["yard", "low"],
      ["yard", "high"],
    ],
  );
  for (const [[, , event], start] of told.map((each, k) => [each, [3, 3, 12][k]] as const)) {
    assert.ok(Math.abs(event.start - start) < 0.05, `starts at ${event.start}`);
    assert.ok(Math.abs(event.end - (start + 2)) < 0.75, `ends at ${event.end}`);
    assert.is(event.state, "explained");
    const { original, explanation } = event.faithfulness!;
    assert.ok(original > 0.9 && explanation > 0.9, JSON.stringify(event.faithfulness));
  }
  await monitor.close();
});

/** Two stretches of one input, with something missing between them. */
function broken(first: Float32Array, second: Float32Array): Input {
  const startedAt = (minute: number) => new Date(Date.UTC(2026, 6, 14, 6, minute));
  return {
    name: "broken",
    source: "made up",
    live: false,
    async *stretches(report) {
      report.state("running");
      for (const [k, samples] of [first, second].entries()) {
        yield {
          sampleRate: RATE,
          startedAt: startedAt(k),
          blocks: (async function* () {
            yield samples;
          })(),
        };
      }
      report.state("ended");
    },
  };
}

test("what was heard before a gap is forgotten", async () => {
  // Loud enough that the memory of it would outweigh the high tone for seconds.
  const input = broken(joined(quiet(1), tone(300, 2, 0.9)), joined(tone(5000, 2, 0.01), quiet(1)));
  const { monitor, store } = await startRig([input], { pack: PACK });
  await monitor.finished;
  const labels = store.find().map(({ event }) => event.classes.map(({ label }) => label).join());
  assert.equal(labels.sort(), ["high", "low"]);
  await monitor.close();
});

test("a stride of blocks is one decision, at the middle of what it is about", () => {
  const settings = channelSettingsOf({}, pack, "bands");
  assert.is(settings.stride, 32);
  assert.is(settings.detector.stride, 0.256);
  assert.is(channelSettingsOf({ stride: 0.001 }, pack, "bands").stride, 4);
  assert.is(channelSettingsOf({ stride: 9 }, pack, "bands").stride, 128);
  const steps = new DecisionSteps(pack, settings.stride);
  const block = (k: number) => ({
    firstFrame: 4 * k,
    probabilities: Float32Array.of(k < 40 ? 1 : 0, 0.25, 0),
    silent: k > 44,
    power: 192,
  });
  const said = [
    ...steps.push(Array.from({ length: 5 }, (_, k) => block(k))),
    ...steps.push(Array.from({ length: 38 }, (_, k) => block(5 + k))),
    ...steps.finish(),
    ...steps.finish(),
  ];
  assert.is(said.length, 6);
  assert.equal([...said[0].probabilities], [1, 0.25, 0]);
  assert.equal([...said[5].probabilities], [0, 0.25, 0]);
  assert.ok(Math.abs(said[0].level) < 1e-6, "0 dB of full scale");
  // Blocks 32 to 39 end 1.056 to 1.28 s after the beginning, and are about the 1.024 s before that.
  const end = (33 + 40) / 2 / 31.25 - 256 / RATE + 64 / RATE;
  assert.ok(Math.abs(said[4].centre - (end - 0.512)) < 1e-9, `${said[4].centre}`);
  assert.ok(said.every(({ centre }, k) => centre > (said[k - 1]?.centre ?? -0.016)));
});

test.run();
