/** The worker that explains a moment anew, beside the live pipeline's: one request after the other. */
import { loadMethod } from "../../models/runtime/load-method.ts";
import { fetchPack } from "../../models/runtime/open-pack.ts";
import { webRuntime } from "../../models/runtime/web.ts";
import { explainMoment, type MomentAnswer } from "./explain-moment.ts";
import type { MomentReply, MomentRequest } from "./moment-messages.ts";

/** The part of DedicatedWorkerGlobalScope that is used; TypeScript can't have it beside the page's types. */
interface WorkerScope {
  postMessage(message: MomentReply, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<MomentRequest>) => void) | null;
}

/** More often than this nobody sees progress. */
const PROGRESS_MS = 50;

const scope = self as unknown as WorkerScope;
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
    scope.postMessage({ type: "failed", id, detail: error instanceof Error ? error.message : String(error) });
  }
}

async function explain({ id, packUrl, ortUrl, method, question }: MomentRequest): Promise<MomentAnswer> {
  const opened = await fetchPack(packUrl);
  const graph = await opened.graph(method);
  const loaded = await loadMethod(webRuntime({ wasmPath: ortUrl }), graph, opened.pack, method);
  let told = 0;
  try {
    return await explainMoment(loaded, question, (share) => {
      const now = performance.now();
      if (now - told < PROGRESS_MS) return;
      told = now;
      scope.postMessage({ type: "progress", id, share });
    });
  } finally {
    await loaded.close();
  }
}
