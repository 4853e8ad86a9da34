// Several packs on one server, packs that change while it runs, and the pace that it asks for.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import { RemoteEngine, type WebSocketClass } from "../../client/live/engines/remote-engine.ts";
import { liveFrames } from "../../models/pack/live-frames.ts";
import { fetchPack } from "../../models/pack/open-pack.ts";
import { startServer } from "../../server/start-server.ts";
import { engineError, windowWith } from "../client/live/engines/engine-suite.ts";
import { FRAMES } from "./raw-client.ts";

const TINY = "test/fixtures/tiny-pack";
const work = mkdtempSync(join(tmpdir(), "listenable-packs-"));
test.after(() => rmSync(work, { recursive: true }));
const ws = WebSocket as unknown as WebSocketClass;

/** A copy of the tiny pack whose description is another one. */
function packWith(name: string, change: (pack: Record<string, unknown>) => void): string {
  const folder = join(work, name);
  cpSync(TINY, folder, { recursive: true });
  edit(folder, change);
  return folder;
}

function edit(folder: string, change: (pack: Record<string, unknown>) => void): void {
  const file = join(folder, "pack.json");
  const pack = JSON.parse(readFileSync(file, "utf8"));
  change(pack);
  writeFileSync(file, JSON.stringify(pack));
}

test("two packs of one name, which would have one address, are refused", async () => {
  const second = packWith("namesake", (pack) => {
    pack["title"] = "Another";
  });
  await startServer({ pack: [TINY, second], port: 0, lanes: 1 }).then(
    () => assert.unreachable(),
    ({ name, message }: Error) => {
      assert.is(name, "PackError");
      assert.match(message, /tiny-pack and .*namesake are both named \S+.*listenable pack --name/);
    },
  );
});

test("each pack has its address; the first one answers at the plain one", async () => {
  const second = packWith("second", (pack) => {
    pack["name"] = "second";
  });
  const server = await startServer({ pack: [TINY, second], port: 0, lanes: 1 });
  try {
    const names: string[] = [];
    for (const path of ["", "/tiny", "/second"]) {
      const engine = await RemoteEngine.connect({ url: server.explainUrl + path, WebSocket: ws });
      names.push(engine.server.pack.name);
      const { probabilities } = await engine.explain(windowWith(0, 200, 220));
      assert.ok(probabilities[1] > 0.99);
      await engine.close();
    }
    assert.equal(names, ["tiny", "tiny", "second"]);
    const none = await engineError(
      RemoteEngine.connect({ url: `${server.explainUrl}/third`, WebSocket: ws }),
    );
    assert.is(none.code, "lost");
  } finally {
    await server.close();
  }
});

test("a released pack of windows is served with what was prepared for pages, and nothing else of its folder", async () => {
  const folder = "models/packs/esc10-speech";
  const server = await startServer({ pack: folder, port: 0, lanes: 1 });
  try {
    const { pack } = await fetchPack(`${server.url}packs/esc10-speech`);
    const { classifier, methods } = pack;
    const prepared = [classifier!, ...methods[0].newest!];
    assert.is(prepared.length, 1 + liveFrames(pack).length);
    for (const { graph, weights = [] } of prepared) {
      for (const file of [graph, ...weights]) {
        const answer = await fetch(`${server.url}packs/esc10-speech/${file}`);
        assert.equal(Buffer.from(await answer.arrayBuffer()), readFileSync(join(folder, file)), file);
      }
    }
    assert.is((await fetch(`${server.url}packs/esc10-speech/CARD.md`)).status, 404);
  } finally {
    await server.close();
  }
});

test("packs of several folders are offered to pages, a name that comes again is the first one's", async () => {
  for (const [name, title] of [
    ["added/tiny", "Not this one"],
    ["added/mine", "Mine"],
  ] as const) {
    packWith(name, (pack) => {
      pack["name"] = name.slice(6);
      pack["title"] = title;
    });
  }
  const packsFolder = ["models/packs", join(work, "added")];
  const server = await startServer({ pack: TINY, port: 0, lanes: 1, packsFolder });
  try {
    const { packs } = (await (await fetch(`${server.url}packs/index.json`)).json()) as {
      packs: { name: string; title: string }[];
    };
    assert.equal(
      packs.map(({ name }) => name),
      ["tiny", "esc10-speech", "everyday", "mine"],
    );
    assert.is.not(packs[0]!.title, "Not this one");
    assert.is((await fetchPack(`${server.url}packs/mine`)).pack.title, "Mine");
  } finally {
    await server.close();
  }
});

test("a client gets the newest mask frames that it wants, and a few more at most", async () => {
  const server = await startServer({ pack: TINY, port: 0, lanes: 1 });
  try {
    const whole = await RemoteEngine.connect({ url: server.explainUrl, WebSocket: ws });
    const newest = await RemoteEngine.connect({ url: server.explainUrl, WebSocket: ws, newestFrames: 33 });
    const all = (await whole.explain(windowWith(0, 200, 220))).mask;
    const some = (await newest.explain(windowWith(0, 200, 220))).mask;
    assert.is(some.length, (all.length / FRAMES) * 48);
    assert.equal(some, all.slice(-some.length));
    await Promise.all([whole.close(), newest.close()]);
  } finally {
    await server.close();
  }
});

test("a reload changes the graphs under running sessions; a broken one changes nothing; another shape ends them", async () => {
  const folder = packWith("changing", (pack) => {
    pack["name"] = "changing";
  });
  const server = await startServer({ pack: folder, port: 0, lanes: 1 });
  try {
    const engine = await RemoteEngine.connect({ url: server.explainUrl, WebSocket: ws });
    let first = 0;
    const brightest = async () => {
      first += 8;
      return Math.min(...(await engine.explain(windowWith(first, 200, 220))).mask);
    };
    assert.ok((await brightest()) < 1);
    cpSync(join(folder, "all-ones.onnx"), join(folder, "bands.onnx"));
    assert.ok((await brightest()) < 1, "files that were not read again count for nothing");
    await server.reload();
    assert.is(await brightest(), 1);

    writeFileSync(join(folder, "bands.onnx"), "nonsense");
    await server.reload();
    assert.is(await brightest(), 1);

    cpSync(join(TINY, "bands.onnx"), join(folder, "bands.onnx"));
    edit(folder, (pack) => {
      pack["version"] = "9.0.0";
    });
    await server.reload();
    const ended = await engineError(engine.explain(windowWith(first + 8, 200, 220)));
    assert.is(ended.code, "lost");
    assert.match(ended.message, "replaced by another version");
    const again = await RemoteEngine.connect({ url: server.explainUrl, WebSocket: ws });
    assert.is(again.server.pack.version, "9.0.0");
    await again.close();
  } finally {
    await server.close();
  }
});

test.run();
