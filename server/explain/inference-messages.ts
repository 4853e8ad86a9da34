/** What passes between the server and the threads that run its models. */
import type { PackErrorCode } from "../../models/pack/pack.ts";
import type { RuntimeBuild } from "../../models/runtime/runtime-node.ts";
import type { PackReading, WindowQuery, WindowResult } from "./backend.ts";

/** Given to a thread at its start. */
export interface LaneSettings {
  readonly pack: PackReading;
  readonly build: RuntimeBuild;
  readonly threads: number;
  /** The most windows at once that are tried at the start, to see how many pay. */
  readonly mostBatch: number;
}

export type ToLane =
  | { readonly type: "explain"; readonly windows: readonly WindowQuery[] }
  | { readonly type: "prepare"; readonly pack: PackReading }
  | { readonly type: "close" };

/** How long so many windows at once took, in milliseconds. */
export interface BatchTime {
  readonly windows: number;
  readonly ms: number;
}

export type FromLane =
  | {
      readonly type: "ready";
      readonly description: string;
      readonly notices: readonly string[];
      readonly times: readonly BatchTime[];
    }
  | { readonly type: "unusable"; readonly message: string; readonly code: PackErrorCode | undefined }
  | { readonly type: "results"; readonly results: WindowResult[] }
  | { readonly type: "prepared" }
  | { readonly type: "failed"; readonly message: string };
