/** Small things that every answer needs. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";

const MOST_BODY = 16 * 1024;

/** A request that cannot be answered, with the status that says so. */
export class RequestError extends Error {
  override name = "RequestError";
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export function sendText(
  response: ServerResponse,
  status: number,
  body: string,
  type = "text/plain; charset=utf-8",
): void {
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(body);
}

export function sendJson(response: ServerResponse, value: unknown): void {
  sendText(response, 200, `${JSON.stringify(value)}\n`, "application/json; charset=utf-8");
}

/** The body of a request that our own pages sent: another site's page can send neither this type nor our origin. */
export async function ownJson(request: IncomingMessage): Promise<unknown> {
  const { origin, host } = request.headers;
  if (origin !== undefined && new URL(origin).host !== host) {
    throw new RequestError(403, "Requests of other sites' pages are refused.");
  }
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) {
    throw new RequestError(415, "The body must be application/json.");
  }
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MOST_BODY) throw new RequestError(413, `The body may have ${MOST_BODY} bytes.`);
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch {
    throw new RequestError(400, "The body is not JSON.");
  }
}

/**
 * Whether the request names this machine as a browser on it would. A page of another site whose name leads to this
 * machine by a trick of its DNS names that other site.
 */
export function namesThisMachine(host: string | undefined, allowed: readonly string[]): boolean {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  const bare = name.replace(/^\[|\]$/g, "");
  return isIP(bare) !== 0 || name === "localhost" || name.endsWith(".localhost") || allowed.includes(name);
}
