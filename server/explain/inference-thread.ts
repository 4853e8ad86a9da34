/** What the server and the threads that run its models have to say to each other. */
import type { RuntimeBuild } from "../../models/runtime/runtime-node.ts";
import type { PackReading } from "./backend.ts";
import type { JoinedAnswer, JoinedCall } from "./joined-call.ts";

/** How long so many windows at once took, in milliseconds. */
export interface BatchTime {
  readonly windows: number;
  readonly ms: number;
}

export interface Prepared {
  readonly times: readonly BatchTime[];
  /** Of streaming packs: numbers of a state. */
  readonly state: number | undefined;
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
    readonly prepared: Prepared;
  };
  readonly calls: {
    readonly explain: { readonly request: JoinedCall; readonly reply: JoinedAnswer };
    readonly prepare: { readonly request: PackReading; readonly reply: Prepared };
  };
}
