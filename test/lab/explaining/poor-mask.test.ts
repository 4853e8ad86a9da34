import { test } from "uvu";
import * as assert from "uvu/assert";
import { poorMasks } from "../../../lab/evaluation/short-evaluation.ts";
import { betterMethod, maskProblem, Unevenness } from "../../../lab/explaining/poor-mask.ts";

const measured = (method: string, fidIn: number, energy: number, unevenness: number) => ({
  ...{ method, fidIn, energy, unevenness },
  ...{ windows: 8, ai: 0, ad: 0, mm: 0.1 },
});

test("unevenness is that of the bins where there is sound", () => {
  const sound = Float32Array.of(1, 2, 0, 3);
  const of = (...mask: number[]) => {
    const kept = new Unevenness();
    kept.add(Float32Array.from(mask), sound);
    return kept.value();
  };
  assert.is(of(0.5, 0.5, 1, 0.5), 0);
  assert.is(of(0, 0, 1, 0), 0);
  assert.ok(Math.abs(of(0, 0, 0, 0.9) - Math.SQRT2) < 1e-6);
});

test("what can't be heard and what has no shape is said, but not of the mask of ones", () => {
  assert.match(maskProblem("saliency", { energy: 0.004, unevenness: 2 })!, /0\.40 %/);
  assert.match(maskProblem("lmac", { energy: 0.3, unevenness: 0.02 })!, /no shape/);
  assert.is(maskProblem("lmac", { energy: 0.3, unevenness: 0.8 }), undefined);
  assert.is(maskProblem("all-ones", { energy: 1, unevenness: 0 }), undefined);
});

test("another method is named: of the pack where it has one, else one for any classifier", () => {
  assert.is(betterMethod("saliency", ["saliency", "ig", "gradcam"]), "gradcam");
  assert.is(betterMethod("gradcam", ["gradcam", "ig"]), "rise");
  assert.is(betterMethod("rise", ["rise"]), "kernel-shap");
});

test("pack names the method of its own that measured best", () => {
  const notes = poorMasks([
    measured("saliency", 0.1, 0.002, 3),
    measured("gradcam", 0.6, 0.4, 0.7),
    measured("smoothgrad", 0.8, 0.2, 0.9),
  ]);
  assert.equal(notes.length, 1);
  assert.match(notes[0]!, /saliency.*smoothgrad of this pack/);
  assert.match(poorMasks([measured("ig", 0.1, 0.002, 3)])[0]!, /--method rise/);
});

test.run();
