import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spectrogramMagnitudes, stft } from "../../../dsp/index.ts";
import { Random } from "../../../lab/data/random.ts";
import { MODEL_RATE, OWN_STFT } from "../../../lab/networks/own-shape.ts";
import { colouredNoise } from "../../../lab/training/augment.ts";
import { recorded } from "../../../lab/training/recording.ts";

const test = suite("made-up recordings");
const sound = colouredNoise(new Random(1), 2 * MODEL_RATE);

/** Share of the energy above 5 kHz. */
function share(samples: Float32Array): number {
  const { frames, bins, ...spectrogram } = stft(samples, OWN_STFT);
  const magnitudes = spectrogramMagnitudes({ frames, bins, ...spectrogram });
  let high = 0;
  let all = 0;
  magnitudes.forEach((magnitude, i) => {
    const energy = magnitude ** 2;
    all += energy;
    if (((i % bins) / (bins - 1)) * (MODEL_RATE / 2) > 5000) high += energy;
  });
  return high / all;
}

test("as long as the sound, finite, and the same for the same seed", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const before = sound.slice();
    const once = recorded(new Random(seed), sound);
    assert.is(once.length, sound.length);
    assert.ok(once.every(Number.isFinite));
    assert.equal(sound, before, "the sound itself stays");
    assert.equal(recorded(new Random(seed), sound), once);
  }
});

test("some recordings are dull as a telephone, most are not", () => {
  const white = Float32Array.from(sound, (_, n) => Math.sin(n * n * 0.37));
  const shares = Array.from({ length: 60 }, (_, seed) => share(recorded(new Random(seed + 1), white)));
  const dull = shares.filter((each) => each < 0.1).length;
  assert.ok(dull >= 8 && dull <= 45, `${dull} of 60 are dull`);
});

test("silence stays silence", () => {
  for (let seed = 1; seed <= 5; seed++) {
    assert.ok(recorded(new Random(seed), new Float32Array(8000)).every((sample) => sample === 0));
  }
});

test.run();
