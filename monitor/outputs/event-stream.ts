/** Server-sent events: what the pages follow. A slow reader misses levels first, and is cut off when nothing helps. */
import type { ServerResponse } from "node:http";
import type { StreamMessage } from "../protocol.ts";

/** Bytes that wait for a reader from which it gets no more levels, and from which it is cut off. */
const NO_LEVELS = 64 * 1024;
const CUT_OFF = 1024 * 1024;
const BEAT_MS = 15_000;

export class EventStream {
  readonly #readers = new Set<ServerResponse>();
  readonly #beat = setInterval(() => this.#write(": still here\n\n", false), BEAT_MS).unref();

  /** How many is the caller's to say. */
  add(response: ServerResponse): void {
    response.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store",
      // Proxies that collect answers would hold events back.
      "X-Accel-Buffering": "no",
    });
    response.write("retry: 3000\n\n");
    this.#readers.add(response);
    response.on("close", () => this.#readers.delete(response));
  }

  tell(message: StreamMessage): void {
    if (this.#readers.size === 0) return;
    this.#write(`data: ${JSON.stringify(message)}\n\n`, message.type === "levels");
  }

  close(): void {
    clearInterval(this.#beat);
    for (const reader of this.#readers) reader.end();
  }

  #write(text: string, mayBeMissed: boolean): void {
    for (const reader of this.#readers) {
      if (reader.writableLength > CUT_OFF) reader.destroy();
      else if (!mayBeMissed || reader.writableLength <= NO_LEVELS) reader.write(text);
    }
  }
}
