// Which runtime the other tests ran their models on: without onnxruntime-node they run on WASM, and those of training not at all.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";

/** Set where onnxruntime-node must be there (`.ci/run`): "onnxruntime-node". */
const expected = process.env["LISTENABLE_EXPECTED_RUNTIME"];

test("models run on the runtime that is expected here", async () => {
  const reasons: string[] = [];
  const { name, description } = await nodeRuntime({ log: (line) => reasons.push(line) });
  console.log([`models run on ${description}`, ...reasons].join(": "));
  if (expected) assert.is(name, expected);
});

test.run();
