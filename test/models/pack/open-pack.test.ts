import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fetchPack } from "../../../models/pack/open-pack.ts";
import { findPack, listPacks, openPackFolder, packageFolder } from "../../../models/pack/open-pack-node.ts";
import type { PackError } from "../../../models/pack/pack.ts";

const TINY = "test/fixtures/tiny-pack";
const work = mkdtempSync(join(tmpdir(), "listenable-pack-"));
test.after(() => rmSync(work, { recursive: true }));

async function failure(promise: Promise<unknown>): Promise<PackError> {
  try {
    await promise;
  } catch (error) {
    return error as PackError;
  }
  throw new Error("expected an error");
}

function copyOfTiny(name: string): string {
  const folder = join(work, name);
  cpSync(TINY, folder, { recursive: true });
  return folder;
}

test("a folder opens and gives its graphs", async () => {
  const { pack, graph } = await openPackFolder(TINY);
  assert.is(pack.name, "tiny");
  assert.ok((await graph()).bytes.length > 100);
  assert.not.equal(await graph("all-ones"), await graph("bands"));
});

test("missing and broken folders are told apart, with the file named", async () => {
  const missing = await failure(openPackFolder(join(work, "nowhere")));
  assert.is(missing.code, "model-missing");
  assert.match(missing.message, join("nowhere", "pack.json"));

  const text = copyOfTiny("text");
  writeFileSync(join(text, "pack.json"), "not json");
  const broken = await failure(openPackFolder(text));
  assert.is(broken.code, "model-broken");
  assert.match(broken.message, "is not JSON");

  const wrong = copyOfTiny("wrong");
  writeFileSync(join(wrong, "pack.json"), JSON.stringify({ format: 1, name: "x" }));
  assert.match((await failure(openPackFolder(wrong))).message, "labels");

  const graphless = copyOfTiny("graphless");
  rmSync(join(graphless, "bands.onnx"));
  const opened = await openPackFolder(graphless);
  const error = await failure(opened.graph());
  assert.is(error.code, "model-missing");
  assert.match(error.message, "bands.onnx");
});

test("a graph outside the pack's folder cannot be named", async () => {
  const folder = copyOfTiny("outside");
  const { pack } = await openPackFolder(folder);
  const methods = [{ ...pack.methods[0], graph: "../tiny/bands.onnx" }];
  writeFileSync(join(folder, "pack.json"), JSON.stringify({ ...pack, methods }));
  assert.match((await failure(openPackFolder(folder))).message, "plain file name");
});

test("packs are found by released name and by folder", () => {
  const packs = join(work, "packs");
  mkdirSync(packs);
  cpSync(TINY, join(packs, "tiny"), { recursive: true });
  assert.equal(listPacks(packs), ["tiny"]);
  assert.is(findPack("tiny", packs), join(packs, "tiny"));
  assert.is(findPack(TINY, packs), join(packageFolder(), TINY));
  assert.throws(() => findPack("large", packs), /no pack "large".*there is: tiny/);
  assert.throws(() => findPack("../packs", packs), /no pack/);
});

test("over HTTP: found, not found, broken, unreachable", async () => {
  const answers: Record<string, () => Response> = {
    "http://host/packs/tiny/pack.json": () => Response.json(tiny),
    "http://host/packs/tiny/bands.onnx": () => new Response(new Uint8Array([1, 2, 3])),
    "http://host/packs/text/pack.json": () => new Response("<html>"),
  };
  const tiny = (await openPackFolder(TINY)).pack;
  const fetch = async (address: string | URL | Request) => {
    if (String(address).includes("gone")) throw new TypeError("fetch failed");
    return answers[String(address)]?.() ?? new Response("", { status: 404 });
  };
  const opened = await fetchPack("http://host/packs/tiny", { fetch });
  assert.is(opened.pack.name, "tiny");
  assert.equal((await opened.graph()).bytes, new Uint8Array([1, 2, 3]));
  assert.is((await failure(opened.graph("all-ones"))).code, "model-missing");
  assert.is((await failure(fetchPack("http://host/packs/text/", { fetch }))).code, "model-broken");
  const missing = await failure(fetchPack("http://host/packs/none/", { fetch }));
  assert.is(missing.code, "model-missing");
  assert.match(missing.message, "http://host/packs/none/pack.json cannot be fetched (status 404)");
  assert.is((await failure(fetchPack("http://gone/", { fetch }))).code, "model-missing");
});

test.run();
