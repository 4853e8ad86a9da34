import type { MomentAnswer, MomentQuestion } from "./explain-moment.ts";
import type { MomentReply, MomentRequest } from "./moment-messages.ts";

interface Waiting {
  readonly resolve: (answer: MomentAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: (share: number) => void;
}

/** The page's end of the worker that explains moments anew; the worker starts with the first question. */
export class MomentClient {
  readonly #workerUrl: string;
  readonly #ortUrl: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #asked = 0;

  /** @param baseUrl folder of moment.js and ort/, as a URL. */
  constructor(baseUrl: string) {
    this.#workerUrl = new URL("moment.js", baseUrl).href;
    this.#ortUrl = new URL("ort/", baseUrl).href;
  }

  /** Questions are answered one after the other; rejects when the model can't be run, or when closed meanwhile. */
  explain(
    packUrl: string,
    method: string,
    question: MomentQuestion,
    onProgress: (share: number) => void,
  ): Promise<MomentAnswer> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      const request: MomentRequest = { id, packUrl, ortUrl: this.#ortUrl, method, question };
      this.#open().postMessage(request);
    });
  }

  /** Ends the worker, at whatever it is; a later question starts another. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#fail("closed");
  }

  #open(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#workerUrl, { type: "module", name: "listenable moment" });
    worker.onmessage = ({ data }: MessageEvent<MomentReply>) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#worker = null;
      this.#fail(event.message || `${this.#workerUrl} cannot be loaded as a worker`);
    };
    this.#worker = worker;
    return worker;
  }

  #hear(reply: MomentReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    if (reply.type === "progress") {
      waiting.onProgress(reply.share);
      return;
    }
    this.#waiting.delete(reply.id);
    if (reply.type === "answer") waiting.resolve(reply.answer);
    else waiting.reject(new Error(reply.detail));
  }

  #fail(why: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new Error(why));
  }
}
