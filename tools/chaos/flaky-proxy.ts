/** A TCP proxy that stands for a bad network, and keeps one address while servers behind it come and go. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

export interface Network {
  /** Every piece is late by so much, and by up to `jitterMs` more; the order stays. */
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly bytesPerSecond: number;
}

export const GOOD_NETWORK: Network = { delayMs: 0, jitterMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY };

interface FlakyProxy {
  readonly port: number;
  /** Port of the server behind it, for connections from now on. */
  target: number;
  /** Counts for all connections, those that are open too. */
  network: Network;
  close(): Promise<void>;
}

export async function startFlakyProxy(target: number, random: () => number): Promise<FlakyProxy> {
  const open = new Set<Socket>();
  // Small messages that wait for the acknowledgement of the ones before would add 40 ms that no real proxy adds.
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: proxy.target, host: "127.0.0.1", noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      open.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
      void carry(from, to);
    }
  });
  /** Piece after piece, so that a slow network pushes back. */
  async function carry(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const piece of from as AsyncIterable<Buffer>) {
        const { delayMs, jitterMs, bytesPerSecond } = proxy.network;
        const ms = delayMs + jitterMs * random() + (1000 * piece.length) / bytesPerSecond;
        if (ms > 0) await wait(ms);
        if (!to.write(piece)) await drained(to);
      }
      to.end();
    } catch {
      to.destroy();
    }
  }
  const proxy: FlakyProxy = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    target,
    network: GOOD_NETWORK,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return proxy;
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("drain", resolve);
    socket.once("close", resolve);
  });
}
