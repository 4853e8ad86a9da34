import { test } from "uvu";
import * as assert from "uvu/assert";
import { integratedGradients } from "../../../lab/methods/integrated-gradients.ts";
import { buildScene, classScore, type MaskPlace } from "../../../lab/methods/parts/scene.ts";
import { encodeModel, GraphBuilder } from "../../../models/graph/index.ts";
import { runGraph } from "./run-graph.ts";
import { captum, tinyClassifier } from "./tiny-classifier.ts";

const { frames, bins } = tinyClassifier;

/** The axiom of completeness, over so many steps that the sum is near the integral. */
export function completenessTest(place: MaskPlace, power: number): void {
  test(`Integrated Gradients on the ${place}, power ${power}: attributions sum to what silence lacks`, async () => {
    const g = new GraphBuilder();
    const magnitudes = g.input("magnitudes", "float32", ["B", frames, bins]);
    const scene = buildScene(g, tinyClassifier, place, { magnitudes });
    const attributions = integratedGradients(scene, 100, power);
    const axes = attributions.shape.slice(1).map((_, axis) => axis + 1);
    const silence = g.add(g.mul(scene.point, 0), g.constant(scene.silent));
    g.output("sum", g.reduceSum(attributions, axes));
    g.output("heard", classScore(scene, scene.answer()));
    g.output("silent", classScore(scene, scene.answer(silence)));
    const { sum, heard, silent } = await runGraph(
      encodeModel(g),
      captum["magnitudes"].data,
      captum["magnitudes"].shape,
    );
    for (const row of [0, 1]) {
      const lacking = heard[row] - silent[row];
      assert.ok(Math.abs(lacking) > 0.1);
      assert.ok(Math.abs(sum[row] - lacking) < 0.02 * Math.abs(lacking), `${sum[row]}, not ${lacking}`);
    }
  });
}
