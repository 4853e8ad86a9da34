// Runs a method's graph once, on every onnxruntime that a test asks for.
import type { Runtime } from "../../../models/runtime/runtime.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";

const standard = await nodeRuntime();

export async function runGraph(
  bytes: Uint8Array,
  magnitudes: Float32Array,
  shape: readonly number[],
  targets?: readonly number[],
  runtime: Runtime = standard,
): Promise<Record<string, Float32Array>> {
  const { InferenceSession, Tensor } = runtime.ort;
  const session = await InferenceSession.create(bytes, runtime.sessionOptions);
  try {
    const results = await session.run({
      magnitudes: new Tensor("float32", magnitudes, shape),
      ...(targets && { target: new Tensor("int64", BigInt64Array.from(targets, BigInt), [targets.length]) }),
    });
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]),
    );
  } finally {
    await session.release();
  }
}
