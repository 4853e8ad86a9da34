/**
 * Places of answers without an end (event streams, live sound): each is held for as long as its client likes, so one
 * address has a share of them, and nobody has one who does not listen.
 */
import type { ServerResponse } from "node:http";
import { ConnectionShare, type ShareRule } from "./connection-share.ts";
import { HttpError } from "./http-error.ts";
import type { Exchange } from "./router.ts";

/** Half of all places are for whoever comes; of the others an address gets no more once it has a sixteenth of all. */
const RULE: Pick<ShareRule, "from" | "most"> = { from: 1 / 2, most: 1 / 16 };
const COME_AGAIN_SECONDS = 5;

export class Places {
  readonly #share: ConnectionShare;

  constructor(private readonly most: number) {
    this.#share = new ConnectionShare(most, RULE);
  }

  get taken(): number {
    return this.#share.open;
  }

  /**
   * For whoever asks for it by GET, until their connection ends.
   *
   * @throws HttpError 405 for HEAD, which would never read; 503 where no place is left for this address.
   */
  take({ request, response, guard }: Pick<Exchange, "request" | "response" | "guard">, what: string): void {
    if (request.method !== "GET")
      throw new HttpError(405, "Only GET can be asked for here.", { Allow: "GET" });
    const address = guard.holderOf(request);
    if (waitsBehindAnother(response) || this.taken >= this.most || !this.#share.take(address)) {
      throw new HttpError(503, `Too many ${what}; try again in a while.`, {
        "Retry-After": String(COME_AGAIN_SECONDS),
      });
    }
    response.once("close", () => this.#share.give(address));
  }
}

/** Requests may be sent before the answer to the one before has ended: nobody would ever hear of the end of such a one. */
function waitsBehindAnother({ socket }: ServerResponse): boolean {
  return socket === null || socket.destroyed;
}
