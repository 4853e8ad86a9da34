/** The worker that explains a moment anew, beside the live pipeline's: one request after the other. */

import { fetchPack } from "../../../models/pack/open-pack.ts";
import { type LoadedMethod, loadMethod } from "../../../models/runtime/load-method.ts";
import { webRuntime } from "../../../models/runtime/web.ts";
import { classifierAlone } from "../../../models/tailor/classifier-alone.ts";
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
/** The pack's classifier, which all of its methods share; kept from question to question. */
let judge: Promise<LoadedMethod> | null = null;
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
    judge = null;
    scope.postMessage({ type: "failed", id, detail: error instanceof Error ? error.message : String(error) });
  }
}

async function explain({ id, packUrl, ortUrl, method, question }: MomentRequest): Promise<MomentAnswer> {
  const opened = await fetchPack(packUrl);
  const runtime = webRuntime({ wasmPath: ortUrl });
  const graph = await opened.graph(method);
  judge ??= loadMethod(runtime, cutDown(graph), opened.pack, method);
  const explainer = question.heard ? null : await loadMethod(runtime, graph, opened.pack, method);
  let told = 0;
  let began = performance.now();
  try {
    return await explainMoment({ explainer, judge: await judge }, question, async (share) => {
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

/** Graphs that we can't read are run as they are. */
function cutDown(graph: Uint8Array): Uint8Array {
  try {
    return classifierAlone(graph);
  } catch {
    return graph;
  }
}
