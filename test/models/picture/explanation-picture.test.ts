// An explained sound drawn: whole or block by block.
import { decode } from "fast-png";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { joined } from "../../../dsp/joined.ts";
import { explainStream } from "../../../models/explain/explain-sound.ts";
import { ExplanationPicture } from "../../../models/picture/explanation-picture.ts";
import { openPack } from "../../../models/runtime/open-pack-node.ts";

const RATE = 16_000;
const pack = await openPack("test/fixtures/tiny-pack");
test.after(() => pack.close());
const samples = Float32Array.from(
  { length: 3 * RATE },
  (_, n) => 0.3 * Math.sin((2 * Math.PI * (n < RATE ? 1_000 : 6_000) * n) / RATE),
);

async function drawn(pieces: readonly Float32Array[], classes: readonly number[]): Promise<Uint8Array> {
  const picture = new ExplanationPicture(pack.pack);
  for await (const block of explainStream(pack, pieces, { rate: RATE })) picture.add(block);
  return picture.draw({ title: "high · 90 %", subtitle: "a test", duration: 3, classes });
}

test("the picture is the same however the sound came", async () => {
  const seconds = [0, 1, 2].map((second) => samples.subarray(second * RATE, (second + 1) * RATE));
  assert.is(joined(seconds).length, samples.length);
  const [whole, inBlocks] = [await drawn([samples], [1, 0]), await drawn(seconds, [1, 0])];
  assert.ok(Buffer.from(whole).equals(Buffer.from(inBlocks)));
  assert.not(Buffer.from(whole).equals(Buffer.from(await drawn([samples], [0, 1]))), "the order tells");
});

test("three classes are drawn, whatever there are", async () => {
  const height = async (classes: readonly number[]) => decode(await drawn([samples], classes)).height;
  const [one, two, three] = [await height([0]), await height([0, 1]), await height([0, 1, 2])];
  assert.ok(one < two && two < three);
  assert.is(await height([0, 1, 2, 0]), three);
});

test.run();
