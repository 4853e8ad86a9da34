import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { factorise, randomFactors } from "../../../lab/training/nmf.ts";
import { trainingRuntime } from "../../../lab/training/training-runtime.ts";
import { relativeError } from "../../models/graph/fixtures.ts";
import { type PackedTensor, trainingFixture, unpacked } from "./fixtures.ts";

const test = suite("NMF");
const trains = await trainingRuntime().then(
  () => true,
  () => false,
);
const run = trains ? test : test.skip;
if (!trains) console.log("skipped: NMF needs onnxruntime-node, which is not installed");

run("the factors that scikit-learn's multiplicative updates find", async () => {
  const { iterations, ...packed } = trainingFixture("nmf.json") as { iterations: number } & Record<
    string,
    PackedTensor
  >;
  const [rows, columns] = packed["matrix"].shape;
  const errors: number[] = [];
  const found = await factorise(
    { data: unpacked(packed["matrix"]), rows, columns },
    { activations: unpacked(packed["activations"]), dictionary: unpacked(packed["dictionary"]) },
    { iterations, onIteration: (_, error) => errors.push(error) },
  );
  assert.ok(relativeError(found.activations, unpacked(packed["foundActivations"])) < 1e-3);
  assert.ok(relativeError(found.dictionary, unpacked(packed["foundDictionary"])) < 1e-3);
  assert.is(errors.length, iterations);
  errors.slice(1).forEach((error, k) => {
    assert.ok(error <= errors[k] * (1 + 1e-6), `the error never grows: ${errors[k]} to ${error}`);
  });
});

run("a silent matrix stays silent, and abort ends early with what is there", async () => {
  const silent = { data: new Float32Array(6 * 5), rows: 6, columns: 5 };
  const start = randomFactors(silent, 2, new Random(1));
  const found = await factorise(silent, start, { iterations: 3 });
  assert.ok([...found.activations, ...found.dictionary].every((value) => value === 0));

  const noise = { ...silent, data: silent.data.map((_, k) => (k % 7) + 1) };
  const first = randomFactors(noise, 2, new Random(2));
  assert.ok([...first.activations, ...first.dictionary].every((value) => value >= 0));
  const none = await factorise(noise, first, { iterations: 9, signal: AbortSignal.abort() });
  assert.equal(none, first);
});

test.run();
