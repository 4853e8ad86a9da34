// Graphs that have the inputs and outputs which their readers expect, and something hostile behind them.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fuzzGraph } from "../../../tools/fuzz/fuzz-graph.ts";

/** Graphs that any reader may take: what they say is unusual, and not wrong. */
const UNUSUAL = [
  /^\w+: (20,000|200) /,
  // The eighth power of [B, 8] is 2^24 elements a row; that of the method's windows is beyond all and refused.
  /^classifier: sizes of the input's own$/,
  // The last of two graphs counts, as protobuf says.
  /: a (second graph after the first|constant of infinities)$/,
  /: Gather of what is not there$/,
];

test("a graph that looks as a reader expects it, and holds what it does not, is refused by name", async () => {
  const { failures, hostile, outcomes } = await fuzzGraph(40, 7);
  assert.equal(failures, []);
  for (const [name, outcome] of Object.entries(hostile)) {
    assert.is(outcome, UNUSUAL.some((each) => each.test(name)) ? "read" : "refused", name);
  }
  for (const { read, refused } of Object.values(outcomes)) assert.ok(read > 5 && refused > 20);
});

test.run();
