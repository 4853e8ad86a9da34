/**
 * Connections behind trusted proxies. All of them are the proxies', and whose one is shows only when its request is there:
 * then it is counted by its client. Those without a request belong to nobody: when all connections are taken, the one of
 * them that has waited longest makes room.
 */
import type { EventEmitter } from "node:events";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { ConnectionShare, type ShareRule } from "./connection-share.ts";

export class ProxiedConnections {
  readonly #open = new Map<string, Socket>();
  /** Those without a request, the one that has waited longest first. */
  readonly #waiting = new Set<string>();
  /** What ends the holds of each connection: requests that wait behind another one hear of no end of their own. */
  readonly #holds = new Map<string, Set<() => void>>();
  readonly #share: ConnectionShare;

  /** @param most connections at the same time. */
  constructor(
    private readonly most: number,
    rule: ShareRule,
  ) {
    this.#share = new ConnectionShare(most, rule);
  }

  /** Requests that are being answered, and handshakes that led to a session. */
  get held(): number {
    return this.#share.open;
  }

  /** @param onRefused called for each connection that is closed to make room, or because none could be made. */
  watch(http: Server, onRefused: () => void): void {
    // Node would drop the newest before anybody hears of it.
    http.maxConnections = Number.POSITIVE_INFINITY;
    http.prependListener("connection", (socket: Socket) => {
      if (this.#open.size >= this.most) {
        onRefused();
        if (!this.#makeRoom()) return void socket.destroy();
      }
      const name = nameOf(socket);
      this.#open.set(name, socket);
      this.#waiting.add(name);
      socket.once("close", () => {
        if (this.#open.get(name) === socket) this.#forget(name);
      });
    });
  }

  /** False when the client holds its share; else the connection is the client's `until` that closes. */
  hold(client: string, connection: Socket, until: EventEmitter): boolean {
    if (connection.destroyed) return true;
    if (!this.#share.take(client)) return false;
    const name = nameOf(connection);
    this.#waiting.delete(name);
    const holds = this.#holds.get(name) ?? new Set();
    this.#holds.set(name, holds);
    const end = () => {
      if (!holds.delete(end)) return;
      this.#share.give(client);
      if (holds.size === 0 && this.#open.has(name)) this.#waiting.add(name);
    };
    holds.add(end);
    until.once("close", end);
    return true;
  }

  #makeRoom(): boolean {
    const [longest] = this.#waiting;
    if (longest === undefined) return false;
    this.#open.get(longest)?.destroy();
    this.#forget(longest);
    return true;
  }

  #forget(name: string): void {
    this.#waiting.delete(name);
    this.#open.delete(name);
    for (const end of this.#holds.get(name) ?? []) end();
    this.#holds.delete(name);
  }
}

/** The same for a connection and for the TLS that runs over it. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
