import { test } from "uvu";
import * as assert from "uvu/assert";
import { asUnknown } from "../../../lab/evaluation/plan/unknown-source.ts";

const found = (layout: string, sounds: readonly (readonly [name: string, label?: string])[]) => ({
  layout,
  folder: "/somewhere/kept",
  sounds: sounds.map(([name, label]) => ({ name, path: name, ...(label === undefined ? {} : { label }) })),
  refused: [],
});
const words = (sounds: readonly { readonly name: string; readonly label?: string }[]) =>
  sounds.map(({ name, label }) => [name, label]);

test("of the collection with a list those on the list alone count, each by its name without numbers", () => {
  const files = [
    ["camel_01.wav"],
    ["rooster_01.wav"],
    ["drone-clips_prop_m1_motor_m1_prop_20pct_005.wav"],
  ] as const;
  const { layout, sounds } = asUnknown(found("a folder of sounds", files));
  assert.is(layout, "kept");
  assert.equal(words(sounds), [
    ["camel_01.wav", "camel"],
    ["drone-clips_prop_m1_motor_m1_prop_20pct_005.wav", "drone-clips_prop_m1_motor_m1_prop"],
  ]);
});

test("of any other folder all count, and a name of numbers alone stays", () => {
  const { sounds } = asUnknown(found("a folder of sounds", [["bus 3.wav"], ["deep/17.flac"]]));
  assert.equal(words(sounds), [
    ["bus 3.wav", "bus"],
    ["deep/17.flac", "17"],
  ]);
});

test("UrbanSound8K's classes have the words that ESC-50 has for them", () => {
  const clips = [
    ["1.wav", "dog_bark"],
    ["2.wav", "drilling"],
    ["3.wav", "siren"],
  ] as const;
  const { layout, sounds } = asUnknown(found("UrbanSound8K", clips));
  assert.is(layout, "UrbanSound8K");
  assert.equal(
    sounds.map(({ label }) => label),
    ["dog", "drilling", "siren"],
  );
});

test.run();
