/** What a server says before it is ready: programs read JSON, browsers a page that asks again by itself, and both read when. */
import type { Exchange, Route } from "./router.ts";
import { HTML, sendJson, sendText } from "./send.ts";

const RETRY_SECONDS = 1;
const WHAT = "The server is warming up: its model is being loaded. It goes on by itself.";

/** 0 to 1; undefined where nobody knows. */
export type WarmUpProgress = () => number | undefined;

/** Whether the process lives, and how far it has come. */
export function warmingState(progress: WarmUpProgress): Route[] {
  return [
    { method: "GET", path: "healthz", answer: ({ response }) => sendJson(response, { status: "starting" }) },
    {
      method: "GET",
      path: "readyz",
      answer: ({ response }) => {
        response.setHeader("Retry-After", RETRY_SECONDS);
        sendJson(response, { ready: false, reason: WHAT, warming: true, progress: progress() }, 503);
      },
    },
  ];
}

/** For an address that will be there. */
export function notYet(path: string, progress: WarmUpProgress = () => undefined): Route[] {
  const answer = ({ request, response }: Exchange) => {
    response.setHeader("Retry-After", RETRY_SECONDS);
    if (request.headers.accept?.includes("text/html")) sendText(response, PAGE, HTML, 503);
    else sendJson(response, { error: WHAT, warming: true, progress: progress() }, 503);
  };
  return (["GET", "POST"] as const).map((method) => ({ method, path, answer, slash: true }));
}

/** Under our content policy, so without a style of its own. */
const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${2 * RETRY_SECONDS}"><title>Warming up …</title></head>
<body><h1>Warming up …</h1><p>${WHAT}</p></body></html>
`;
