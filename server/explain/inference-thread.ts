/** What the server and the threads that run its models have to say to each other. */
import type { RuntimeBuild } from "../../models/runtime/runtime-node.ts";
import type { PackReading, WindowOutcome, WindowQuery } from "./backend.ts";

/** How long so many windows at once took, in milliseconds. */
export interface BatchTime {
  readonly windows: number;
  readonly ms: number;
}

export interface InferenceThread {
  readonly settings: {
    readonly pack: PackReading;
    readonly build: RuntimeBuild;
    readonly threads: number;
    /** The most windows at once that are tried with each pack, to see how many pay. */
    readonly mostBatch: number;
  };
  readonly ready: {
    readonly description: string;
    readonly notices: readonly string[];
    readonly times: readonly BatchTime[];
  };
  readonly calls: {
    /** Windows alike, whose memory is given along and comes back with the results. */
    readonly explain: { readonly request: readonly WindowQuery[]; readonly reply: readonly WindowOutcome[] };
    readonly prepare: { readonly request: PackReading; readonly reply: readonly BatchTime[] };
  };
}
