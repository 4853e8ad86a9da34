/** onnxruntime in Node: the native package where it is installed, else the same graphs on WASM. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageFolder } from "../pack/open-pack-node.ts";
import { type Runtime, sessionOptions, threadsText } from "./runtime.ts";

/** Where the build put onnxruntime-web's files, in the package's folder; the sources take them from its own package. */
declare const LISTENABLE_ORT_FOLDER: string | undefined;

/** "native" is onnxruntime-node on the processor, "cuda" and "webgpu" the same on a GPU, "wasm" onnxruntime-web. */
export type RuntimeBuild = "auto" | "native" | "cuda" | "webgpu" | "wasm";

export interface NodeRuntimeOptions {
  /** "auto" takes the native package and falls back to WASM; all others insist. Default "auto". */
  readonly build?: RuntimeBuild;
  /** Threads inside one model run. Default 1: several one-thread sessions side by side beat one with several. */
  readonly threads?: number;
  /** Told once, when "auto" falls back to WASM. */
  readonly log?: (line: string) => void;
}

/** @throws Error when the build that was insisted on cannot be loaded. */
export async function nodeRuntime(options: NodeRuntimeOptions = {}): Promise<Runtime> {
  const { build = "auto", threads = 1, log = () => {} } = options;
  if (build === "wasm") return wasmRuntime(threads);
  try {
    return await nativeRuntime(threads, build === "cuda" || build === "webgpu" ? build : "cpu");
  } catch (cause) {
    const reason = firstLine(cause);
    if (build !== "auto") {
      throw new Error(
        `onnxruntime-node cannot be loaded (${reason}); run "npm install onnxruntime-node", or use WASM instead`,
        { cause },
      );
    }
    log(`onnxruntime-node cannot be loaded (${reason}); using onnxruntime-web's WASM, which is slower`);
    return wasmRuntime(threads);
  }
}

const PROVIDERS = { cpu: "CPU", cuda: "CUDA", webgpu: "WebGPU" } as const;

async function nativeRuntime(threads: number, provider: keyof typeof PROVIDERS): Promise<Runtime> {
  const ort = await import("onnxruntime-node");
  return {
    name: "onnxruntime-node",
    description: `onnxruntime-node ${ort.env.versions.node}, ${PROVIDERS[provider]}, ${threadsText(threads)}`,
    ort,
    sessionOptions: sessionOptions(provider, threads),
  };
}

async function wasmRuntime(threads: number): Promise<Runtime> {
  const ort = await import("onnxruntime-web");
  if (typeof LISTENABLE_ORT_FOLDER === "string") {
    ort.env.wasm.wasmPaths = pathToFileURL(join(packageFolder(), LISTENABLE_ORT_FOLDER)).href;
  }
  ort.env.wasm.numThreads = threads;
  return {
    name: "onnxruntime-web",
    description: `onnxruntime-web ${ort.env.versions.web}, WASM SIMD, ${threadsText(threads)}`,
    ort,
    sessionOptions: sessionOptions("wasm", threads),
  };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}
