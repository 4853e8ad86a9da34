/** Why somebody is turned away. */
import { HttpError } from "./http-error.ts";
import type { HttpRefusal } from "./observe.ts";

/** For people and for the count. */
export interface Denial {
  readonly status: number;
  readonly kind: HttpRefusal;
  readonly reason: string;
  readonly retrySeconds?: number | undefined;
}

export const UNAUTHORIZED: Denial = {
  status: 401,
  kind: "token",
  reason:
    "This server wants an access token: programs send it as a bearer token, pages have it behind #token= in their address.",
};

export const NOT_INSIDE: Denial = {
  status: 403,
  kind: "figures",
  reason: "Figures are for this machine itself, or for bearers of the token for them.",
};

/** The denial as a route's answer. */
export function refusal({ status, reason, retrySeconds }: Denial): HttpError {
  return new HttpError(status, reason, {
    ...(status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
    ...(retrySeconds === undefined ? {} : { "Retry-After": String(retrySeconds) }),
  });
}
