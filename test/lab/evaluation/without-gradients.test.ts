// Methods that call the classifier, as rows of a table.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import type { EvaluationOptions } from "../../../lab/evaluation/evaluation.ts";
import { measureMethod, prepareSounds } from "../../../lab/evaluation/measure/measure-sound.ts";
import { PackModels } from "../../../lab/evaluation/measure/pack-models.ts";
import { plannedRows } from "../../../lab/evaluation/plan/table-plan.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";

const NO_OTHERS = { clips: [], sentences: [] };
const runtime = await nodeRuntime();

for (const name of ["tiny-pack", "tiny-streaming"]) {
  test(`a method without gradients is measured as others are: ${name}`, async () => {
    const models = new PackModels(runtime, await openPackFolder(`test/fixtures/${name}`), {
      budget: 40,
      seed: 1,
    });
    const classifier = await models.classifier();
    const file = { name: "tone", path: "test/fixtures/dsp/tone.flac" };
    const sounds = await prepareSounds(classifier, file, "clean", NO_OTHERS, 1, 128);
    const rise = await models.method("rise");
    assert.is(rise.method.title, "RISE, 40 calls");
    const { own, constant, shuffled } = await measureMethod(rise, classifier, sounds, new Random(1));
    for (const row of [own, constant, shuffled])
      assert.ok(Number.isFinite(row?.ai) && Number.isFinite(row?.mm));
    assert.ok(own!.mm! > 0 && own!.mm! < 1);
    assert.ok(Number.isFinite(own!.sps));
  });
}

test("its row has the budget in its title and in the key of its results", async () => {
  const opened = await openPackFolder("test/fixtures/tiny-pack");
  const row = async (budget: number) => {
    const rows = await plannedRows({
      opened,
      methods: ["rise"],
      budget,
      seed: 1,
    } as unknown as EvaluationOptions);
    return rows.find(({ name }) => name === "rise")!;
  };
  const [few, many] = [await row(40), await row(400)];
  assert.equal(
    [few.id, few.title, few.block, few.calling],
    ["method:rise", "RISE, 40 calls", "listenable", true],
  );
  assert.is.not(few.graphs, many.graphs);
  assert.is(few.graphs, (await row(40)).graphs);
});

test.run();
