// How the built-in scenes are mixed, of recordings that are made up here: the packages are not at hand.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { scenes } from "../../client/kit/sounds/scenes.ts";
import { randomFrom, render, rms } from "../../client/kit/sounds/synthetic/synth.ts";
import { bandOf, mixScene } from "../../tools/demo-scenes/mix.ts";
import { RECIPES } from "../../tools/demo-scenes/recipes.ts";

const SECONDS = 4;
const random = randomFrom(1);
const recordings = {
  crow: render(1, (t) => 3 + Math.sin(2 * Math.PI * 2_000 * t)),
  wind: render(3, () => 0.01 * (2 * random() - 1)),
};
const read = async (name: string) => recordings[name as keyof typeof recordings];

test("parts have their levels and no offset, the sum its peak, and the loop no seam", async () => {
  const recipe = {
    seconds: SECONDS,
    events: [{ from: "crow", at: [3.5], db: -20 }],
    background: { from: "wind", part: [0.5, 2.5], db: -40 },
  } as const;
  const { scene, target, background } = await mixScene(recipe, read);
  const loudness = (samples: Float32Array) => 20 * Math.log10(rms(samples));
  const sounding = Float32Array.from([...target.subarray(-8_000), ...target.subarray(0, 8_000)]);
  assert.ok(Math.abs(loudness(sounding) - loudness(background) - 20) < 0.5);
  const peak = scene.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(Math.abs(peak - 0.7) < 1e-6);
  assert.ok(Math.abs(target.reduce((sum, value) => sum + value, 0) / target.length) < 1e-3);
  assert.ok(rms(target.subarray(0, 8_000)) > 0.1, "what is over the end comes in at the start");
  assert.is(rms(target.subarray(9_000, 55_000)), 0);
  const [low, high] = bandOf(target);
  assert.ok(low > 1_900 && high < 2_100 && low <= high, `${low}-${high}`);
});

test("every scene has a recipe, and every recipe a scene", () => {
  assert.equal(Object.keys(RECIPES).sort(), scenes.map(({ name }) => name).sort());
});

test.run();
