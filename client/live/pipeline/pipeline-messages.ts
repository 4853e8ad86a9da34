/** What the page and the pipeline worker tell each other. */
import type { WasmFiles } from "../../../models/runtime/wasm-files.ts";
import type { SharedMemory } from "../../../protocol/port.ts";
import type { Asked } from "../engines/candidates.ts";
import type { Decision, EngineChoice, Problem, SpectrogramColumns } from "../live-explainer.ts";
import type { StreamPlan } from "../session/stream-plan.ts";
import type { EngineReason, Restart, Told } from "../told.ts";
import type { Timing } from "./pipeline.ts";

export interface PipelineOptions {
  /** Folder of the pack, as a URL. */
  readonly packUrl: string;
  readonly wasm: WasmFiles;
  /** WebSocket address of the server; null where there is none to ask. */
  readonly serverUrl: string | null;
  /** What a server that asks for an access token wants to see. */
  readonly serverToken?: string | undefined;
  readonly engine: EngineChoice;
  readonly asked: Asked;
  /** To begin with. */
  readonly plan: StreamPlan;
  /** The most that D may become in any plan. */
  readonly longestDelayFrames: number;
}

export type PageToPipeline =
  /** Loads the pack and chooses an engine; answered by "ready" or "problem". */
  | { readonly type: "open"; readonly options: PipelineOptions }
  /** Another stream with the same pack, after the "end" of the one before; answered likewise. */
  | ({ readonly type: "again" } & Pick<PipelineOptions, "engine" | "asked" | "plan">)
  /** Begins: the port to the audio thread (transferred). */
  | { readonly type: "connect"; readonly port: MessagePort; readonly memory: SharedMemory | null }
  | { readonly type: "engine"; readonly engine: EngineChoice }
  | { readonly type: "ask"; readonly asked: Asked }
  /** Other times from now on. */
  | { readonly type: "plan"; readonly plan: StreamPlan }
  /** Columns go through this port too, which answers each, until it is closed by its name. */
  | { readonly type: "column-port"; readonly id: number; readonly port: MessagePort }
  | { readonly type: "column-port-closed"; readonly id: number }
  /** Answers each "columns". */
  | { readonly type: "columns-received" }
  /** The stream is over, and nothing of it is kept; answered by "ended". */
  | { readonly type: "end" }
  /** No stream is to be expected soon: the model stays, the server is let go of. */
  | { readonly type: "rest" }
  /** Releases everything; answered by "closed". */
  | { readonly type: "close" };

export type PipelineToPage =
  /** Comes first of all, and never changes from version to version. */
  | { readonly type: "hello"; readonly version: string }
  /** The model is loaded; engines are measured now. */
  | { readonly type: "measuring" }
  /** D to start with. */
  | { readonly type: "ready"; readonly delayFrames: number }
  | {
      readonly type: "engine";
      readonly kind: "local" | "remote";
      readonly description: string;
      /** Why it answers from now on. */
      readonly reason: EngineReason;
    }
  /** What a person should know of the engine; null when there is nothing any more. */
  | { readonly type: "notice"; readonly notice: Told | null }
  | { readonly type: "decision"; readonly decision: Decision }
  /** A streaming pack's model had to forget what it heard of this stream. */
  | { readonly type: "restarted"; readonly why: Restart }
  | { readonly type: "columns"; readonly columns: SpectrogramColumns }
  | { readonly type: "timing"; readonly timing: Timing }
  /** Nothing more will come. */
  | { readonly type: "problem"; readonly problem: Problem }
  /** All that comes before it is of the stream that was ended, and nothing after it. */
  | { readonly type: "ended" }
  | { readonly type: "closed" };
