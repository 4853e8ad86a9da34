// What stands for the unknown is never learnt from: one side for all files of a recording.
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  isUnknownRecording,
  isUnknownSound,
  mayTrainOn,
  NEVER_TRAINED_ON,
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
