/** A reverse proxy that serves a server below a folder of its own, as deploy/nginx.conf and deploy/Caddyfile do. */
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface PrefixProxy {
  /** With its last slash. */
  readonly url: string;
  /** "GET /listenable/packs/index.json 200"; what was asked for outside of the folder, and got 404, is among them. */
  readonly answered: readonly string[];
  /** Paths that were asked for outside of the folder: addresses of a page that thinks that it lies at the root. */
  readonly strays: readonly string[];
  /** Stops answering; the port stays free for nobody. */
  close(): Promise<void>;
}

/** @param folder "/listenable/" */
export async function prefixProxy(target: string, folder: string): Promise<PrefixProxy> {
  const answered: string[] = [];
  const strays: string[] = [];
  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(target);
  const passedOn = ({ method, url = "", headers, socket }: IncomingMessage) =>
    request({
      hostname,
      port,
      method,
      path: url.slice(folder.length - 1),
      headers: { ...headers, "x-forwarded-for": socket.remoteAddress, "x-forwarded-proto": "http" },
    });

  const server = createServer((from, to) => {
    const note = (status: number) => answered.push(`${from.method} ${from.url} ${status}`);
    if (from.url === folder.slice(0, -1)) {
      note(301);
      to.writeHead(301, { Location: folder }).end();
      return;
    }
    if (!from.url?.startsWith(folder)) {
      strays.push(from.url ?? "");
      note(404);
      to.writeHead(404).end();
      return;
    }
    const onward = passedOn(from);
    onward.on("response", (answer) => {
      note(answer.statusCode ?? 0);
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => to.destroy());
    to.on("close", () => onward.destroy());
    from.pipe(onward);
  });
  server.on("upgrade", (from: IncomingMessage, socket: Socket) => {
    if (!from.url?.startsWith(folder)) {
      strays.push(from.url ?? "");
      socket.destroy();
      return;
    }
    const onward = passedOn(from);
    onward.on("upgrade", (answer, behind, first) => {
      answered.push(`UPGRADE ${from.url} 101`);
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      // What came with the answer itself.
      socket.write(first);
      behind.pipe(socket).pipe(behind);
      for (const [one, other] of [
        [socket, behind],
        [behind, socket],
      ]) {
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
    });
    onward.on("response", () => socket.destroy());
    onward.on("error", () => socket.destroy());
    onward.end();
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${folder}`,
    answered,
    strays,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
