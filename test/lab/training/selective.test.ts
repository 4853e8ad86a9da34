import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { WINDOW_FRAMES } from "../../../lab/data/windows.ts";
import { parted } from "../../../lab/methods/lmac-selective.ts";
import { BINS } from "../../../lab/networks/own-shape.ts";
import { AskedMixtures } from "../../../lab/training/asked-mixtures.ts";
import { SoundPool } from "../../../lab/training/sound-pool.ts";
import { GraphBuilder } from "../../../models/graph/index.ts";
import { compileGraph } from "../../models/graph/run.ts";
import { chord } from "../data/made-up-esc50.ts";

const test = suite("mixtures with known parts");
const SIZE = WINDOW_FRAMES * BINS;
const NOBODY = new SoundPool([]);
const pools = [200, 900, 3000].map((hertz) => new SoundPool([chord(hertz, 2)]));

const rowOf = (values: Float32Array, item: number, width: number) =>
  Array.from(values.subarray(item * width, (item + 1) * width));

test("the second part's class is another, and a class that is asked about is never 'other'", () => {
  const classes = 5;
  const items = 120;
  const batch = new AskedMixtures([...pools, NOBODY, pools[0]], { other: 4 }).next(new Random(5), items);
  const seen = { second: 0, present: 0, absent: 0, likely: 0 };
  for (let item = 0; item < items; item++) {
    const first = rowOf(batch.first_class, item, classes).indexOf(1);
    const second = rowOf(batch.second_class, item, classes).indexOf(1);
    const asked = rowOf(batch.asked, item, classes);
    assert.ok(first >= 0);
    assert.is.not(first, second);
    if (second >= 0) seen.second++;
    // Among all classes the most probable is the winner.
    if (asked.every((value) => value === 1)) continue;
    assert.is(asked[4], 0);
    assert.is(asked[first], 0);
    const among = asked.filter((value) => value === 1).length;
    if (asked[second] === 1) {
      assert.is(among, 1);
      seen.present++;
    } else seen[among === 1 ? "absent" : "likely"]++;
  }
  const { second, present, absent, likely } = seen;
  assert.ok(second > items / 3 && present > 0, JSON.stringify(seen));
  assert.ok(absent > items / 16 && likely > items / 16, JSON.stringify(seen));
});

test("the parts are what the mixture is made of", () => {
  const { magnitudes, first, second } = new AskedMixtures(pools, { other: 2 }).next(new Random(1), 12);
  for (let i = 0; i < 12 * SIZE; i++) {
    // |a + b| lies between ||a| − |b|| and |a| + |b|.
    const slack = 1e-3 * (1 + first[i] + second[i]);
    assert.ok(magnitudes[i] <= first[i] + second[i] + slack);
    assert.ok(magnitudes[i] >= Math.abs(first[i] - second[i]) - slack);
  }
});

test("one class alone makes no mixtures", () => {
  assert.throws(() => new AskedMixtures([pools[0], NOBODY], { other: 1 }), /two classes/);
});

test("separation and selectivity, by hand", async () => {
  const g = new GraphBuilder();
  const [mask, part, beside] = ["mask", "part", "beside"].map((name) => g.input(name, "float32", [4, 1, 2]));
  const { separation, selectivity } = parted(g, mask, part, beside, 10);
  g.output("separation", separation);
  g.output("selectivity", selectivity);
  const run = await compileGraph(g);
  const energies = { part: [300, 0], beside: [0, 100] };
  const results = await run({
    // All of the part and nothing else; everything; nothing; the part alone, with nothing beside it.
    mask: Float32Array.of(1, 0, 1, 1, 0, 0, 1, 0),
    part: Float32Array.from([...energies.part, ...energies.part, ...energies.part, ...energies.part]),
    beside: Float32Array.from([...energies.beside, ...energies.beside, ...energies.beside, 0, 0]),
  });
  const before = Math.log(1 / 9 + 0.01);
  const near = (found: number, expected: number) =>
    assert.ok(Math.abs(found - expected) < 2e-3, `${found}, not ${expected}`);
  near(results["separation"][0], Math.log(0.01) - before + 10);
  near(results["separation"][1], 10);
  near(results["separation"][2], Math.log(1.01) - before + 10);
  near(results["selectivity"][0], Math.log(0.03) - Math.log(1.01));
  near(results["selectivity"][1], Math.log(1.03) - Math.log(1.01));
  near(results["selectivity"][2], Math.log(0.03) - Math.log(0.01));
  near(results["selectivity"][3], 0);
});

test.run();
