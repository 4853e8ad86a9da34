/** What every method of a pack costs for one window, in every runtime there is, and against its first method. */
import { METHODS } from "../../lab/methods/index.ts";
import { methodSettings, type Passes } from "../../lab/methods/method.ts";
import type { GraphFiles, OpenPack } from "../../models/pack/open-pack.ts";
import type { PackMethod } from "../../models/pack/pack.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { measureEngine } from "./engine-time.ts";

interface MethodTime {
  readonly method: string;
  readonly title: string;
  /** Runs through the classifier; null for a method that this version does not know. */
  readonly passes: Passes | null;
  /** Milliseconds of processor time for one window in onnxruntime-node, median; null where that is not installed. */
  readonly nodeMs: number | null;
  /** The same in WASM. */
  readonly wasmMs: number;
  readonly graphBytes: number;
}

/** Windows through every method before anything is measured. */
const WASM_WARM_UP = 20;

/** @param log told once, where onnxruntime-node is not installed. */
export async function measureMethods(
  opened: OpenPack,
  windows: number,
  log: (line: string) => void,
  onDone: (done: number) => void,
): Promise<MethodTime[]> {
  const native = await nodeRuntime({ build: "native" }).catch((error: Error) => {
    log(`onnxruntime-node was left out: ${error.message}`);
    return null;
  });
  const wasm = await nodeRuntime({ build: "wasm" });
  // WASM is compiled again, better, while it runs: without this the first methods would pay for all.
  for (const { name } of opened.pack.methods) await measureEngine(wasm, opened, name, WASM_WARM_UP);
  const times: MethodTime[] = [];
  for (const method of opened.pack.methods) {
    const { name, title } = method;
    times.push({
      method: name,
      title,
      passes: passesOf(method),
      nodeMs: native && (await measureEngine(native, opened, name, windows)).cpuP50Ms,
      wasmMs: (await measureEngine(wasm, opened, name, windows)).cpuP50Ms,
      graphBytes: bytesOf(await opened.graph(name)),
    });
    onDone(times.length);
  }
  return times;
}

/** Of the graph and the files that its weights lie in. */
function bytesOf({ bytes, weights }: GraphFiles): number {
  return [...weights.values()].reduce((sum, { length }) => sum + length, bytes.length);
}

function passesOf({ name, parameters }: PackMethod): Passes | null {
  const known = METHODS.find((each) => each.name === name);
  return known ? known.passes(methodSettings(known, parameters)) : null;
}

export function methodTimesAsMarkdown(times: readonly MethodTime[]): string {
  const first = times[0];
  const ms = (value: number | null) => (value === null ? "–" : value.toFixed(value < 10 ? 1 : 0));
  const ratio = (value: number | null, reference: number | null) =>
    value === null || reference === null ? "–" : `${(value / reference).toFixed(1)} ×`;
  const rows = times.map(({ title, passes, nodeMs, wasmMs, graphBytes }) => [
    title,
    passes ? `${passes.forward} + ${passes.backward}` : "–",
    ms(nodeMs),
    ratio(nodeMs, first.nodeMs),
    ms(wasmMs),
    ratio(wasmMs, first.wasmMs),
    `${Math.round(graphBytes / 1024)} KiB`,
  ]);
  const against = `against ${first.title}`;
  const head = ["method", "forward + backward passes", "Node, ms", against, "WASM, ms", against, "graph"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
