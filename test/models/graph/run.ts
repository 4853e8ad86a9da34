// Runs graphs for the tests: onnxruntime-node, or onnxruntime-web's WASM where that is not installed.
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { encodeModel, type GraphBuilder, type Tensor } from "../../../models/graph/index.ts";

interface Runtime {
  InferenceSession: { create(bytes: Uint8Array, options: object): Promise<InferenceSession> };
  Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OrtTensor;
}

async function loadRuntime(): Promise<Runtime> {
  try {
    return (await import("onnxruntime-node")) as unknown as Runtime;
  } catch {
    console.log("onnxruntime-node is not installed: these tests run on onnxruntime-web");
    return (await import("onnxruntime-web")) as unknown as Runtime;
  }
}

export const runtime = await loadRuntime();

/** Numbers in [-1, 1), the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

export function count(tensor: Tensor): number {
  return tensor.shape.reduce((all: number, size) => all * (size as number), 1);
}

export type Values = Record<string, Float32Array>;

/** A session for a graph with inputs of fixed shapes; call it with their values. */
export async function compile(
  bytes: Uint8Array,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<(values: Values) => Promise<Values>> {
  const session = await runtime.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return async (values) => {
    const feeds = Object.fromEntries(
      session.inputNames.map((name) => [name, new runtime.Tensor("float32", values[name], shapes[name])]),
    );
    const results = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, result]) => [
        name,
        Float32Array.from(result.data as Float32Array, Number),
      ]),
    );
  };
}

export function compileGraph(g: GraphBuilder): Promise<(values: Values) => Promise<Values>> {
  const shapes = Object.fromEntries(g.inputs.map(({ name, shape }) => [name, shape as readonly number[]]));
  return compile(encodeModel(g), shapes);
}
