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
  let failure: unknown;
  const told = async function* () {
    try {
      yield* pieces;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  // One piece waits at most. A client that goes away in the middle is its own affair.
  await pipeline(Readable.from(told(), { highWaterMark: 1 }), response).catch(() => response.destroy());
  if (failure !== undefined) throw failure;
}
