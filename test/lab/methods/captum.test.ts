// Attributions against Captum's, on the same weights, before they become masks.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradCam } from "../../../lab/methods/gradcam.ts";
import { guidedBackprop } from "../../../lab/methods/guided-backprop.ts";
import { guidedGradCam } from "../../../lab/methods/guided-gradcam.ts";
import { integratedGradients } from "../../../lab/methods/integrated-gradients.ts";
import { buildScene, type MaskPlace, type Scene } from "../../../lab/methods/parts/scene.ts";
import { saliency } from "../../../lab/methods/saliency.ts";
import { gradientShap } from "../../../lab/methods/shap.ts";
import { smoothGrad } from "../../../lab/methods/smoothgrad.ts";
import { encodeModel, GraphBuilder, type Tensor } from "../../../models/graph/index.ts";
import { relativeError } from "../../models/graph/fixtures.ts";
import { runGraph } from "./run-graph.ts";
import { captum, tinyClassifier } from "./tiny-classifier.ts";

const noise = ({ g, place }: Scene): Tensor[] => {
  const { shape, data } = captum[`noise.${place}`];
  const size = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, index) =>
    g.constant(data.slice(index * size, (index + 1) * size), "float32", [1, ...shape.slice(1)]),
  );
};

const METHODS: Record<string, (scene: Scene) => Tensor> = {
  saliency: (scene) => scene.g.op("Abs", [saliency(scene)]),
  smoothgrad: (scene) => smoothGrad(scene, noise(scene), 0.1),
  ig: (scene) => integratedGradients(scene, 16),
  "gradcam.0": (scene) => gradCam(scene, 0),
  "gradcam.1": (scene) => gradCam(scene, -1),
  "guided-backprop": guidedBackprop,
  "guided-gradcam": (scene) => guidedGradCam(scene, -1),
  shap: (scene) => gradientShap(scene, noise(scene), 0.1, [...captum["places"].data]),
};

const targets = Array.from(captum["targets"].data);

for (const place of ["spectrogram", "features"] as MaskPlace[]) {
  for (const [name, attributions] of Object.entries(METHODS)) {
    test(`${name} on the ${place} is Captum's`, async () => {
      const g = new GraphBuilder();
      const magnitudes = g.input("magnitudes", "float32", ["B", tinyClassifier.frames, tinyClassifier.bins]);
      const scene = buildScene(g, tinyClassifier, place, {
        magnitudes,
        target: g.input("target", "int64", ["B"]),
      });
      g.output("attributions", attributions(scene));
      const results = await runGraph(
        encodeModel(g),
        captum["magnitudes"].data,
        captum["magnitudes"].shape,
        targets,
      );
      const error = relativeError(results["attributions"], captum[`${place}.${name}`].data);
      assert.ok(error <= 1e-3, `relative error ${error}`);
    });
  }
}

test.run();
