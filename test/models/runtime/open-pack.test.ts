// Packs whose methods are ready to run, opened as Node and as the browser do.
import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_PACK, nodeRuntime, openPack, PackError } from "../../../models/index-node.ts";
import { openPack as openPackFromUrl } from "../../../models/runtime/open-pack.ts";

const test = suite("open pack");
const TINY = "test/fixtures/tiny-pack";
const WINDOW = 128 * 257;
const work = mkdtempSync(join(tmpdir(), "listenable-open-"));
test.after(() => rmSync(work, { recursive: true }));

const copyOfTiny = (name: string) => {
  cpSync(TINY, join(work, name), { recursive: true });
  return join(work, name);
};

/** Serves the tiny pack's files under one address, and tells which were asked for. */
function served() {
  const asked: string[] = [];
  const fetch = async (address: string | URL | Request) => {
    const file = String(address).replace("http://host/tiny/", "");
    asked.push(file);
    return new Response(await readFile(join(TINY, file)));
  };
  return { asked, fetch };
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => Promise.reject(new Error("expected an error")),
    (error) => error,
  );
}

test("by name, by folder, and by default a released one", async () => {
  assert.is((await openPack("esc10-speech")).pack.name, "esc10-speech");
  assert.is((await openPack()).pack.name, DEFAULT_PACK);
  const tiny = await openPack(TINY);
  assert.is(tiny.pack.name, "tiny");
  assert.match((await tiny.runtime()).description, /thread/);
  const error = await failure(openPack("large"));
  assert.ok(error instanceof PackError && error.code === "model-missing");
  assert.match(error.message, /no pack "large".*esc10-speech/);
});

test("over HTTP nothing is fetched and no runtime made before a method is asked for, and each once", async () => {
  const { asked, fetch } = served();
  const runtime = await nodeRuntime();
  const pack = await openPackFromUrl("http://host/tiny", { fetch, runtime });
  assert.equal(asked, ["pack.json"]);
  const [first, again] = await Promise.all([pack.method(), pack.method("bands")]);
  assert.is(first, again);
  assert.is(first.runtime, runtime);
  assert.equal(asked, ["pack.json", "bands.onnx"]);
  await pack.close();
});

test("the classifier says what every method says, and masks nothing", async () => {
  const pack = await openPack(TINY);
  const window = Float32Array.from({ length: WINDOW }, (_, i) => ((i * 31) % 101) / 100);
  const bands = await (await pack.method("bands")).run(window, 1);
  const alone = await (await pack.classifier()).run(window, 1);
  assert.equal([...alone.probabilities], [...bands.probabilities]);
  assert.ok(alone.masks.every((value) => value === 0));
  assert.is(await pack.classifier(), await pack.classifier());
  await pack.close();
});

test("runs that overlap take turns, and one that fails holds nobody up", async () => {
  const pack = await openPack(TINY);
  const method = await pack.method();
  const windows = [1, 2, 3].map((value) => new Float32Array(WINDOW).fill(value));
  const wrong = failure(method.run(new Float32Array(3), 1));
  const answers = await Promise.all(windows.map((window) => method.run(window, 1)));
  assert.match((await wrong).message, /magnitudes/);
  assert.is(answers.length, 3);
  for (const [k, { masks }] of answers.entries()) {
    assert.equal(masks, (await method.run(windows[k], 1)).masks);
  }
  await pack.close();
});

test("closing lets a run end; nothing is loaded afterwards", async () => {
  const pack = await openPack(TINY);
  const method = await pack.method();
  const running = method.run(new Float32Array(WINDOW).fill(1), 1);
  await pack.close();
  assert.is((await running).probabilities.length, 3);
  assert.match((await failure(pack.method("all-ones"))).message, /pack tiny was closed; open it again/);
});

test("a method that was closed is loaded anew for the next who asks", async () => {
  const pack = await openPack(TINY);
  const method = await pack.method();
  await method.close();
  assert.match((await failure(method.run(new Float32Array(WINDOW), 1))).message, /closed/);
  const next = await pack.method();
  assert.is((await next.run(new Float32Array(WINDOW).fill(1), 1)).probabilities.length, 3);
  await pack.close();
});

test("a graph that is missing is told by name, and found once it is there", async () => {
  const folder = copyOfTiny("missing");
  renameSync(join(folder, "bands.onnx"), join(folder, "elsewhere"));
  const pack = await openPack(folder);
  assert.match((await failure(pack.method())).message, /bands\.onnx is missing/);
  assert.match((await failure(pack.method("magic"))).message, /no method "magic"; it has: bands, all-ones/);
  renameSync(join(folder, "elsewhere"), join(folder, "bands.onnx"));
  assert.is((await pack.method()).method.name, "bands");
  await pack.close();
});

test.run();
