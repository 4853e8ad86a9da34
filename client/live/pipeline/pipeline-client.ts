import type { SharedMemory } from "../../../protocol/port.ts";
import { VERSION } from "../../../protocol/version.ts";
import type { ProblemCode } from "../live-explainer.ts";
import { ProblemError } from "../problems.ts";
import type { Scope } from "../scope.ts";
import type { ColumnPortTaker } from "../session/column-ports.ts";
import { isOfThisOrigin, startWorker } from "../start-worker.ts";
import type { PageToPipeline, PipelineOptions, PipelineToPage } from "./pipeline-messages.ts";

/** A worker that doesn't answer to "close" is ended all the same. */
const CLOSE_MS = 500;

/** The page's end of a pipeline worker; the scope ends the worker. */
export class PipelineClient {
  readonly #worker: Worker;
  #fits = false;

  /** @throws ProblemError where the page's content policy forbids the worker. */
  constructor(url: string, scope: Scope, onMessage: (message: PipelineToPage) => void) {
    const worker = start(url);
    this.#worker = worker;
    scope.add(() => this.#close());
    const fail = (code: ProblemCode, detail: string) =>
      onMessage({ type: "problem", problem: { code, detail } });
    scope.listen(worker, "message", (event) => {
      const { data } = event as MessageEvent<PipelineToPage>;
      if (data.type === "hello") this.#fits = data.version === VERSION;
      if (this.#fits) onMessage(data);
      else fail("version-mismatch", mismatch(url, data));
    });
    scope.listen(worker, "error", (event) => {
      const { message } = event as ErrorEvent;
      if (message) fail("unexpected", `the pipeline worker failed: ${message}`);
      else fail("unexpected", `${url} cannot be loaded as a worker${hint(url)}`);
    });
  }

  open(options: PipelineOptions): void {
    this.#post({ type: "open", options });
  }

  connect(port: MessagePort, memory: SharedMemory | null): void {
    this.#post({ type: "connect", port, memory }, [port]);
  }

  /** For `ColumnPorts`. */
  readonly columnPorts: ColumnPortTaker = {
    open: (id, port) => this.#post({ type: "column-port", id, port }, [port]),
    close: (id) => this.#post({ type: "column-port-closed", id }),
  };

  post(message: PageToPipeline & { type: "engine" | "ask" | "plan" | "columns-received" }): void {
    this.#post(message);
  }

  #post(message: PageToPipeline, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Lets the worker say goodbye to a server. */
  #close(): Promise<void> {
    const worker = this.#worker;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        worker.onmessage = null;
        worker.terminate();
        resolve();
      };
      const timer = setTimeout(end, CLOSE_MS);
      worker.onmessage = ({ data }: MessageEvent<PipelineToPage>) => {
        if (data.type === "closed") end();
      };
      this.#post({ type: "close" });
    });
  }
}

function start(url: string): Worker {
  try {
    return startWorker(url, "listenable pipeline");
  } catch (cause) {
    throw new ProblemError("unexpected", `${url} cannot be loaded as a worker (${cause})${hint(url)}`, {
      cause,
    });
  }
}

/** What a page can do about a worker of another origin. */
function hint(url: string): string {
  if (isOfThisOrigin(url)) return "";
  return (
    ": it lies at another origin, which must send Access-Control-Allow-Origin, and the page's content policy must allow " +
    "`worker-src blob:`; or serve pipeline.js from the page's own origin and give its address as assets.worker"
  );
}

function mismatch(url: string, first: PipelineToPage): string {
  const version = first.type === "hello" ? `of version ${first.version}` : "of an older version";
  return `${url} is ${version}, and this script of ${VERSION}: serve the files of one version`;
}
