/** Bodies of requests: bounded in size, and by how slowly they may come. */
import type { IncomingMessage } from "node:http";
import { HttpError } from "./http-error.ts";
import type { Exchange } from "./router.ts";

/**
 * @param most bytes.
 * @throws HttpError 413 for a longer one, 408 for one that hardly gets on, 400 for one that breaks off.
 */
export function readText({ request, guard }: Exchange, most: number): Promise<string> {
  const tooLong = new HttpError(413, `A body has at most ${most} bytes here.`);
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const stopWatch = guard.uploads.watch({
      moved: () => size,
      waiting: () => true,
      cut: () => fail(new HttpError(408, "The body comes too slowly.", { Connection: "close" })),
    });
    const take = (piece: Buffer) => {
      size += piece.length;
      if (size > most) fail(tooLong);
      else pieces.push(piece);
    };
    const gone = () => fail(new HttpError(400, "The body broke off."));
    const stop = () => {
      stopWatch();
      request.off("data", take).off("end", done).off("close", gone);
    };
    const done = () => {
      stop();
      resolve(Buffer.concat(pieces).toString("utf8"));
    };
    const fail = (error: HttpError) => {
      stop();
      // What still comes is dropped: on a connection closed before its end, the answer would be lost.
      request.resume();
      reject(error);
    };
    request.on("error", () => {});
    if (Number(request.headers["content-length"] ?? 0) > most) fail(tooLong);
    else request.on("data", take).on("end", done).on("close", gone);
  });
}

/**
 * A body that a page can only send after asking: another site's form can't have this type.
 *
 * @throws HttpError as `readText`, 415 for another type, 400 for what is not JSON.
 */
export async function readJson(exchange: Exchange, most: number): Promise<unknown> {
  if (!isJson(exchange.request)) throw new HttpError(415, "The body must be application/json.");
  const text = await readText(exchange, most);
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "The body is not JSON.");
  }
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\b/.test(headers["content-type"] ?? "");
}
