import { test } from "uvu";
import * as assert from "uvu/assert";
import { AUDIOSET_NAMES, labelScores } from "../../../lab/training/audioset-names.ts";

const names = [...new Set(Object.values(AUDIOSET_NAMES).flat())];

test("a label is heard as its loudest class, and never where the teacher has no word for it", () => {
  const scores = new Float32Array(2 * names.length);
  scores[names.indexOf("Raindrop")] = 0.25;
  scores[names.indexOf("Rain")] = 0.5;
  scores[names.length + names.indexOf("Speech")] = 0.75;
  const heard = labelScores(scores, names, ["speech", "rain", "can_opening", "no such label"]);
  assert.equal([...heard], [0, 0.5, 0, 0, 0.75, 0, 0, 0]);
});

test("another list of classes is refused by the name that it lacks", () => {
  assert.throws(() => labelScores(new Float32Array(1), ["Speech"], ["rain"]), /no class "Rain"/);
});

test.run();
