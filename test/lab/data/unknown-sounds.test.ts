// What stands for the unknown is never learnt from: one side for all files of a recording.
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  isSparedRecording,
  isSparedSound,
  isUnknownRecording,
  isUnknownSound,
  mayTrainOn,
  NEVER_TRAINED_ON,
  SPARED_SOUNDS,
  UNKNOWN_SOUNDS,
} from "../../../lab/data/unknown-sounds.ts";

test("every listed recording with a Freesound id is one that the rule takes", () => {
  const ids = Object.values(UNKNOWN_SOUNDS).filter((id) => id !== null);
  assert.equal(
    ids.filter((id) => !isUnknownRecording(String(id))),
    [],
  );
  assert.ok(ids.length > 30);
});

test("the rule takes a third of the recordings", () => {
  const taken = Array.from({ length: 3000 }, (_, id) => isUnknownRecording(String(id))).filter(Boolean);
  assert.ok(Math.abs(taken.length - 1000) < 80, `${taken.length} of 3000`);
});

test("what is spared for settings is another third, and none of it stands for the unknown", () => {
  const ids = Object.values(SPARED_SOUNDS).filter((id) => id !== null);
  assert.equal(
    ids.filter((id) => !isSparedRecording(String(id))),
    [],
  );
  assert.ok(ids.length > 20);
  const names = Object.keys(SPARED_SOUNDS);
  assert.equal(
    names.filter((name) => isUnknownSound(name) || !mayTrainOn(name)),
    [],
  );
  const some = Array.from({ length: 3000 }, (_, id) => String(id));
  const taken = some.filter(isSparedRecording);
  assert.ok(Math.abs(taken.length - 1000) < 80, `${taken.length} of 3000`);
  assert.not.ok(taken.some(isUnknownRecording));
  assert.ok(isSparedSound("other/zebra.wav") && !isSparedSound("rooster.wav"));
});

test("a file is told by its name, wherever it lies and whatever it is encoded as", () => {
  for (const file of ["camel_01.wav", "other/camel_02.flac", "C:\\sounds\\owl_hoot.ogg"]) {
    assert.ok(isUnknownSound(file), file);
    assert.not(mayTrainOn(file), file);
  }
  assert.not(isUnknownSound("rooster.wav"));
  assert.ok(mayTrainOn("other/blanket-city-0.wav"));
});

test("nothing is trained on files of a licence that the weights could not carry", () => {
  assert.is(NEVER_TRAINED_ON.length, 24);
  for (const name of NEVER_TRAINED_ON) assert.not(mayTrainOn(`${name}.flac`), name);
});

test.run();
