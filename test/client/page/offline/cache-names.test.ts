import { test } from "uvu";
import * as assert from "uvu/assert";
import { PageFiles, removeEverything } from "../../../../client/page/offline/page-files.ts";

/** As much of CacheStorage as is used. */
function fakeCaches(names: readonly string[]) {
  const kept = new Set(names);
  return {
    kept,
    keys: async () => [...kept],
    delete: async (name: string) => kept.delete(name),
    open: async () => Promise.reject(new Error("nothing is kept here")),
  };
}

const never = () => Promise.reject(new Error("nothing is asked for"));

test("pages of two folders of one origin leave each other's caches alone", async () => {
  const others = [
    "listenable-page-1",
    "listenable-packs",
    "listenable-page-1 of /birds/",
    "listenable-packs of /birds/",
    "somebody-else",
  ];
  const caches = fakeCaches([...others, "listenable-page-1 of /bees/", "listenable-packs of /bees/"]);
  const base = "https://example.org/bees/";
  const files = new PageFiles({ base, version: "2", files: [], caches, fetch: never });
  await files.removeOthers();
  assert.equal([...caches.kept], [...others, "listenable-packs of /bees/"], "the old build alone goes");
  await removeEverything(caches, base);
  assert.equal([...caches.kept], others);
});

test("a page at the origin's root keeps the names that it had, and removes its own alone", async () => {
  const caches = fakeCaches(["listenable-page-1", "listenable-packs", "listenable-page-1 of /bees/"]);
  await removeEverything(caches, "https://example.org/");
  assert.equal([...caches.kept], ["listenable-page-1 of /bees/"]);
});

test.run();
