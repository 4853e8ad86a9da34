/**
 * How a page keeps its access token. EventSource, images and sounds can send no header, so a page shows the token of its
 * `#token=` once, as a bearer token at `ACCESS_PATH`, and gets a cookie for it that scripts can't read and other sites'
 * pages can't use. It holds the token itself: one that leaves the file is worth nothing at once, and a restart changes
 * nothing. Without a Path, browsers give it the folder that they asked in, which is right behind any proxy.
 */
import type { IncomingMessage } from "node:http";
import { ACCESS_PATH } from "../../protocol/pages.ts";
import { isToken } from "../../protocol/wire-access.ts";
import { bearerOf } from "./access-tokens.ts";
import { refusal, UNAUTHORIZED } from "./denial.ts";
import type { Exchange, Route } from "./router.ts";

const KEPT_SECONDS = 30 * 24 * 3600;

export const ACCESS_ROUTE: Route = { method: "POST", path: ACCESS_PATH, answer: giveCookie };

function giveCookie({ request, response, guard }: Exchange): void {
  const denial = guard.connectionDenial(request);
  if (denial) throw refusal(denial);
  const token = bearerOf(request) ?? "";
  if (!isToken(token) || !guard.admits(request)) throw refusal(UNAUTHORIZED);
  const secure = guard.origin.isSecure(request) ? "; Secure" : "";
  response.setHeader(
    "Set-Cookie",
    `${cookieName(request)}=${token}; HttpOnly; SameSite=Strict; Max-Age=${KEPT_SECONDS}${secure}`,
  );
  response.writeHead(204, { "Cache-Control": "no-store" }).end();
}

export function tokenInCookie(request: IncomingMessage): string | undefined {
  const name = `${cookieName(request)}=`;
  return request.headers.cookie
    ?.split(";")
    .map((each) => each.trim())
    .find((each) => each.startsWith(name))
    ?.slice(name.length);
}

/** Cookies know no ports: two servers of one machine would take each other's away. */
function cookieName({ socket }: IncomingMessage): string {
  return `listenable-access-${socket.localPort}`;
}
