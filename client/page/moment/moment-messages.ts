/** What the page and the worker that explains a moment anew tell each other. */
import type { MomentAnswer, MomentQuestion } from "./explain-moment.ts";

export interface MomentRequest {
  readonly id: number;
  /** Folder of the pack, as a URL. */
  readonly packUrl: string;
  /** Folder of onnxruntime's wasm files, as a URL that ends in "/". */
  readonly ortUrl: string;
  readonly method: string;
  readonly question: MomentQuestion;
}

export type MomentReply =
  /** 0 to 1. */
  | { readonly type: "progress"; readonly id: number; readonly share: number }
  | { readonly type: "answer"; readonly id: number; readonly answer: MomentAnswer }
  | { readonly type: "failed"; readonly id: number; readonly detail: string };
