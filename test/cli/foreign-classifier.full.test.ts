import { test } from "uvu";
import * as assert from "uvu/assert";
import { makeSounds, pack, removeSounds, rest, trains } from "./foreign-sounds.ts";

test.before(makeSounds);
test.after(removeSounds);
const run = trains ? test : test.skip;

run("a decoder that was trained for a minute keeps the class in less than half of the spectrum", async () => {
  const words = [...rest("full"), "--methods", "lmac", "--steps", "200", "--batch", "8"];
  const packed = await pack("mel44", ...words);
  assert.is(packed.status, 0, packed.stderr);
  const [lmac] = JSON.parse(packed.stdout).figures;
  assert.ok(lmac.fidIn >= 0.9 && lmac.ad <= 10 && lmac.mm <= 0.5, JSON.stringify(lmac));
});

test.run();
