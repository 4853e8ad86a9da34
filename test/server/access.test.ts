// Who may connect, by what name, with what token, how often: over real sockets and with made-up requests.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import pino from "pino";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ClientOptions, WebSocket } from "ws";
import { RemoteEngine, type WebSocketClass } from "../../client/live/engines/remote-engine.ts";
import { isToken, subprotocolsFor, tokenInSubprotocols } from "../../protocol/wire-access.ts";
import { NO_BACKEND } from "../../server/explain/no-backend.ts";
import { AccessTokens } from "../../server/http/access-tokens.ts";
import { AddressBook, DEFAULT_ADDRESS_LIMITS } from "../../server/http/address-limits.ts";
import {
  ClientOrigin,
  type ClientOriginOptions,
  limitedAs,
  UNKNOWN_CLIENT,
} from "../../server/http/client-origin.ts";
import { RefusalLog } from "../../server/http/refusal-log.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../server/start-server.ts";
import { engineError } from "../client/live/engines/engine-suite.ts";
import { frames, RawClient, start } from "./raw-client.ts";

const PACK = "test/fixtures/tiny-pack";
const TOKEN = "a-token-for-this-test-0123456789";
const OTHER = "another-token-for-this-test-9876";
const work = mkdtempSync(join(tmpdir(), "listenable-access-"));
const tokenFile = join(work, "tokens");
writeFileSync(tokenFile, `# for the exhibition\n${OTHER}\n\n${TOKEN}\n`);
test.after(() => rmSync(work, { recursive: true }));

async function withServer(
  options: Partial<ServerOptions>,
  use: (server: RunningServer, log: () => string) => Promise<void>,
): Promise<void> {
  let text = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const log = pino({ level: "debug" }, sink);
  const server = await startServer({ pack: PACK, port: 0, backend: NO_BACKEND, log, ...options });
  try {
    await use(server, () => text);
  } finally {
    await server.close();
  }
}

/** "open", the status of a refused handshake, or the close code that came first. */
function outcome(url: string, options: ClientOptions = {}, protocols: string[] = []): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, protocols, options);
    let said = "";
    socket.on("message", (data: Buffer) => {
      said ||= data[0] === 1 ? "open" : "";
      if (said) socket.close();
    });
    socket.on("close", (code) => resolve(said || String(code)));
    socket.on("error", (error) => resolve(/\d{3}/.exec(error.message)?.[0] ?? error.message));
  });
}

function get(server: RunningServer, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }>(
    (resolve, reject) => {
      request({ port: server.port, path, headers, agent: false }, (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      })
        .on("error", reject)
        .end();
    },
  );
}

test("with a token file, programs need a bearer token and pages one among their subprotocols", async () => {
  await withServer({ tokenFile }, async (server, log) => {
    const { explainUrl, url } = server;
    const origin = url.slice(0, -1);
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    assert.is(await outcome(explainUrl), "401");
    assert.is(await outcome(explainUrl, bearer(`${TOKEN}x`)), "401");
    assert.is(await outcome(explainUrl, bearer("")), "401");
    assert.is(await outcome(explainUrl, bearer(TOKEN)), "open");
    assert.is(await outcome(explainUrl, bearer(OTHER)), "open");
    assert.is(await outcome(explainUrl, { origin }, subprotocolsFor(TOKEN)), "open");
    // Pages are told by a message and a close code, which is all that a browser lets them know.
    assert.is(await outcome(explainUrl, { origin }), "4401");
    assert.is(await outcome(explainUrl, { origin }, subprotocolsFor(`${TOKEN}x`)), "4401");
    assert.is(await outcome(`${explainUrl}?token=${TOKEN}`), "401", "a query is no place for a token");
    assert.is((await get(server, `/?token=${TOKEN}`)).status, 404);
    assert.is((await get(server, "/packs/index.json")).status, 200, "pages and packs are no secret");
    for (const secret of [TOKEN, OTHER]) assert.not.match(log(), secret);
    assert.match(log(), "wants an access token");
  });
});

test("the remote engine shows its token, and says what is wrong without one", async () => {
  await withServer({ tokenFile }, async ({ explainUrl: url }) => {
    const ws = WebSocket as unknown as WebSocketClass;
    const engine = await RemoteEngine.connect({ url, token: TOKEN, WebSocket: ws });
    await engine.close();
    const page = class extends WebSocket {
      constructor(address: string, protocols?: string[]) {
        super(address, protocols, { origin: url.replace("ws:", "http:").replace("/explain", "") });
      }
    } as unknown as WebSocketClass;
    const error = await engineError(RemoteEngine.connect({ url, WebSocket: page }));
    assert.is(error.code, "refused");
    assert.match(error.message, "access token");
  });
});

test("token files: comments are passed over, short tokens and empty files are not taken, a bad one changes nothing", async () => {
  const file = join(work, "changing");
  const request = (token: string) => ({ headers: { authorization: `Bearer ${token}` } }) as IncomingMessage;
  writeFileSync(file, `${TOKEN}\n`);
  const tokens = await AccessTokens.open(file);
  for (const content of ["", "# nothing\n", "short\n", `${TOKEN} ${OTHER}\n`]) {
    writeFileSync(file, content);
    const message = await tokens.reload().then(
      () => "",
      (error: Error) => error.message,
    );
    assert.match(message, file);
    assert.not.match(message, TOKEN);
    assert.ok(tokens.admits(request(TOKEN)));
  }
  writeFileSync(file, `${OTHER}\n`);
  await tokens.reload();
  assert.ok(tokens.admits(request(OTHER)));
  assert.not.ok(tokens.admits(request(TOKEN)));
  assert.not.ok(tokens.admits({ headers: { authorization: `Basic ${OTHER}` } } as IncomingMessage));
});

test("tokens travel through the subprotocols unchanged", () => {
  assert.ok(isToken(TOKEN));
  for (const text of ["", "short", "with a space in it, and long", `${"x".repeat(257)}`])
    assert.not.ok(isToken(text));
  assert.is(tokenInSubprotocols(subprotocolsFor(TOKEN).join(", ")), TOKEN);
  assert.is(tokenInSubprotocols("listenable.v1"), undefined);
  assert.is(tokenInSubprotocols(undefined), undefined);
  assert.equal(subprotocolsFor(undefined), []);
});

/** Just what is looked at. */
function made(
  headers: Record<string, string>,
  remoteAddress = "203.0.113.7",
  encrypted = false,
): IncomingMessage {
  return { headers, socket: { remoteAddress, encrypted } } as unknown as IncomingMessage;
}

function origins(options: Partial<ClientOriginOptions>): ClientOrigin {
  return new ClientOrigin({
    proxies: 0,
    publicHosts: [],
    loopbackOnly: false,
    allowedOrigins: [],
    ...options,
  });
}

test("forwarded addresses count from the right, and only with trusted proxies", () => {
  const spoofed = {
    "x-forwarded-for": "198.51.100.1, 192.0.2.5, 10.0.0.2",
    "x-forwarded-proto": "http, https",
  };
  const address = (proxies: number, headers: Record<string, string> = spoofed) =>
    origins({ proxies }).address(made(headers, "::ffff:10.0.0.1"));
  assert.is(address(0), "10.0.0.1");
  assert.is(address(1), "10.0.0.2");
  assert.is(address(2), "192.0.2.5");
  assert.is(address(4), UNKNOWN_CLIENT, "fewer were passed than are trusted");
  assert.is(address(1, {}), UNKNOWN_CLIENT);
  assert.is(address(1, { "x-forwarded-for": "nonsense" }), UNKNOWN_CLIENT);
  assert.is(origins({ proxies: 0 }).isSecure(made(spoofed)), undefined);
  assert.is(origins({ proxies: 1 }).isSecure(made(spoofed)), true);
  assert.is(origins({ proxies: 2 }).isSecure(made(spoofed)), false);
  assert.is(origins({ proxies: 0 }).isSecure(made({}, "203.0.113.7", true)), true);
});

test("a page that came without TLS may not use an endpoint that is reached with it", () => {
  const host = "listen.example";
  const from = (origin: string, proto: string) =>
    origins({ proxies: 1 }).mayConnect(made({ origin, host, "x-forwarded-proto": proto }));
  assert.ok(from("https://listen.example", "https"));
  assert.not.ok(from("http://listen.example", "https"));
  assert.ok(from("http://listen.example", "http"));
  assert.ok(from("https://LISTEN.example:443", "https"));
  assert.not.ok(from("https://listen.example.evil.example", "https"));
  assert.not.ok(from("null", "https"));
});

test("a server for this machine alone does not answer to other names, so that none can be pointed at it", async () => {
  const asked = (host: string, options: Partial<ClientOriginOptions> = {}) =>
    origins({ loopbackOnly: true, ...options }).askedRightly(made({ host }));
  for (const host of ["localhost:8080", "127.0.0.1:1", "[::1]:8080", "page.localhost", "192.0.2.1"]) {
    assert.ok(asked(host), host);
  }
  for (const host of ["evil.example:8080", "localhost.evil.example", "", "127.0.0.1.evil.example"]) {
    assert.not.ok(asked(host), host);
  }
  assert.ok(asked("any.example", { proxies: 1 }));
  assert.ok(asked("any.example", { loopbackOnly: false }));
  assert.ok(asked("mine.example:443", { publicHosts: ["mine.example"], loopbackOnly: false }));
  assert.not.ok(asked("other.example", { publicHosts: ["mine.example"], proxies: 1 }));
  await withServer({}, async (server) => {
    const answer = await get(server, "/packs/index.json", { host: "evil.example:8080" });
    assert.is(answer.status, 421);
    assert.match(answer.body, "--public-host");
    const rebound = { headers: { host: "evil.example" }, origin: "http://evil.example" };
    assert.is(await outcome(server.explainUrl, rebound), "421");
  });
});

test("one address has so many sessions and connections; another one is not touched", async () => {
  const limits = { sessions: 2, connectionsPerMinute: 4 };
  await withServer({ behindProxies: 1, addressLimits: limits }, async ({ explainUrl }, log) => {
    const of = (address: string) => ({ headers: { "x-forwarded-for": address } });
    const kept = [
      await RawClient.open(explainUrl, of("203.0.113.7")),
      await RawClient.open(explainUrl, of("203.0.113.7")),
    ];
    assert.is(await outcome(explainUrl, of("203.0.113.7")), "4503");
    assert.is(await outcome(explainUrl, of("203.0.113.8")), "open");
    await kept[0].close();
    assert.is(await outcome(explainUrl, of("203.0.113.7")), "open");
    assert.is(await outcome(explainUrl, of("203.0.113.7")), "429");
    assert.is(await outcome(explainUrl, of("203.0.113.8")), "open");
    await kept[1].close();
    assert.match(log(), '"peer":"203.0.113.7"');
  });
});

/** Handshakes that are refused, one after the other; their statuses. */
async function refusedHandshakes(
  server: RunningServer,
  count: number,
  path: string,
  headers: Record<string, string>,
) {
  const statuses: number[] = [];
  for (let k = 0; k < count; k++) {
    const socket = connect(server.port, "127.0.0.1");
    const lines = Object.entries({ Host: `127.0.0.1:${server.port}`, ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write(
      `GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    await once(socket, "close");
    assert.ok(answer.length < 1_000, "what the client wrote is not sent back whole");
    statuses.push(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]));
  }
  return statuses;
}

test("refused handshakes count like others, whatever they are refused for, and hardly fill the log", async () => {
  const long = "x".repeat(12_000);
  const half = "x".repeat(4_000);
  const address = { "X-Forwarded-For": "203.0.113.7" };
  const habits: [why: string, status: number, path: string, headers: Record<string, string>][] = [
    ["path", 404, `/${long}`, address],
    ["origin", 403, "/explain", { ...address, Origin: `https://${long}.example` }],
    ["host", 421, "/explain", { ...address, Host: `${long}.example` }],
    ["all of it", 421, `/${half}`, { ...address, Origin: half, Host: `${half}.example` }],
  ];
  for (const [why, status, path, headers] of habits) {
    const options = {
      behindProxies: 1,
      publicHosts: ["127.0.0.1"],
      addressLimits: { connectionsPerMinute: 20 },
    };
    await withServer(options, async (server, log) => {
      const before = log().length;
      const statuses = await refusedHandshakes(server, 200, path, headers);
      assert.equal(new Set(statuses.slice(0, 20)), new Set([status]), why);
      assert.ok(statuses.filter((each) => each === 429).length >= 170, why);
      assert.is(await outcome(server.explainUrl, { headers: { "x-forwarded-for": "203.0.113.8" } }), "open");
      await server.close();
      // 200 lines of 12 to 24 kB each were some MB.
      assert.ok(log().length - before < 20_000, `${why}: ${log().length - before} characters of log`);
      const told = log()
        .split("\n")
        .filter((line) => line.includes("refused"));
      const counted = told.map((line) => Object.values<number>(JSON.parse(line).refused ?? { one: 1 }));
      assert.is(
        counted.flat().reduce((sum, count) => sum + count, 0),
        200,
        "none of them is left out of the count",
      );
    });
  }
});

test("refusals in the log: the first at once, then a line a second while there are more, each counted once", () => {
  const lines: [facts: object, text: string][] = [];
  const seconds: (() => void)[] = [];
  const note = (facts: object, text: string) => void lines.push([facts, text]);
  const log = new RefusalLog({ debug: note, info: note, warn: note, error: note }, (run) =>
    seconds.push(run),
  );
  const second = () => seconds.shift()?.();
  for (let k = 0; k < 1_000; k++) log.note(k % 2 ? "path" : "origin", { k }, "connection refused");
  assert.equal(lines, [[{ k: 0 }, "connection refused"]]);
  second();
  assert.equal(lines[1], [{ refused: { path: 500, origin: 499 }, last: { k: 999 } }, "more were refused"]);
  log.note("host", { k: 1_000 }, "connection refused");
  assert.is(lines.length, 2);
  second();
  assert.equal(lines[2], [{ refused: { host: 1 }, last: { k: 1_000 } }, "more were refused"]);
  second();
  assert.is(lines.length, 3);
  assert.is(seconds.length, 0, "nothing waits where nothing is refused");
  log.note("host", { k: 1_001 }, "connection refused");
  assert.equal(lines[3], [{ k: 1_001 }, "connection refused"]);
});

test("messages and bytes count over all sessions of an address", async () => {
  await withServer({ behindProxies: 1, addressLimits: { messagesPerSecond: 5 } }, async ({ explainUrl }) => {
    const headers = { "x-forwarded-for": "2001:db8::1" };
    const one = await RawClient.open(explainUrl, { headers });
    const two = await RawClient.open(explainUrl, { headers: { "x-forwarded-for": "2001:db8::2" } });
    for (let k = 0; k < 8; k++) one.send(start());
    two.send(start(), start(), start(), start());
    assert.is((await two.next("error")).code, "too-fast");
    await one.close();
  });
  await withServer(
    { behindProxies: 1, addressLimits: { bytesPerSecond: 250_000 } },
    async ({ explainUrl }) => {
      const heavy = { headers: { "x-forwarded-for": "192.0.2.9" } };
      const three = await RawClient.open(explainUrl, heavy);
      const four = await RawClient.open(explainUrl, heavy);
      three.send(start(), frames(0), frames(200), frames(400), frames(600), frames(800));
      four.send(start(), frames(0), frames(200), frames(400), frames(600), frames(800));
      const ends = await Promise.race([three.next("error"), four.next("error")]);
      assert.match(ends.message, "bytes a second from your address");
    },
  );
});

test("an address that asks for pages without end is told to wait", async () => {
  await withServer({ behindProxies: 1, addressLimits: { requestsPerSecond: 0.001 } }, async (server) => {
    const headers = { "x-forwarded-for": "203.0.113.7" };
    const book = new AddressBook({ ...DEFAULT_ADDRESS_LIMITS, requestsPerSecond: 1 }, () => 0);
    for (let k = 0; k < 10; k++) assert.ok(book.mayRequest("x"));
    assert.not.ok(book.mayRequest("x"));
    const answer = await get(server, "/packs/index.json", headers);
    assert.is(answer.status, 429);
    assert.is(answer.headers["retry-after"], "1");
    const local = { "x-forwarded-for": "127.0.0.1" };
    assert.is((await get(server, "/healthz", local)).status, 200, "programs on this machine have no limits");
    assert.is(
      (await get(server, "/healthz")).status,
      429,
      "whom the proxy does not name is not this machine",
    );
  });
});

test("the book of addresses forgets the oldest, and never one with sessions", () => {
  const book = new AddressBook({ ...DEFAULT_ADDRESS_LIMITS, sessions: 1 }, () => 0, 100);
  assert.ok(book.openSession("kept"));
  for (let k = 0; k < 10_000; k++) book.mayRequest(`address ${k}`);
  assert.is(book.size, 100);
  assert.not.ok(book.openSession("kept"));
  book.closeSession("kept");
  assert.ok(book.openSession("kept"));
});

test("limits count IPv6 by its network", () => {
  assert.is(limitedAs("192.0.2.1"), "192.0.2.1");
  assert.is(limitedAs("2001:db8:1:2:3:4:5:6"), limitedAs("2001:db8:1:2::9"));
  assert.is.not(limitedAs("2001:db8:1:2::9"), limitedAs("2001:db8:1:3::9"));
  assert.is(limitedAs("2001:db8::1"), "2001:db8:0:0::/64");
  assert.is(limitedAs("fe80::1%eth0"), "fe80:0:0:0::/64");
});

test("a server for local engines alone has no endpoint and says so to pages", async () => {
  await withServer({ localOnly: true, backend: undefined }, async (server) => {
    assert.is(await outcome(server.explainUrl), "404");
    assert.equal(JSON.parse((await get(server, "/packs/index.json")).body).explained, []);
    assert.match(server.backend, "own device");
  });
});

test("a port is freed when the certificate cannot be used", async () => {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const tls = { cert: tokenFile, key: join(work, "missing") };
  const message = await startServer({ pack: PACK, port, tls }).then(
    () => "",
    (error: Error) => error.message,
  );
  assert.match(message, "missing");
  const server = await startServer({ pack: PACK, port, backend: NO_BACKEND });
  await server.close();
});

test.run();
