import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readTree, treeHint } from "../../../lab/import/read-tree.ts";
import { packClassifier } from "../../../lab/packing/pack-classifier.ts";
import { oddParents } from "../../../models/pack/class-tree.ts";
import { FOLDER, LABELS } from "./fixtures.ts";

const work = mkdtempSync(join(tmpdir(), "listenable-tree-"));
test.after(() => rmSync(work, { recursive: true }));

function written(json: unknown): string {
  const path = join(work, "tree.json");
  writeFileSync(path, typeof json === "string" ? json : JSON.stringify(json));
  return path;
}

async function refused(json: unknown, labels: readonly string[], reason: RegExp): Promise<void> {
  try {
    await readTree(written(json), labels);
  } catch (error) {
    assert.match((error as Error).message, reason);
    return;
  }
  assert.unreachable(`${reason}`);
}

const labels = ["Bark", "Animal", "Dog", "Music"];

test("an object from class to parent is a tree, over what is no class itself", async () => {
  const tree = { Bark: "Dog", Dog: "Pets", Pets: "Animal" };
  assert.equal(await readTree(written(tree), labels), [2, null, 1, null]);
});

test("AudioSet's form is read by names or ids; what is below several is below what is above all of them", async () => {
  const node = (id: string, name: string, ...children: string[]) => ({ id, name, child_ids: children });
  const ontology = [
    node("/m/a", "Animal", "/t/p", "/m/s"),
    node("/t/p", "Pets", "/m/c", "/m/d"),
    node("/m/c", "Cat", "/m/h", "/m/g"),
    node("/m/d", "Dog", "/m/g"),
    node("/m/s", "Snake", "/m/h"),
    node("/m/h", "Hiss"),
    node("/m/g", "Growling"),
    node("/m/x", "Things", "/m/f"),
    node("/m/f", "Steam", "/m/b"),
    node("/m/b", "Buzz"),
    node("/m/o", "Fly", "/m/b"),
  ];
  const names = ["Hiss", "Cat", "Animal", "Growling", "Pets", "Buzz", "Steam", "Fly"];
  assert.equal(await readTree(written(ontology), names), [2, 4, null, 4, 2, null, null, null]);
  assert.equal(await readTree(written(ontology), ["/m/g", "/m/d", "/m/a"]), [2, 2, null]);
});

test("what is no tree of these classes is refused with the reason", async () => {
  await refused("no", labels, /is no JSON/);
  await refused(["Dog"], labels, /neither an object/);
  await refused({ Dog: 1 }, labels, /neither an object/);
  await refused({ dog: "animal" }, labels, /knows 0 of the 4 classes/);
  await refused({ Bark: "Dog", Dog: "Animal", Animal: "Bark" }, labels, /above itself/);
});

test("a pack of independent classes keeps its tree, and exclusive ones have none", async () => {
  const tree = written({ [LABELS[1]]: LABELS[0] });
  const options = {
    ...{ file: join(FOLDER, "mel44.onnx"), front: join(FOLDER, "mel44.front.json"), labels: LABELS },
    ...{ methods: ["saliency"], out: join(work, "pack"), threshold: 0.000001, tree },
  };
  const said: string[] = [];
  const follow = { onNotice: (sentence: string) => said.push(sentence) };
  const packed = await packClassifier({ ...options, answers: "independent" }, follow);
  assert.ok("pack" in packed);
  assert.equal(
    packed.pack.parents,
    LABELS.map((_, k) => (k === 1 ? 0 : null)),
  );
  assert.match(said.join("\n"), `1 of ${LABELS.length} classes are kinds of another`);
  try {
    await packClassifier({ ...options, answers: "exclusive" });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /--tree is of classes that answer each on their own/);
  }
});

test("fifteen thousand classes are a tree as well", async () => {
  const many = Array.from({ length: 14_795 }, (_, k) => `species ${k}`);
  const tree = Object.fromEntries(many.slice(1).map((label, k) => [label, many[k >> 3]]));
  const parents = await readTree(written(tree), many);
  assert.is(parents[14_794], 14_793 >> 3);
  assert.is(oddParents(parents, many.length), undefined);
});

test("who has AudioSet's classes is told where their tree is, and nobody else", () => {
  const some = ["Speech", "Child speech, kid speaking", "Bow-wow", "Zither", "Inside, small room"];
  assert.match(treeHint(some)!, "--tree ontology.json");
  assert.is(treeHint(labels), undefined);
});

test.run();
