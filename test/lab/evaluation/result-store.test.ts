import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { keyOf, ResultStore } from "../../../lab/evaluation/measure/result-store.ts";

const test = suite<{ path: string; folder: string }>("result store");
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), "listenable-store-"));
  context.path = join(context.folder, "out", "results.jsonl");
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

test("what was added is there after a restart", ({ path }) => {
  const store = new ResultStore(path);
  store.add("a", { ai: 100, comp: null });
  store.close();
  const again = new ResultStore(path);
  assert.equal(again.get("a"), { ai: 100, comp: null });
  assert.is(again.has("b"), false);
});

test("half a line, left by a kill, counts as not written and does not spoil the next", async ({ path }) => {
  const store = new ResultStore(path);
  store.add("a", 1);
  store.close();
  await appendFile(path, '{"key":"b","val');
  const again = new ResultStore(path);
  assert.is(again.has("b"), false);
  again.add("c", 3);
  again.close();
  const third = new ResultStore(path);
  assert.is(third.get("a"), 1);
  assert.is(third.get("c"), 3);
  assert.is((await readFile(path, "utf8")).split("\n").length, 4);
});

test("keys differ in whatever they are made of", () => {
  assert.is(keyOf("a", 1), keyOf("a", 1));
  assert.is.not(keyOf("a", 1), keyOf("a", 2));
  assert.is.not(keyOf("a", "1"), keyOf("a", 1));
});

test.run();
