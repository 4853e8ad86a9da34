/** The worker between the audio thread and the engines: `PipelineHost` on this thread's messages. */
import { fetchPack } from "../../../models/pack/open-pack.ts";
import { webRuntime } from "../../../models/runtime/web.ts";
import { LocalEngine } from "../engines/local-engine.ts";
import { RemoteEngine } from "../engines/remote-engine.ts";
import { PipelineHost } from "./pipeline-host.ts";
import type { PageToPipeline } from "./pipeline-messages.ts";

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
  openPack: ({ packUrl }) => fetchPack(packUrl),
  factories: (open, { ortUrl, serverUrl, serverToken, longestDelayFrames }) => ({
    local: (asked) => {
      const runtime = webRuntime({ wasmPath: ortUrl });
      // Older frames have gone out.
      return LocalEngine.open({ runtime, pack: open, ...asked, newestFrames: longestDelayFrames });
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
  }),
});

scope.onmessage = ({ data }) => host.receive(data);
