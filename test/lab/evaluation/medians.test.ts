// The medians of several seeds' tables, figure by figure.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Median, medians } from "../../../lab/evaluation/medians.ts";
import { recognition } from "../../../lab/evaluation/metrics/recognition.ts";

const test = suite("medians");
let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "listenable-medians-"));
});
test.after(() => rm(folder, { recursive: true }));

const row = (...values: number[]) => Float32Array.from(values);

/** A result in which so many of four dogs are right, with this AI. */
async function result(name: string, dogs: number, ai: number, more: object = {}): Promise<string> {
  const classes = { labels: ["dog", "rain"], threshold: 0.6 };
  const known = [0, 1, 2, 3].map((k) => ({
    label: "dog",
    windows: [k < dogs ? row(0.9, 0.1) : row(0.1, 0.9)],
  }));
  const table = (title: string, mean: object) => ({
    block: "listenable",
    ...{ method: title, title, control: "own", clips: 4, mean },
  });
  const record = {
    pack: { name, version: "1" },
    ...{ layout: "ESC-50", data: "ESC-50", fold: 4, clips: 4, stride: 128 },
    tables: [{ setting: "mixtures", rows: [table("L-MAC", { ai, fidIn: 0.9 }), table("FT", { ai: 1 })] }],
    recognition: recognition({
      classes,
      known,
      unknown: [],
      pairs: [],
      groups: { "known classes": ["dog"] },
    }),
    ...more,
  };
  await mkdir(at(name));
  await writeFile(at(name, "table.json"), JSON.stringify(record));
  return at(name);
}

test("every figure is the median, with each result's own beside it", async () => {
  const folders = [await result("a", 1, 80.5), await result("b", 4, 90.25), await result("c", 3, 70)];
  const { tables, markdown } = await medians(folders, at("out"));
  const [mixtures, clips] = tables;
  assert.equal(mixtures.rows[0][2], {
    median: 80.5,
    runs: [80.5, 90.25, 70],
    digits: 2,
    unit: "",
  });
  assert.is(mixtures.rows[1][3], "–");
  assert.is(clips.title, "Clips");
  const right = clips.rows[0][1] as Median;
  assert.equal([right.median, right.runs], [75, [25, 100, 75]]);
  const byClass = tables.find(({ title }) => title === "Class by class")!;
  assert.equal((byClass.rows[0][1] as Median).runs, [0.6, 0.6, 0.6]);
  assert.match(markdown, "80.50 (80.50, 90.25, 70.00)");
  assert.match(markdown, "75.0 % (25.0, 100.0, 75.0)");
  assert.is(await readFile(at("out", "medians.md"), "utf8"), `${markdown}\n`);
  const written = JSON.parse(await readFile(at("out", "medians.json"), "utf8"));
  assert.equal(written.runs, ["a 1", "b 1", "c 1"]);
});

test("what the results say of heard sounds stands above the medians", async () => {
  const heard = (pack: string, of: number) => ({
    heard: { pack, told: true, unknown: [], sources: [{ name: "fold 4 of ESC-50", heard: 3, of }] },
  });
  const folders = [await result("f", 1, 1, heard("f", 4)), await result("g", 1, 1, heard("g", 4))];
  const all = await medians([...folders, await result("h", 1, 1)], at("heard"));
  assert.match(
    all.markdown,
    `${folders.join(", ")}: 3 of 4 sounds of fold 4 of ESC-50 were heard in training`,
  );
  assert.match(all.markdown, "Pack h doesn't say");
  assert.is(all.heard.length, 2);
});

test("what is not of the same sounds, or no result, is refused", async () => {
  const [one, other] = [await result("d", 1, 1), await result("e", 1, 1, { fold: 5 })];
  const refused = async (...folders: string[]) => {
    const error = await medians(folders, at("none")).catch((reason) => reason);
    return error.message;
  };
  assert.match(await refused(one, other), "fold 4 and 5");
  assert.match(await refused(one, at("nowhere")), "cannot be read");
  assert.match(await refused(one), "two results");
  await writeFile(at("x.json"), "{}");
  assert.match(await refused(one, at("x.json")), "no tables");
});

test.run();
