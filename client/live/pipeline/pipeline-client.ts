import type { SharedMemory } from "../../../protocol/port.ts";
import { VERSION } from "../../../protocol/version.ts";
import type { ProblemCode } from "../live-explainer.ts";
import { ProblemError } from "../problems.ts";
import { Scope } from "../scope.ts";
import type { ColumnPortTaker } from "../session/column-ports.ts";
import { isOfThisOrigin, startWorker } from "../start-worker.ts";
import { within } from "../within.ts";
import type { PageToPipeline, PipelineOptions, PipelineToPage } from "./pipeline-messages.ts";

/** A worker that doesn't answer to "close" is ended all the same. */
const CLOSE_MS = 500;
/** One that doesn't answer to "end" for so long will not be done with what it is at; large models take seconds to open. */
const END_MS = 10_000;

/** The page's end of one stream in the worker. After its end nothing is heard of it, and what is said to it goes nowhere. */
export interface PipelineStream {
  connect(port: MessagePort, memory: SharedMemory | null): void;
  post(message: PageToPipeline & { type: "engine" | "ask" | "plan" | "columns-received" }): void;
  /** For `ColumnPorts`. */
  readonly columnPorts: ColumnPortTaker;
  end(): void;
}

/** The page's end of a pipeline worker: one stream after the other, with the pack and the model of the first one. */
export class PipelineClient {
  readonly #url: string;
  readonly #worker: Worker;
  readonly #scope = new Scope();
  #fits = false;
  #opened = false;
  #broken = false;
  #stream: PipelineStream | null = null;
  #tell: (message: PipelineToPage) => void = () => {};
  /** Streams that were ended and of which messages may still come: the worker answers in order. */
  #ending = 0;
  #ended = Promise.resolve();
  /** Its script has been loaded, which takes as long as the line does, or can't be. */
  readonly #there: Promise<void>;
  #isThere: () => void = () => {};
  #allEnded: () => void = () => {};

  /** @throws ProblemError where the page's content policy forbids the worker. */
  constructor(url: string) {
    this.#url = url;
    this.#there = new Promise((resolve) => {
      this.#isThere = resolve;
    });
    this.#worker = start(url);
    this.#scope.listen(this.#worker, "message", (event) =>
      this.#receive((event as MessageEvent<PipelineToPage>).data),
    );
    this.#scope.listen(this.#worker, "error", (event) => {
      const { message } = event as ErrorEvent;
      if (message) this.#fail("unexpected", `the pipeline worker failed: ${message}`);
      else this.#fail("unexpected", `${url} cannot be loaded as a worker${hint(url)}`);
    });
  }

  /** Begins a stream, and ends the one before. `options` beside its wishes are those of the first stream. */
  begin(options: PipelineOptions, onMessage: (message: PipelineToPage) => void): PipelineStream {
    this.#stream?.end();
    const { engine, asked, plan } = options;
    this.#post(this.#opened ? { type: "again", engine, asked, plan } : { type: "open", options });
    this.#opened = true;
    const post = (message: PageToPipeline, transfer: Transferable[] = []) => {
      if (this.#stream === stream) this.#post(message, transfer);
    };
    const stream: PipelineStream = {
      connect: (port, memory) => post({ type: "connect", port, memory }, [port]),
      post,
      columnPorts: {
        open: (id, port) => post({ type: "column-port", id, port }, [port]),
        close: (id) => post({ type: "column-port-closed", id }),
      },
      end: () => {
        if (this.#stream === stream) this.#end();
      },
    };
    this.#stream = stream;
    this.#tell = onMessage;
    return stream;
  }

  #end(): void {
    this.#stream = null;
    this.#tell = () => {};
    this.#ending++;
    if (this.#ending === 1) {
      this.#ended = new Promise((resolve) => {
        this.#allEnded = resolve;
      });
    }
    this.#post({ type: "end" });
  }

  /** Whether another stream may begin: the one before has left the worker, and nothing is known to be wrong with it. */
  async isFree(): Promise<boolean> {
    this.#stream?.end();
    await this.#there;
    await within(this.#ended, END_MS, () => new Error("it hangs")).catch(() => {
      this.#broken = true;
    });
    return !this.#broken;
  }

  /** No stream is to be expected soon. */
  rest(): void {
    this.#post({ type: "rest" });
  }

  #receive(message: PipelineToPage): void {
    this.#isThere();
    if (message.type === "hello") this.#fits = message.version === VERSION;
    if (!this.#fits) this.#fail("version-mismatch", mismatch(this.#url, message));
    else if (message.type === "ended") {
      this.#ending--;
      if (this.#ending === 0) this.#allEnded();
    } else if (this.#ending === 0) {
      if (message.type === "problem") this.#broken = true;
      this.#tell(message);
    }
  }

  #fail(code: ProblemCode, detail: string): void {
    this.#broken = true;
    this.#isThere();
    this.#allEnded();
    this.#tell({ type: "problem", problem: { code, detail } });
  }

  #post(message: PageToPipeline, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Lets the worker say goodbye to a server, and ends it. */
  async close(): Promise<void> {
    this.#stream?.end();
    this.#isThere();
    const worker = this.#worker;
    const closed = new Promise<void>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<PipelineToPage>) => {
        if (data.type === "closed") resolve();
      };
    });
    this.#post({ type: "close" });
    await within(closed, CLOSE_MS, () => new Error("it hangs")).catch(() => {});
    worker.onmessage = null;
    worker.terminate();
    await this.#scope.close();
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
