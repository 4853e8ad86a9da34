/** A pack is added whole or not at all, from a publisher's server on this machine or from a user's file. */
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addPack, galleryEntry, sourceOf } from "../../../lab/gallery/add-pack.ts";
import { addedNames, listedPacks, removePack, verifyPack } from "../../../lab/gallery/added-packs.ts";
import { GALLERY } from "../../../lab/gallery/entries.ts";
import { readFront } from "../../../lab/import/read-front.ts";
import type { Progress } from "../../../lab/progress.ts";
import { addedPacksFolder } from "../../../models/pack/added-packs-node.ts";
import { findPack, openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { until } from "../../until.ts";
import { entryOf, LABELS, publish, publishedFile } from "./published.ts";

const test = suite("adding packs");
const file = await publishedFile();
const homes = await mkdtemp(join(tmpdir(), "listenable-gallery-"));
test.after(() => rm(homes, { recursive: true }));

let count = 0;
const newHome = () => join(homes, String(count++));

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const failed = await promise.then(
    () => new Error("it went well"),
    (error: Error) => error,
  );
  return failed.message;
}

/** Nothing of it is left, and another try would begin anew. */
async function nothingAdded(home: string): Promise<void> {
  assert.equal(addedNames(home), []);
  const all = await readdir(home, { recursive: true }).catch(() => []);
  assert.equal(
    all.filter((name) => !["adding", "packs"].includes(name)),
    [],
  );
}

test("what is published is fetched, packed and found by its name, with its licence and where it is from", async () => {
  const home = newHome();
  const server = await publish((_, response) => response.end(file));
  try {
    const entry = entryOf(file, server.address);
    const seen: Progress[] = [];
    const added = await addPack(entry, { home }, { onProgress: (progress) => seen.push(progress) });
    assert.is(added.from, server.address);
    const fetched = seen.filter(({ stage }) => stage === "fetch");
    assert.equal([fetched[0]!.done, fetched.at(-1)!.done, fetched[0]!.total], [0, file.length, file.length]);
    const { pack, graph } = await openPackFolder(findPack("wave", addedPacksFolder(home)));
    assert.equal([pack.name, pack.title, pack.licence], ["wave", "Wave", "CC0-1.0"]);
    // Nobody gave them: they are in the file.
    assert.equal(pack.labels, LABELS);
    assert.is(pack.answers, "independent");
    assert.ok((await graph("saliency")).bytes.length > 0);
    assert.match(await readFile(join(added.out, "README.md"), "utf8"), /By Nobody.*CC0-1\.0/);
    const listed = (await listedPacks(home)).find(({ name }) => name === "wave")!;
    assert.equal([listed.released, listed.from], [false, server.address]);
    assert.ok(listed.bytes > added.bytes);
    assert.equal(await readdir(join(home, "adding")), []);
    assert.match(await messageOf(addPack(entry, { home })), /"wave" was added already.*packs remove wave/);
  } finally {
    await server.close();
  }
});

const refusals: [what: string, answer: Parameters<typeof publish>[0], says: RegExp, patienceMs?: number][] = [
  [
    "another file of the same length",
    (_, response) => response.end(Buffer.alloc(file.length, 7)),
    /is not the published file that Listenable knows \(SHA-256 [0-9a-f]{64}\): nothing was added/,
  ],
  [
    "a longer file, of which no more than that is taken",
    (_, response) => response.end(Buffer.alloc(50 * file.length)),
    /not the published file.*more than \d+ bytes/,
  ],
  [
    "a shorter one",
    (_, response) => response.end(file.subarray(0, 5000)),
    /broke off after 5000 of \d+ bytes/,
  ],
  [
    "one that was cut while it was sent",
    (_, response) => {
      response.writeHead(200, { "content-length": file.length });
      response.write(file.subarray(0, 5000), () => response.destroy());
    },
    /broke off: try again/,
  ],
  [
    "none",
    (_, response) => {
      response.statusCode = 404;
      response.end("no such thing");
    },
    /answered with status 404.*--from FILE/,
  ],
  [
    "the beginning, and then nothing",
    (_, response) => {
      response.writeHead(200, { "content-length": file.length });
      response.write(file.subarray(0, 5000));
    },
    /broke off/,
    500,
  ],
  ["no answer", () => {}, /cannot be reached \(no answer\)/, 500],
];
for (const [what, answer, says, patienceMs] of refusals) {
  test(`a server that gives ${what} adds nothing`, async () => {
    const home = newHome();
    const server = await publish(answer);
    try {
      const entry = entryOf(file, server.address);
      assert.match(await messageOf(addPack(entry, { home }, patienceMs ? { patienceMs } : {})), says);
      await nothingAdded(home);
    } finally {
      await server.close();
    }
  });
}

test("without a network it says so, and that a file will do", async () => {
  const home = newHome();
  const server = await publish(() => {});
  await server.close();
  const entry = entryOf(file, server.address);
  assert.match(await messageOf(addPack(entry, { home })), /cannot be reached \(ECONNREFUSED\).*--from FILE/);
  await nothingAdded(home);
});

test("a file of one's own has to be the published one, too", async () => {
  const home = newHome();
  const entry = entryOf(file, "http://127.0.0.1:9/never-asked");
  const from = join(homes, "own.tflite");
  await writeFile(from, file.subarray(0, 999));
  assert.match(
    await messageOf(addPack(entry, { home, from })),
    /own.tflite has 999 bytes, and the published file \d+/,
  );
  await writeFile(from, Buffer.alloc(file.length));
  assert.match(await messageOf(addPack(entry, { home, from })), /not the published file.*SHA-256/);
  assert.match(await messageOf(addPack(entry, { home, from: `${from}x` })), /cannot be read \(ENOENT\)/);
  await nothingAdded(home);
  await writeFile(from, file);
  const { out } = await addPack(entry, { home, from });
  // What others see of it tells nothing of this machine.
  assert.is(JSON.parse(await readFile(join(out, "added.json"), "utf8")).from, "own.tflite");
});

test("an entry without a published file takes the user's, and names what it needs", async () => {
  const home = newHome();
  const { file: _, ...known } = entryOf(file, "");
  const entry = { ...known, labels: "its list" };
  assert.throws(
    () => sourceOf(entry, {}),
    /Wave has to be brought: --from FILE, with its file.*--labels FILE, with its list/,
  );
  assert.throws(() => sourceOf(entry, { from: "x" }), /--labels is missing.*from its list/);
  const [from, labels] = [join(homes, "brought.tflite"), join(homes, "labels.csv")];
  await writeFile(from, file);
  await writeFile(
    labels,
    'index,mid,display_name\n0,/m/1,Plain\n1,/m/2,"Two, with ""quotes"""\n2,/m/3,Third\n3,/m/4,Last\n',
  );
  const { pack } = await addPack(entry, { home, from, labels });
  assert.equal(pack.labels, ["Plain", 'Two, with "quotes"', "Third", "Last"]);
});

test("who asks to end, while it is fetched, is heard", async () => {
  const home = newHome();
  const abort = new AbortController();
  const server = await publish((_, response) => {
    response.writeHead(200, { "content-length": file.length });
    response.write(file.subarray(0, 5000), () => abort.abort(new Error("enough")));
  });
  try {
    const adding = addPack(entryOf(file, server.address), { home }, { signal: abort.signal });
    assert.is(await messageOf(adding), "enough");
    await nothingAdded(home);
  } finally {
    await server.close();
  }
});

test("of two that add the same at once one does, and the other says that it is there", async () => {
  const home = newHome();
  let waiting: (() => void)[] = [];
  const server = await publish((_, response) => waiting.push(() => response.end(file)));
  try {
    const entry = entryOf(file, server.address);
    const both = [addPack(entry, { home }), addPack(entry, { home })];
    await until("both ask", () => waiting.length === 2);
    for (const go of waiting) go();
    waiting = [];
    const ended = await Promise.allSettled(both);
    assert.equal(ended.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const { reason } = ended.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    assert.match(reason.message, /"wave" was added already/);
    assert.equal(await verifyPack("wave", home), []);
    assert.equal(await readdir(join(home, "adding")), []);
  } finally {
    await server.close();
  }
});

test("names of released packs, and others than the gallery's, are refused", async () => {
  const entry = { ...entryOf(file, "http://127.0.0.1:9/"), name: "everyday" };
  assert.match(await messageOf(addPack(entry, { home: newHome() })), /"everyday" is a pack that comes with/);
  assert.throws(() => galleryEntry("yamnett"), /no "yamnett" in the gallery; there is: yamnet, ast/);
  assert.match(await messageOf(removePack("everyday", newHome())), /comes with Listenable/);
});

test("what was added is verified file by file, and removed for good", async () => {
  const home = newHome();
  const from = join(homes, "verified.tflite");
  await writeFile(from, file);
  const { out } = await addPack(entryOf(file, ""), { home, from });
  assert.equal(await verifyPack("wave", home), []);
  await truncate(join(out, "saliency.onnx"), 100);
  await rm(join(out, "README.md"));
  assert.equal(await verifyPack("wave", home), [
    "README.md is missing",
    "saliency.onnx is not as it was added",
  ]);
  await writeFile(join(out, "pack.json"), "{");
  assert.match((await verifyPack("wave", home)).join(), /pack.json is not JSON/);
  const listed = (await listedPacks(home)).find(({ name }) => name === "wave")!;
  assert.match(listed.broken!, /not JSON/);
  await removePack("wave", home);
  await nothingAdded(home);
  for (const ask of [removePack, verifyPack]) {
    assert.match(await messageOf(ask("../packs", home)), /no pack "\.\.\/packs" was added; there is none/);
  }
});

test("what a killed process left behind is no pack, and goes with the next one a day later", async () => {
  const home = newHome();
  const from = join(homes, "behind.tflite");
  await writeFile(from, file);
  const [old, young] = ["old-1", "young-2"].map((name) => join(home, "adding", name, "pack"));
  for (const folder of [old!, young!]) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "pack.json"), "{}");
  }
  const longAgo = Date.now() / 1000 - 2 * 24 * 3600;
  await utimes(join(old!, ".."), longAgo, longAgo);
  assert.equal(addedNames(home), []);
  await addPack(entryOf(file, ""), { home, from });
  assert.equal(await readdir(join(home, "adding")), ["young-2"]);
});

test("every entry of the gallery has a name of its own, a front that is read, and an address and sum to check", () => {
  const names = GALLERY.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
  for (const { name, front, home, file: published, labels } of GALLERY) {
    assert.match(name, /^[a-z0-9-]+$/);
    assert.ok(readFront(front).sampleRate >= 16_000);
    assert.match(home, /^https:\/\//);
    if (!published) assert.ok(labels, name);
    else assert.match(`${published.address} ${published.sha256}`, /^https:\/\/\S+ [0-9a-f]{64}$/);
  }
});

test.run();
