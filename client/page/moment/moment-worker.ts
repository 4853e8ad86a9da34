/** The worker that explains a moment anew, beside the live pipeline's: one request after the other. */

import { loadWhole } from "../../../models/runtime/load-cut.ts";
import { openPack } from "../../../models/runtime/open-pack.ts";
import type { RunnablePack } from "../../../models/runtime/runnable-pack.ts";
import { explainMoment, type MomentAnswer } from "./explain-moment.ts";
import type { MomentReply, MomentRequest } from "./moment-messages.ts";

/** The part of DedicatedWorkerGlobalScope that is used; TypeScript can't have it beside the page's types. */
interface WorkerScope {
  postMessage(message: MomentReply, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<MomentRequest>) => void) | null;
}

/** More often than this nobody sees progress. */
const PROGRESS_MS = 50;
/** A window that took longer did so because the machine is busy with other things. */
const LONGEST_WAIT_MS = 25;

const scope = self as unknown as WorkerScope;
/** The pack of the last question, with its classifier: all methods share it. */
let open: { readonly url: string; readonly pack: Promise<RunnablePack> } | null = null;
let before: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  before = before.then(() => answer(data));
};

async function answer(request: MomentRequest): Promise<void> {
  const { id } = request;
  try {
    const result = await explain(request);
    const buffers = [result.explanation.buffer, ...(result.mask ? [result.mask.buffer] : [])];
    scope.postMessage({ type: "answer", id, answer: result }, buffers as ArrayBuffer[]);
  } catch (error) {
    open = null;
    scope.postMessage({ type: "failed", id, detail: error instanceof Error ? error.message : String(error) });
  }
}

async function explain({ id, packUrl, ortUrl, method, question }: MomentRequest): Promise<MomentAnswer> {
  const opened = await packAt(packUrl, ortUrl);
  const judge = await opened.classifier(method);
  // Given back after the question: a method is not kept while nothing is asked of it.
  const explainer = question.heard ? null : await loadWhole(await opened.runtime(), opened, method);
  let told = 0;
  let began = performance.now();
  try {
    return await explainMoment({ explainer, judge }, question, async (share) => {
      const now = performance.now();
      if (now - told >= PROGRESS_MS) {
        told = now;
        scope.postMessage({ type: "progress", id, share });
      }
      // As long as it worked it waits: the live stream's model is to find a core that is free.
      const wait = Math.min(now - began, LONGEST_WAIT_MS);
      await new Promise((resolve) => setTimeout(resolve, wait));
      began = performance.now();
    });
  } finally {
    await explainer?.close();
  }
}

async function packAt(url: string, wasmPath: string): Promise<RunnablePack> {
  if (open?.url !== url) {
    const other = open;
    open = { url, pack: openPack(url, { wasmPath }) };
    await (await other?.pack)?.close();
  }
  return open.pack;
}
