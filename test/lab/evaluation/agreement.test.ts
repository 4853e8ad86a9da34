/** Figures against the reference implementations; test/reference/metrics_reference.py makes the fixture. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  complexity,
  type Faithfulness,
  faithfulness,
  sparseness,
} from "../../../lab/evaluation/metrics/metrics.ts";

interface Fixture {
  readonly masks: readonly {
    readonly name: string;
    readonly values: number[];
    readonly sps: number;
    readonly comp: number;
  }[];
  readonly answers: readonly {
    readonly whole: number[];
    readonly kept: number[];
    readonly rest: number[];
    readonly metrics: Required<Faithfulness>;
  }[];
}

const fixture = JSON.parse(
  readFileSync(new URL("../../fixtures/evaluation/metrics.json", import.meta.url), "utf8"),
) as Fixture;

test("sparseness and complexity are those of Quantus", () => {
  for (const { name, values, sps, comp } of fixture.masks) {
    const mask = Float32Array.from(values);
    assert.ok(Math.abs(sparseness(mask)! - sps) < 1e-5, `${name}: ${sparseness(mask)} is not ${sps}`);
    assert.ok(Math.abs(complexity(mask)! - comp) < 1e-4, `${name}: ${complexity(mask)} is not ${comp}`);
  }
});

test("faithfulness is that of SpeechBrain's recipe, its doubled softmax on the published scale alone", () => {
  for (const { whole, kept, rest, metrics } of fixture.answers) {
    const ours = faithfulness({ whole, kept, rest }) as Required<Faithfulness>;
    for (const name of Object.keys(metrics) as (keyof Faithfulness)[]) {
      assert.ok(
        Math.abs(ours[name] - metrics[name]) < 1e-5,
        `${name}: ${ours[name]} is not ${metrics[name]}`,
      );
    }
  }
  const drops = fixture.answers.map(({ metrics }) => metrics);
  assert.ok(drops.some(({ ad }) => ad > 90) && drops.every(({ adPublished }) => adPublished < 63.3));
});

test.run();
