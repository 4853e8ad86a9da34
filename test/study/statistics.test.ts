import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { integratedLoudness } from "../../dsp/loudness.ts";
import { Random } from "../../lab/data/random.ts";
import { bootstrapMean, holm, wilcoxonSignedRank } from "../../study/statistics.ts";

interface Reference {
  loudness: {
    rate: number;
    seconds: number;
    frequency: number;
    level: number;
    burst: number;
    lufs: number;
  }[];
  wilcoxon: { differences: number[]; p: number; approximate: number }[];
  holm: { p: number[]; adjusted: number[] }[];
}
const reference: Reference = JSON.parse(
  readFileSync(new URL("../fixtures/study/reference.json", import.meta.url), "utf8"),
);

/** The rule of `sound` in test/reference/study_reference.py. */
function sound({ rate, seconds, frequency, level, burst }: Reference["loudness"][number]): Float32Array {
  return Float32Array.from({ length: Math.trunc(rate * seconds) }, (_, n) => {
    const angle = (2 * Math.PI * frequency * n) / rate;
    return n % rate < burst * rate ? level * (Math.sin(angle) + 0.5 * Math.sin(0.1 * angle)) : 0;
  });
}

test("loudness equals pyloudnorm's within 0.01 LU, at every rate", () => {
  for (const each of reference.loudness) {
    const lufs = integratedLoudness(sound(each), each.rate);
    assert.ok(Math.abs(lufs - each.lufs) < 0.01, `${lufs} and ${each.lufs} at ${each.rate} Hz`);
  }
});

test("silence has no loudness, and a rate too low is refused by value", () => {
  assert.is(integratedLoudness(new Float32Array(16_000), 16_000), -Infinity);
  assert.throws(() => integratedLoudness(new Float32Array(10), 4_000), /4000 Hz/);
});

test("the signed-rank test equals SciPy's, exact with and without ties, and approximate", () => {
  for (const { differences, p, approximate } of reference.wilcoxon) {
    assert.ok(Math.abs(wilcoxonSignedRank(differences) - p) < 1e-9, `exact, ${differences.length}`);
    assert.ok(Math.abs(wilcoxonSignedRank(differences, 0) - approximate) < 1e-6, `${differences.length}`);
  }
  assert.is(wilcoxonSignedRank([0, 0]), 1);
});

test("Holm's correction equals the reference's", () => {
  for (const { p, adjusted } of reference.holm) {
    holm(p).forEach((value, k) => {
      assert.ok(Math.abs(value - adjusted[k]) < 1e-12);
    });
  }
});

test("the bootstrap's interval covers the true mean about 95 times in 100, and is the same for the same seed", () => {
  const random = new Random(1);
  let covered = 0;
  for (let run = 0; run < 200; run++) {
    const values = Array.from({ length: 30 }, () => 50 + 10 * random.normal());
    const { low, high } = bootstrapMean(values, random);
    if (low <= 50 && high >= 50) covered++;
  }
  assert.ok(covered >= 180 && covered <= 199, `${covered} of 200`);
  assert.equal(bootstrapMean([1, 2, 5], new Random(7)), bootstrapMean([1, 2, 5], new Random(7)));
  assert.equal(bootstrapMean([3], new Random(7)), { mean: 3, low: 3, high: 3 });
});

test.run();
