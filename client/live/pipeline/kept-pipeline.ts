import { PipelineClient } from "./pipeline-client.ts";
import type { PipelineOptions } from "./pipeline-messages.ts";

/** What a worker is opened for: where any of it differs, another one is needed. */
type Place = Omit<PipelineOptions, "engine" | "asked" | "plan"> & { readonly worker: string };

/**
 * The worker and the model in it, kept from one stream to the next. One that failed, hangs, or is of another pack or place
 * makes room for a new one.
 */
export class KeptPipeline {
  #client: PipelineClient | null = null;
  #place = "";

  /** A worker that a stream can begin in; whoever asks last has it. Nothing is opened for whoever has gone meanwhile. */
  async take(place: Place, signal: AbortSignal): Promise<PipelineClient> {
    const wanted = JSON.stringify(place);
    const kept = this.#client;
    const fits = kept !== null && this.#place === wanted && (await kept.isFree());
    signal.throwIfAborted();
    // Somebody else took one meanwhile, or let this one go.
    if (kept !== this.#client) return this.take(place, signal);
    if (kept && fits) return kept;
    void kept?.close();
    this.#client = null;
    this.#client = new PipelineClient(place.worker);
    this.#place = wanted;
    return this.#client;
  }

  /** No stream is to be expected soon: the model stays, the server is let go of. */
  rest(): void {
    this.#client?.rest();
  }

  /** The next stream gets a new worker. */
  async discard(): Promise<void> {
    const kept = this.#client;
    this.#client = null;
    await kept?.close();
  }
}
