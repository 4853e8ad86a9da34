import { explainSound, openPack } from "listenable";
import { attributionMask, buildPack, classGradient, fixedPasses, importClassifier } from "listenable/lab";

/** Shrikumar et al. 2017, arXiv 1605.01713: how much each bin adds to the class's logit, to the first order. */
const GRADIENT_TIMES_INPUT = {
  name: "gradient-times-input",
  title: "Gradient × input",
  description: "How much each bin of the spectrum adds to the class's logit.",
  parameters: [],
  target: true,
  passes: fixedPasses(1, 1),
  mask: (scene) => attributionMask(scene, scene.g.mul(classGradient(scene), scene.point)),
};

const theirs = (file) => new URL(`../own-pack-live/${file}`, import.meta.url).pathname;
const { classifier, labels } = await importClassifier({
  file: theirs("classifier.onnx"),
  front: theirs("front.json"),
  labels: theirs("labels.txt"),
});
await buildPack("pack", {
  name: "chords",
  title: "Chords",
  version: "1.0.0",
  licence: "CC0-1.0",
  labels,
  threshold: 0.5,
  classifier,
  methods: [{ method: GRADIENT_TIMES_INPUT }],
});

const rate = 44_100;
const chord = Float32Array.from({ length: 2 * rate }, (_, n) =>
  [1, 2, 3].reduce((sum, harmonic) => sum + 0.1 * Math.sin((2 * Math.PI * harmonic * 520 * n) / rate), 0),
);
const pack = await openPack("./pack");
const { decision, mask } = await explainSound(pack, chord, { rate });
const kept = mask.reduce((sum, value) => sum + value, 0) / mask.length;
console.log(`It hears: ${decision.label}, by ${(100 * kept).toFixed(1)} % of the picture`);
await pack.close();
