import { test } from "uvu";
import * as assert from "uvu/assert";
import { PackFiles } from "../../../../client/page/offline/pack-files.ts";
import { PageFiles } from "../../../../client/page/offline/page-files.ts";

const BASE = "https://example.org/listen/";

/** As much of the Cache interface as is used, in order of insertion. */
class FakeCache {
  readonly kept = new Map<string, Response>();
  async match(url: string): Promise<Response | undefined> {
    return this.kept.get(url)?.clone();
  }
  async put(url: string, response: Response): Promise<void> {
    this.kept.set(url, response);
  }
  async delete(key: string | { url: string }): Promise<boolean> {
    return this.kept.delete(typeof key === "string" ? key : key.url);
  }
  async keys(): Promise<{ url: string }[]> {
    return [...this.kept.keys()].map((url) => ({ url }));
  }
}

/** A server with these files below packs/, which can be switched off or answer with another status. */
function rig(answers: Map<string, string>) {
  const cache = new FakeCache();
  const server = { online: true, status: 200 };
  const packs = new PackFiles({
    base: BASE,
    caches: { open: async () => cache as unknown as Cache },
    fetch: async ({ url }) => {
      if (!server.online) throw new TypeError("no network");
      const text = answers.get(url.slice(`${BASE}packs/`.length));
      return new Response(text, { status: text === undefined ? 404 : server.status });
    },
  });
  const get = async (path: string) => (await packs.answer(new Request(`${BASE}packs/${path}`))).text();
  return { packs, cache, get, server };
}

const description = (version: number) =>
  JSON.stringify({ version, methods: [{ graph: "a.onnx" }, { graph: "b.onnx" }, { graph: "a.onnx" }] });

const dogs = () =>
  new Map([
    ["index.json", "{}"],
    ["dogs/pack.json", description(1)],
    ["dogs/a.onnx", "graph a"],
    ["dogs/b.onnx", "graph b"],
  ]);

async function rejects(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  );
}

test("a pack is kept whole, and answers without a network", async () => {
  const { packs, get, server } = rig(dogs());
  await packs.keepAll(`${BASE}packs/dogs/`);
  server.online = false;
  assert.is(await get("dogs/b.onnx"), "graph b");
  assert.is(await get("index.json"), "{}");
  assert.ok(await rejects(get("cats/pack.json")), "what was never there is not there");
});

test("with a pack its weights, its prepared cuts and its classifier are kept", async () => {
  const prepared = {
    methods: [
      {
        graph: "a.onnx",
        weights: ["weights.bin"],
        newest: [{ frames: 33, graph: "a.newest-33.onnx", weights: ["weights.bin"] }],
      },
    ],
    classifier: { graph: "classifier.onnx", weights: ["weights.bin"] },
  };
  const files = ["a.onnx", "weights.bin", "a.newest-33.onnx", "classifier.onnx"];
  const answers = new Map([
    ["index.json", "{}"],
    ["dogs/pack.json", JSON.stringify(prepared)],
    ...files.map((file): [string, string] => [`dogs/${file}`, `bytes of ${file}`]),
  ]);
  const { packs, get, server } = rig(answers);
  await packs.keepAll(`${BASE}packs/dogs/`);
  server.online = false;
  for (const file of files) assert.is(await get(`dogs/${file}`), `bytes of ${file}`);
});

test("graphs of an older version of the pack do not answer for the newer", async () => {
  const answers = dogs();
  const { packs, get, server } = rig(answers);
  await packs.keepAll(`${BASE}packs/dogs/`);
  answers.set("dogs/pack.json", description(2)).set("dogs/a.onnx", "new a");
  await get("dogs/pack.json");
  await get("dogs/a.onnx");
  server.online = false;
  assert.is(await get("dogs/a.onnx"), "new a");
  assert.ok(await rejects(get("dogs/b.onnx")), "the old one is gone");
});

test("four packs are kept, those used last", async () => {
  const answers = new Map<string, string>();
  for (let k = 0; k < 6; k++) {
    answers.set(`p${k}/pack.json`, description(k)).set(`p${k}/a.onnx`, `graph ${k}`);
  }
  const { get, cache } = rig(answers);
  for (const k of [0, 1, 2, 3]) {
    await get(`p${k}/pack.json`);
    await get(`p${k}/a.onnx`);
  }
  await get("p0/pack.json");
  await get("p4/pack.json");
  const folders = new Set([...cache.kept.keys()].map((url) => url.split("/").at(-2)));
  assert.equal([...folders].sort(), ["p0", "p2", "p3", "p4"]);
});

test("an error of a server that starts anew does not hide what was kept", async () => {
  const { get, server } = rig(dogs());
  await get("dogs/a.onnx");
  server.status = 503;
  assert.is(await get("dogs/a.onnx"), "graph a");
});

const never = () => Promise.reject(new Error("nothing is asked for"));

test("only the page and its own files are answered from what was kept", () => {
  const files = new PageFiles({
    base: BASE,
    version: "1",
    files: [
      ["", "00"],
      ["page.js", "11"],
    ],
    caches: { open: never, keys: never, delete: never },
    fetch: never,
  });
  const address = (path: string, mode: RequestMode = "cors", method = "GET") =>
    files.addressOf({ url: `${BASE}${path}`, mode, method });
  assert.is(address("", "navigate"), BASE);
  assert.is(address("?source=microphone#token=x", "navigate"), BASE);
  assert.is(address("index.html", "navigate"), BASE);
  assert.is(address("page.js"), `${BASE}page.js`);
  for (const path of ["kiosk", "compat.html", "healthz", "metrics", "explain", "kiosk/settings.json"]) {
    assert.is(address(path, "navigate"), undefined, path);
    assert.is(address(path), undefined, path);
  }
  assert.is(address("page.js", "cors", "POST"), undefined);
  assert.is(address("page.js?another"), undefined);
});

test.run();
