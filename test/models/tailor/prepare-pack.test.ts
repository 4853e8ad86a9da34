// A prepared pack: what is cut beforehand says what the whole graph says, and its weights lie once.
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { longestDelay } from "../../../client/live/session/stream-plan.ts";
import { writePack } from "../../../lab/packing/write-pack.ts";
import { heldMaskFrames, liveFrames, pagesMaskFrames } from "../../../models/pack/live-frames.ts";
import type { OpenPack } from "../../../models/pack/open-pack.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { audioShape, packMethod } from "../../../models/pack/pack.ts";
import { loadClassifier, loadNewest } from "../../../models/runtime/load-cut.ts";
import { loadMethod } from "../../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { noise } from "../../worklets/rig.ts";

const RELEASED = "models/packs/esc10-speech";
const runtimes = await Promise.all((["native", "wasm"] as const).map((build) => nodeRuntime({ build })));
const work = mkdtempSync(join(tmpdir(), "listenable-prepared-"));
test.after(() => rmSync(work, { recursive: true }));

/** The released pack's graphs as a pack of today. */
async function packedAnew(name: string): Promise<OpenPack> {
  const folder = join(work, name);
  const { pack, file } = await openPackFolder(RELEASED);
  const { methods, classifier: _classifier, format: _format, ...description } = pack;
  const plain = methods.map(({ name, title, graph, target }) => ({ name, title, graph, target }));
  const files = new Map<string, Uint8Array>();
  for (const { graph } of plain) files.set(graph, await file(graph));
  await writePack(folder, description, { methods: plain }, files);
  return openPackFolder(folder);
}

const today = await packedAnew("today");
const released = await openPackFolder(RELEASED);
const { pack } = released;
const window = noise(pack.windowFrames * pack.stft.bins, 4, 20).map(Math.abs);

const bytesIn = (folder: string) =>
  readdirSync(folder)
    .filter((file) => /\.(onnx|bin)$/.test(file))
    .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);

async function masksOf(loading: ReturnType<typeof loadNewest>) {
  const method = await loading;
  const { masks, probabilities } = await method.run(window, 1);
  const answer = { masks: masks.slice(), probabilities: probabilities.slice(), shape: method.maskShape };
  await method.close();
  return answer;
}

test("weights lie once: the pack with its cuts is smaller than its methods were", () => {
  const before = released.pack.methods.reduce(
    (sum, { graph }) => sum + statSync(join(RELEASED, graph)).size,
    0,
  );
  assert.ok(bytesIn(today.source) < 0.6 * before, `${bytesIn(today.source)} bytes of ${before}`);
  assert.is(today.pack.format, 2, "readers of before can't read it, and are told so");
});

for (const runtime of runtimes) {
  test(`${runtime.name}: whole methods give the same numbers, to the last bit`, async () => {
    for (const { name } of pack.methods) {
      const before = await masksOf(
        loadMethod(runtime, await released.file(packMethod(pack, name).graph), pack, name),
      );
      for (const opened of [today, released]) {
        const now = await masksOf(loadMethod(runtime, await opened.graph(name), opened.pack, name));
        assert.equal(now, before, name);
      }
    }
  });

  test(`${runtime.name}: prepared cuts give what cuts made at loading give, and no other graph is read`, async () => {
    const unprepared = {
      ...released,
      pack: { ...pack, methods: pack.methods.map(({ newest: _, ...rest }) => rest) },
    };
    for (const { name } of pack.methods) {
      for (const frames of liveFrames(pack)) {
        const before = await masksOf(loadNewest(runtime, unprepared, name, frames));
        for (const opened of [today, released]) {
          const graphs: string[] = [];
          const watched: OpenPack = {
            ...opened,
            read: (entry) => {
              graphs.push(entry.graph);
              return opened.read(entry);
            },
          };
          assert.equal(
            await masksOf(loadNewest(runtime, watched, name, frames)),
            before,
            `${name} ${frames}`,
          );
          const whole = packMethod(pack, name).newest!.length === 0;
          assert.equal(graphs, [`${name}${whole ? "" : `.newest-${frames}`}.onnx`]);
        }
      }
    }
  });

  test(`${runtime.name}: the prepared classifier says what the methods say, for no target`, async () => {
    const { probabilities } = await masksOf(loadMethod(runtime, await released.graph(), pack));
    for (const opened of [today, released]) {
      const classifier = await loadClassifier(runtime, opened);
      assert.is(classifier.method.target, false);
      const answer = await classifier.run(window, 1);
      for (const [k, value] of answer.probabilities.entries()) {
        assert.ok(Math.abs(value - probabilities[k]) < 1e-5);
      }
      assert.ok(answer.masks.every((value) => value === 0));
      await classifier.close();
    }
  });
}

test("what pages and servers ask for, at any device's rate, is prepared", () => {
  for (const opened of [today, released]) {
    const { pack } = opened;
    const rates = [8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000];
    const asked = rates.map((rate) => longestDelay(audioShape(pack), rate));
    for (const { name, newest } of pack.methods) {
      if (name === "all-ones") {
        assert.equal(newest, [], "nothing is gained there");
        continue;
      }
      const prepared = newest!.map(({ frames }) => frames);
      for (const frames of asked) {
        assert.ok(prepared.includes(frames), `the page's ${frames} among ${prepared}`);
        assert.ok(prepared.includes(heldMaskFrames(frames, pack.windowFrames)));
      }
      assert.ok(prepared.includes(pagesMaskFrames(pack)));
    }
  }
});

test("more frames than were prepared are still given, and fewer come from the next larger cut", async () => {
  const [runtime] = runtimes;
  const whole = await masksOf(loadMethod(runtime, await today.graph(), today.pack));
  const { bins } = pack.stft;
  for (const [asked, given] of [
    [5, liveFrames(pack)[0]],
    [60, 60],
    [128, 128],
  ] as const) {
    const { masks, shape } = await masksOf(loadNewest(runtime, today, undefined, asked));
    assert.equal(shape, [given, bins]);
    const expected = whole.masks.subarray(whole.masks.length - given * bins);
    for (const [k, value] of masks.entries()) assert.ok(Math.abs(value - expected[k]) < 1e-6);
  }
});

test("a file of weights that is missing is named", async () => {
  const folder = join(work, "without-weights");
  cpSync(today.source, folder, { recursive: true });
  rmSync(join(folder, "weights.bin"));
  const opened = await openPackFolder(folder);
  const said = await opened.graph().then(
    () => "nothing",
    ({ message }: Error) => message,
  );
  assert.match(said, "weights.bin is missing");
});

test.run();
