// The fuzzers, short: the decoders, whole sessions and the readers of sound files under damaged input.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fuzzAudio } from "../tools/fuzz/fuzz-audio.ts";
import { fuzzProtocol } from "../tools/fuzz/fuzz-protocol.ts";

test("damaged messages end in named errors, and sessions keep their books", async () => {
  const { decoders, endings, messages, sessions } = await fuzzProtocol(30_000, 11);
  assert.ok(messages >= 30_000 && sessions > 100);
  // Were all of them refused at the first look, nothing behind it would be tried.
  assert.ok(decoders["decoded"] > 1000 && decoders["malformed"] > 1000);
  assert.ok(endings["closed"] > 50 && Object.keys(endings).length > 4);
});

test("the same seed gives the same messages", async () => {
  const [a, b] = [await fuzzProtocol(3000, 5), await fuzzProtocol(3000, 5)];
  assert.equal({ ...a, heapMiB: null }, { ...b, heapMiB: null });
});

test("damaged sound files are read or refused, in bounded time and memory", async () => {
  const { failures, outcomes } = await fuzzAudio({ files: 150, seed: 4 });
  assert.equal(failures, []);
  assert.ok(Object.keys(outcomes).length > 8);
});

test.run();
