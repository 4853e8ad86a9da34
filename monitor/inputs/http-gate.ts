/**
 * The way out of an ffmpeg that opens an http or https address: a proxy of its own on this machine, that lets it to its
 * address's host and to whom the operator named, and to nobody else. ffmpeg follows redirects, and what a playlist names,
 * wherever they lead, into the house's own network too; in most versions nothing turns that off.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { hostOf, type MayOpen } from "./followed-hosts.ts";

/** Bytes of a request's head; ffmpeg's have some hundreds. */
const LONGEST_HEAD = 65_536;

export class HttpGate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Where it was last refused to go: "host:port". */
  refused: string | undefined;

  /** @param mayOpen asked for every connection, with host and port. */
  static async open(mayOpen: MayOpen): Promise<HttpGate> {
    const gate = new HttpGate(mayOpen);
    gate.#server.listen(0, "127.0.0.1");
    await once(gate.#server, "listening");
    return gate;
  }

  private constructor(private readonly mayOpen: MayOpen) {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** What ffmpeg needs in its environment to go through the gate and no other way. */
  environment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    const { port } = this.#server.address() as AddressInfo;
    const { no_proxy: _1, NO_PROXY: _2, HTTP_PROXY: _3, ...rest } = env;
    return { ...rest, http_proxy: `http://127.0.0.1:${port}` };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.#keep(socket);
    let head: Buffer = Buffer.alloc(0);
    const take = (bytes: Buffer) => {
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0 && head.length <= LONGEST_HEAD) return;
      socket.off("data", take);
      socket.pause();
      if (end < 0) socket.destroy();
      else this.#forward(socket, head.toString("latin1", 0, end), head.subarray(end + 4));
    };
    socket.on("data", take);
  }

  #forward(socket: Socket, head: string, rest: Buffer): void {
    const [line = "", ...fields] = head.split("\r\n");
    const [method = "", target = ""] = line.split(" ");
    const tunnel = method === "CONNECT";
    const place = hostOf(tunnel ? `http://${target}` : target);
    if (place === undefined || !(tunnel || target.startsWith("http://"))) {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      return;
    }
    if (!this.mayOpen(place.host, place.port)) {
      this.refused = `${place.host}:${place.port}`;
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const upstream = connect(place.port, place.host.replace(/^\[(.*)\]$/, "$1"));
    this.#keep(upstream);
    upstream.once("error", () => socket.destroy());
    upstream.once("connect", () => {
      if (tunnel) socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      else upstream.write(originForm(method, new URL(target), fields), "latin1");
      upstream.write(rest);
      socket.pipe(upstream);
      upstream.pipe(socket);
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

/** The request as the host itself wants it, and no other one after it on the same connection, which nobody would look at. */
function originForm(method: string, url: URL, fields: readonly string[]): string {
  const kept = fields.filter((field) => !/^(proxy-[a-z-]+|connection):/i.test(field));
  return [`${method} ${url.pathname}${url.search} HTTP/1.1`, ...kept, "Connection: close", "", ""].join(
    "\r\n",
  );
}
