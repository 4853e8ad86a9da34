/** The worker between the audio thread and the engines: `PipelineHost` on this thread's messages. */
import { fetchPack } from "../../../models/pack/open-pack.ts";
import { webRuntime } from "../../../models/runtime/web.ts";
import { VERSION } from "../../../protocol/version.ts";
import { LocalEngine } from "../engines/local-engine.ts";
import { LocalFiles } from "../engines/local-files.ts";
import { RemoteEngine } from "../engines/remote-engine.ts";
import { wasmMismatch } from "../engines/wasm-mismatch.ts";
import { patientFetch } from "../patient-fetch.ts";
import { PipelineHost } from "./pipeline-host.ts";
import type { PageToPipeline, PipelineToPage } from "./pipeline-messages.ts";

/** The part of DedicatedWorkerGlobalScope that is used; TypeScript can't have it beside the page's types. */
interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<PageToPipeline>) => void) | null;
}

/** In "auto" nobody should wait long for a server that isn't there. */
const CONNECT_MS = 3_000;

const scope = self as unknown as WorkerScope;

const host = new PipelineHost({
  post: (message, transfer = []) => scope.postMessage(message, transfer),
  openPack: ({ packUrl }) => fetchPack(packUrl, { fetch: patientFetch }),
  factories: (open, { wasm, serverUrl, serverToken, longestDelayFrames }) => {
    const files = new LocalFiles(open, wasm, longestDelayFrames);
    return {
      fetchLocal: (asked) => files.fetch(asked),
      local: async (asked) => {
        const runtime = webRuntime({ wasmPath: wasm });
        // Older frames have gone out.
        const options = { runtime, pack: files.pack, ...asked, newestFrames: longestDelayFrames };
        return LocalEngine.open(options).catch(async (error: unknown) => {
          throw (await wasmMismatch(wasm.wasm)) ?? error;
        });
      },
      remote:
        serverUrl === null
          ? null
          : (asked) =>
              RemoteEngine.connect({
                url: serverUrl,
                token: serverToken,
                ...asked,
                newestFrames: longestDelayFrames,
                pack: open.pack,
                connectTimeoutMs: CONNECT_MS,
              }),
    };
  },
});

scope.postMessage({ type: "hello", version: VERSION } satisfies PipelineToPage, []);
scope.onmessage = ({ data }) => host.receive(data);
