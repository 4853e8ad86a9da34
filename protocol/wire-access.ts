/**
 * How a client shows that it may connect. Programs send the header `Authorization: Bearer TOKEN`. Pages can't set
 * headers on a WebSocket, so they name the token among the subprotocols that they offer; the server chooses the other.
 * An address's query would do too, but ends up in the logs of every proxy.
 */

/** What the server chooses whenever a client offers subprotocols. */
export const WIRE_SUBPROTOCOL = "listenable.v1";

const TOKEN_PREFIX = "listenable.token.";

/** Long enough not to be guessed, and of characters that headers and addresses take unchanged. */
const TOKEN = /^[A-Za-z0-9._~-]{24,256}$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** @returns the subprotocols to offer; none without a token. */
export function subprotocolsFor(token: string | undefined): string[] {
  return token === undefined ? [] : [WIRE_SUBPROTOCOL, `${TOKEN_PREFIX}${token}`];
}

/** The token among the subprotocols of a client, from the header `Sec-WebSocket-Protocol`. */
export function tokenInSubprotocols(header: string | undefined): string | undefined {
  return header
    ?.split(",")
    .map((each) => each.trim())
    .find((each) => each.startsWith(TOKEN_PREFIX))
    ?.slice(TOKEN_PREFIX.length);
}
