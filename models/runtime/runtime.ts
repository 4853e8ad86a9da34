/**
 * The seam to onnxruntime: which build runs the graphs, and with which settings.
 * `web.ts` makes one for the browser, `runtime-node.ts` one for Node; nothing else in the tree knows them apart.
 */
import type * as Ort from "onnxruntime-common";

export interface Runtime {
  readonly name: "onnxruntime-web" | "onnxruntime-node";
  /** For people: "onnxruntime-web, WASM SIMD, 1 thread". */
  readonly description: string;
  readonly ort: Pick<typeof Ort, "InferenceSession" | "Tensor">;
  readonly sessionOptions: Ort.InferenceSession.SessionOptions;
  /** Told before every run of a method's or a judge's graph. */
  readonly onRun?: (() => void) | undefined;
}

/**
 * Session settings for small models at a steady pace.
 * Spinning threads would burn whole cores between windows, and denormals (the tails of quiet sound) cost up to
 * a hundred times as much as zeros.
 */
export function sessionOptions(
  provider: "wasm" | "cpu" | "cuda" | "webgpu",
  threads: number,
): Ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: {
      session: {
        set_denormal_as_zero: "1",
        intra_op: { allow_spinning: "0" },
        inter_op: { allow_spinning: "0" },
      },
    },
  };
}

export function threadsText(threads: number): string {
  return `${threads} thread${threads === 1 ? "" : "s"}`;
}
