/** What passes between the server and the threads that run its models. */
import type { PackErrorCode } from "../models/pack.ts";
import type { WindowResult } from "./backend.ts";

/** Given to a thread at its start. */
export interface LaneSettings {
  readonly packFolder: string;
  readonly build: "auto" | "native" | "wasm";
  readonly threads: number;
}

export type ToLane =
  | {
      readonly type: "explain";
      readonly method: string;
      readonly magnitudes: Float32Array;
      readonly target: number;
    }
  | { readonly type: "close" };

export type FromLane =
  | { readonly type: "ready"; readonly description: string; readonly notices: readonly string[] }
  | { readonly type: "unusable"; readonly message: string; readonly code?: PackErrorCode }
  | { readonly type: "result"; readonly result: WindowResult }
  | { readonly type: "failed"; readonly message: string };
