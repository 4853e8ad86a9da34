import type { Subscription } from "rxjs";
import type { Pipeline } from "./pipeline.ts";

/** Where a stream's columns go besides the page: ports by their names, and what feeds them. */
export class ColumnFeeds {
  readonly #ports = new Map<number, MessagePort>();
  readonly #feeds = new Map<number, Subscription>();
  #pipeline: Pick<Pipeline, "openColumns"> | null = null;

  open(id: number, port: MessagePort): void {
    this.#ports.set(id, port);
    this.#feed(id);
  }

  close(id: number): void {
    this.#feeds.get(id)?.unsubscribe();
    this.#feeds.delete(id);
    this.#ports.get(id)?.close();
    this.#ports.delete(id);
  }

  /** The stream begins: those that are open are fed from now on. */
  begin(pipeline: Pick<Pipeline, "openColumns">): void {
    this.#pipeline = pipeline;
    for (const id of this.#ports.keys()) this.#feed(id);
  }

  end(): void {
    this.#pipeline = null;
    for (const id of [...this.#ports.keys()]) this.close(id);
  }

  #feed(id: number): void {
    const port = this.#ports.get(id);
    if (!this.#pipeline || !port) return;
    const { columns$, received } = this.#pipeline.openColumns();
    port.onmessage = received;
    this.#feeds.set(
      id,
      columns$.subscribe({
        next: (columns) =>
          port.postMessage(columns, [
            columns.magnitudes.buffer as ArrayBuffer,
            columns.mask.buffer as ArrayBuffer,
          ]),
        // The page hears of it.
        error: () => this.close(id),
      }),
    );
  }
}
