import type { SharedMemory } from "../../../protocol/port.ts";
import { ProblemError } from "../problems.ts";
import type { Scope } from "../scope.ts";
import type { ColumnPortTaker } from "../session/column-ports.ts";
import type { PageToPipeline, PipelineOptions, PipelineToPage } from "./pipeline-messages.ts";

/** A worker that doesn't answer to "close" is ended all the same. */
const CLOSE_MS = 500;

/** The page's end of a pipeline worker; the scope ends the worker. */
export class PipelineClient {
  readonly #worker: Worker;

  constructor(url: string, scope: Scope, onMessage: (message: PipelineToPage) => void) {
    const worker = new Worker(url, { type: "module", name: "listenable pipeline" });
    this.#worker = worker;
    scope.add(() => this.#close());
    scope.listen(worker, "message", (event) => onMessage((event as MessageEvent<PipelineToPage>).data));
    scope.listen(worker, "error", (event) => {
      const { message } = event as ErrorEvent;
      const detail = message
        ? `the pipeline worker failed: ${message}`
        : `${url} cannot be loaded as a worker`;
      onMessage({ type: "problem", problem: new ProblemError("unexpected", detail).problem });
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
