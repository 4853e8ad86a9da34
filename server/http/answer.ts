/** Answers requests by the routes: headers first, then who may, then the route; one place for everything that goes wrong. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { onceEnded } from "./answer-end.ts";
import { cut } from "./cut.ts";
import { type Denial, refusal } from "./denial.ts";
import type { Guard } from "./guard.ts";
import { HttpError, notFound } from "./http-error.ts";
import type { HttpLog, HttpObserver } from "./observe.ts";
import { isPlainlyWritten, pathOf, pathSegments, searchOf } from "./paths.ts";
import { type Route, Router } from "./router.ts";
import { securityHeaders } from "./security-headers.ts";
import { sendJson, sendText } from "./send.ts";
import { type SlowTransfers, watchDownload } from "./slow-transfers.ts";

interface AnswerParts {
  readonly guard: Guard;
  readonly downloads: SlowTransfers;
  readonly observer: HttpObserver;
  readonly log: HttpLog;
}

export function answering(routes: readonly Route[], parts: AnswerParts): RequestListener {
  const { downloads, observer, log } = parts;
  const router = new Router(routes);
  return (request, response) => {
    const started = performance.now();
    // Shares, slow readers, counts and the log wait for its end, beside what a pipeline needs.
    response.setMaxListeners(20);
    watchDownload(downloads, response, () => observer.downloadCut());
    onceEnded(response, () => {
      observer.httpAnswered(response.statusCode);
      const ms = Math.round(performance.now() - started);
      const { method } = request;
      log.debug({ method, path: cut(pathOf(request)), status: response.statusCode, ms }, "request");
    });
    answer(router, parts, request, response).catch((error) => {
      if (!(error instanceof HttpError))
        log.error({ err: error, path: cut(pathOf(request)) }, "a request failed");
      if (response.headersSent) response.destroy();
      else sendError(request, response, error instanceof HttpError ? error : OUR_MISTAKE);
    });
  };
}

const OUR_MISTAKE = new HttpError(500, "The server made a mistake; its log has the details.");

async function answer(
  router: Router,
  { guard, observer }: AnswerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders(request.headers.host))) {
    response.setHeader(name, value);
  }
  const insist = (denial: Denial | undefined) => {
    if (!denial) return;
    observer.refused(denial.kind);
    throw refusal(denial);
  };
  insist(guard.holdDenial(request, response));
  insist(guard.requestDenial(request));
  const segments = pathSegments(request.url ?? "/");
  if (!segments) throw new HttpError(400, "The address is not one that this server could have.");
  if (!isPlainlyWritten(request.url ?? "/")) throw notFound();
  const { route, parts } = router.find(request.method, segments);
  if (segments.length > 0 && pathOf(request).endsWith("/") && !route.slash) throw notFound();
  if (route.method === "POST") insist(guard.originDenial(request));
  insist(guard.needDenial(request, route.needs ?? "nothing"));
  const query = new URLSearchParams(searchOf(request));
  await route.answer({ request, response, segments, query, guard }, ...parts);
}

/** People read a sentence, programs and our own pages JSON. */
function sendError(request: IncomingMessage, response: ServerResponse, error: HttpError): void {
  const { status, message, headers } = error;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (request.headers.accept?.includes("text/html")) sendText(response, message, undefined, status);
  else sendJson(response, { error: message }, status);
}
