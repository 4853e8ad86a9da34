/** Sends an answer of any length while it is made. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Exchange } from "./router.ts";

/** No faster than the client takes it, and no further once it has gone. @throws what `pieces` throws. */
export async function sendPieces(
  { request, response }: Pick<Exchange, "request" | "response">,
  pieces: AsyncIterable<string>,
  type: string,
): Promise<void> {
  response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const made = new Made(pieces);
  // One piece waits at most. A client that goes away in the middle is its own affair.
  await pipeline(Readable.from(made.pieces(), { highWaterMark: 1 }), response).catch(() =>
    response.destroy(),
  );
  if (made.failure !== undefined) throw made.failure;
}

/** Keeps what went wrong in the making apart from what went wrong in the sending, which a stream tells its source too. */
class Made {
  failure: unknown;
  readonly #iterator: AsyncIterator<string>;

  constructor(pieces: AsyncIterable<string>) {
    this.#iterator = pieces[Symbol.asyncIterator]();
  }

  async *pieces(): AsyncGenerator<string> {
    try {
      for (let next = await this.#next(); !next.done; next = await this.#next()) yield next.value;
    } finally {
      await this.#iterator.return?.();
    }
  }

  async #next(): Promise<IteratorResult<string>> {
    try {
      return await this.#iterator.next();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
