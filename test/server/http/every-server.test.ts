// What serve, monitor and study have in common over HTTP: the same cases against all three, over real sockets.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { request as requestTls } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AnyServer, LARGE_BYTES, removeAll, SERVERS, type ServerKind, work } from "./all-servers.ts";
import { hasOpenssl, makeCertificate } from "./certificate.ts";

const TOKEN = "a-token-for-this-test-0123456789";
const OTHER = "another-token-for-this-test-9876";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Question {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Of this machine's addresses, the one to come from. */
  readonly localAddress?: string;
}

/** A server, and what a proxy in front of it adds to each request. */
interface Reached extends AnyServer {
  readonly via?: Record<string, string>;
}

/** As a trusted proxy on this machine notes this machine; and what it might note that names nobody. */
const LOCAL = { "x-forwarded-for": "127.0.0.1" };
const NAMELESS: readonly Record<string, string>[] = [
  {},
  ...["unknown", "for=127.0.0.1", "127.0.0.1,", "127.1"].map((note) => ({ "x-forwarded-for": note })),
];

/** The path is sent as it is; certificates are not checked. */
function ask({ url, via }: Reached, path: string, question: Question = {}): Promise<Answer> {
  const { method = "GET", body, localAddress } = question;
  const headers = { ...via, ...question.headers };
  const start = url.startsWith("https") ? requestTls : request;
  const { hostname, port } = new URL(url.replace("0.0.0.0", "127.0.0.1"));
  const to = { hostname, port, path: `/${path}`, method, headers, localAddress };
  return new Promise((resolve, reject) => {
    const asked = start({ ...to, agent: false, rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const JSON_BODY = { "content-type": "application/json" };

async function socketTo({ url }: AnyServer, localAddress = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** What stands in the request line is sent as it is. */
async function rawStatus(server: AnyServer, target: string): Promise<number> {
  const socket = await socketTo(server);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await once(socket, "close");
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

function withToken(kind: ServerKind, server: AnyServer, headers: Record<string, string>): Promise<Answer> {
  return ask(server, kind.post, { method: "POST", headers: { ...JSON_BODY, ...headers }, body: "{}" });
}

for (const kind of SERVERS) {
  const test = suite(`${kind.name}: by default`);
  let server: AnyServer;
  test.before(async () => {
    server = await kind.start({});
  });
  test.after(() => server.close());

  test("every answer has the strict headers", async () => {
    for (const path of [kind.page, "nothing/here", "healthz"]) {
      const { headers } = await ask(server, path);
      assert.match(String(headers["content-security-policy"]), "default-src 'none'");
      assert.is(headers["x-content-type-options"], "nosniff");
      assert.is(headers["cross-origin-opener-policy"], "same-origin");
    }
  });

  test("a name that somebody else points at this machine is refused, names of its own are not", async () => {
    for (const host of ["rebound.example", "localhost.rebound.example:80", "127.0.0.1.rebound.example"]) {
      const { status, body } = await ask(server, kind.page, { headers: { host } });
      assert.is(status, 421, host);
      assert.match(body, "--public-host");
    }
    for (const host of ["localhost:1234", "127.0.0.1", "[::1]:80", "page.localhost"]) {
      assert.is((await ask(server, kind.page, { headers: { host } })).status, 200, host);
    }
  });

  test("pages of other sites can't post; its own and programs can", async () => {
    for (const origin of ["https://elsewhere.example", "null", `${server.url.slice(0, -1)}.example`]) {
      assert.is((await withToken(kind, server, { origin })).status, 403, origin);
    }
    const own = await withToken(kind, server, { origin: server.url.slice(0, -1) });
    const program = await withToken(kind, server, {});
    assert.is(own.status, program.status);
    assert.is.not(own.status, 403);
  });

  test("a body that is too large is refused, with and without a word of its size beforehand", async () => {
    const body = Buffer.alloc(300_000, "x");
    for (const headers of [{ "content-length": `${body.length}` }, { "transfer-encoding": "chunked" }]) {
      const answer = await ask(server, kind.post, {
        method: "POST",
        headers: { ...JSON_BODY, ...headers },
        body,
      });
      assert.is(answer.status, 413);
    }
  });

  test("what is not there is 404, for programs as JSON, for people as a sentence", async () => {
    for (const path of ["nothing/here/at/all", "nothing", "study.json", "packs/none/pack.json"]) {
      const answer = await ask(server, path);
      assert.is(answer.status, 404, path);
      assert.match(JSON.parse(answer.body).error, "nothing at this address");
    }
    const read = await ask(server, "nothing", { headers: { accept: "text/html,*/*" } });
    assert.match(String(read.headers["content-type"]), "text/plain");
    assert.is(read.body, "There is nothing at this address.\n");
  });

  test("addresses that could lead elsewhere are 400", async () => {
    for (const path of ["%2e%2e/secret", "a%2fb", "%00", "%", ".hidden"]) {
      assert.is((await ask(server, path)).status, 400, path);
    }
  });

  test("an address in other words than ours is nothing's, so that it gets past no rule of a proxy", async () => {
    const { page } = kind;
    const needless = `%${page.charCodeAt(0).toString(16)}${page.slice(1)}`;
    for (const path of [
      `/${page}`,
      `//x/${page}`,
      `x//${page}`,
      `${page}/`,
      `${page}//`,
      needless,
      `${page}#x`,
    ]) {
      assert.is(await rawStatus(server, `/${path}`), 404, path);
    }
    for (const name of ["healthz", "metrics"]) {
      for (const odd of [
        `//${name}`,
        `//x/${name}`,
        `/${name}/`,
        `/${name.replace("e", "%65")}`,
        `/${name}%20`,
      ]) {
        assert.is(await rawStatus(server, odd), 404, odd);
      }
    }
    const odd = [
      "/./",
      "/%2e/",
      "/x/../",
      "/x/%2E%2E/",
      "/x\\..\\",
      "\\",
      "/x%5c..%5c",
      "/%2f",
      "http://x/",
      "http://localhost/",
    ];
    for (const before of odd) {
      assert.is(await rawStatus(server, `${before}healthz`), 400, before);
      assert.is(await rawStatus(server, `${before}metrics`), 400, before);
    }
    assert.is(await rawStatus(server, "*"), 404);
  });

  test("odd values of headers, queries and bodies are never the server's mistake", async () => {
    const origins = [
      "null",
      "",
      "x",
      "http://",
      "https://[::1",
      "file://",
      "http://a b",
      "http://h:99999",
      "null, null",
    ];
    for (const origin of origins) {
      const ways: [string, Question][] = [
        [kind.page, {}],
        ["healthz", { method: "HEAD" }],
        [kind.post, { method: "POST", headers: JSON_BODY, body: "{}" }],
        ["access", { method: "POST" }],
      ];
      for (const [path, { headers, ...question }] of ways) {
        const { status } = await ask(server, path, { ...question, headers: { ...headers, origin } });
        assert.ok(status < 500, `${path} from "${origin}": ${status}`);
        if (path === kind.post) assert.is(status, 403, `from "${origin}"`);
      }
    }
    for (const query of [
      "%",
      "%00",
      "%ff",
      "__proto__=1",
      "limit=1.5",
      "limit[]=1",
      "a=1&a=2",
      "=",
      "&&",
      "p=%0d%0aX:1",
    ]) {
      for (const path of [
        kind.page,
        "",
        "healthz",
        "metrics",
        "api/events",
        "api/status",
        "study",
        "kiosk",
      ]) {
        const status = await rawStatus(server, `/${path}?${query}`);
        assert.ok(status < 500, `/${path}?${query}: ${status}`);
      }
    }
    for (const body of ["null", "[]", '"x"', "1e999", '{"__proto__":{}}', "[".repeat(3_000), "\0", "{"]) {
      const { status } = await ask(server, kind.post, { method: "POST", headers: JSON_BODY, body });
      assert.ok(status < 500, `${body.slice(0, 20)}: ${status}`);
    }
  });

  test("HEAD tells and does not send; methods that there are not are told with those that there are", async () => {
    const [get, head] = [await ask(server, kind.page), await ask(server, kind.page, { method: "HEAD" })];
    assert.is(head.status, 200);
    assert.is(head.body, "");
    assert.is(head.headers["content-length"], get.headers["content-length"]);
    for (const method of ["DELETE", "PUT", "OPTIONS", "POST"]) {
      const answer = await ask(server, kind.page, { method });
      assert.is(answer.status, 405, method);
      assert.is(answer.headers.allow, "GET, HEAD");
    }
    const posted = await ask(server, kind.post, { method: "DELETE" });
    assert.is(posted.status, 405);
    assert.match(String(posted.headers.allow), "POST");
  });

  test.run();
}

for (const kind of SERVERS) {
  const test = suite(`${kind.name}: with TLS, tokens and a proxy in front`);
  const tokenFile = join(work, `tokens-${kind.name}`);
  let server: Reached;
  test.before(async () => {
    await writeFile(tokenFile, `${TOKEN}\n`);
    const tls = hasOpenssl ? makeCertificate(work, kind.name) : undefined;
    const addressLimits = { requestsPerSecond: 0.001 };
    const running = await kind.start({ tls, tokenFile, behindProxies: 1, addressLimits });
    const { url } = running;
    server = { url, via: LOCAL, reload: () => running.reload(), close: () => running.close() };
  });
  test.after(() => server.close());

  test("it is reached by TLS, and only by it", async () => {
    if (!hasOpenssl) return;
    assert.match(server.url, /^https:/);
    assert.is((await ask(server, "healthz")).status, 200);
    const plain: Reached = { ...server, url: server.url.replace("https", "http") };
    assert.is(await ask(plain, "healthz").catch(() => "refused"), "refused");
  });

  test("a token is needed where it matters, as a bearer token and never in the query", async () => {
    assert.is((await ask(server, kind.page)).status, 200, "pages are no secret");
    const without = await withToken(kind, server, {});
    assert.is(without.status, 401);
    assert.is(without.headers["www-authenticate"], "Bearer");
    assert.is((await withToken(kind, server, { authorization: `Bearer ${TOKEN}x` })).status, 401);
    const query = { ...kind, post: `${kind.post}?token=${TOKEN}` };
    assert.is((await withToken(query, server, {})).status, 401);
    assert.is.not((await withToken(kind, server, { authorization: `Bearer ${TOKEN}` })).status, 401);
  });

  test("an address that asks without end is told to wait, and this machine is not", async () => {
    const waiting = await ask(server, kind.page, { headers: { "x-forwarded-for": "203.0.113.7" } });
    assert.is(waiting.status, 429);
    assert.is(waiting.headers["retry-after"], "1");
    assert.is((await ask(server, kind.page, { headers: LOCAL })).status, 200);
    const nameless = { ...server, via: {} };
    for (const headers of NAMELESS) {
      assert.is((await ask(nameless, kind.page, { headers })).status, 429, JSON.stringify(headers));
    }
  });

  test("a page gets a cookie for its token that scripts can't read and other sites can't use", async () => {
    if (!kind.cookies) return;
    const signIn = (token: string, headers = {}) =>
      ask(server, "access", { method: "POST", headers: { authorization: `Bearer ${token}`, ...headers } });
    assert.is((await signIn(`${TOKEN}x`)).headers["set-cookie"], undefined);
    assert.is((await signIn(`${TOKEN}x`)).status, 401);
    assert.is((await signIn("x; Path=/")).status, 401);
    assert.is((await signIn(TOKEN, { origin: "https://elsewhere.example" })).status, 403);
    const { status, headers } = await signIn(TOKEN);
    assert.is(status, 204);
    const [cookie] = headers["set-cookie"]!;
    assert.match(cookie, /; HttpOnly; SameSite=Strict/);
    if (hasOpenssl) assert.match(cookie, /; Secure/);
    const kept = { cookie: `a=b; ${cookie.split(";")[0]}` };
    assert.is.not((await withToken(kind, server, kept)).status, 401);
    assert.is((await withToken(kind, server, { cookie: `${kept.cookie}x` })).status, 401);
  });

  test("a token that leaves the file is worth nothing at once, nor is the cookie for it", async () => {
    const bearer = { authorization: `Bearer ${TOKEN}` };
    const given = await ask(server, "access", { method: "POST", headers: bearer });
    await writeFile(tokenFile, `${OTHER}\n`);
    await server.reload();
    assert.is((await withToken(kind, server, bearer)).status, 401);
    assert.is.not((await withToken(kind, server, { authorization: `Bearer ${OTHER}` })).status, 401);
    const cookie = given.headers["set-cookie"]?.[0].split(";")[0] ?? "";
    assert.is((await withToken(kind, server, { cookie })).status, 401);
  });

  test.run();
}

for (const kind of SERVERS) {
  const test = suite(`${kind.name}: for other machines too`);

  test("a server that acts on what pages send answers to numbers and known names alone; pages of no other site post", async () => {
    for (const publicHosts of [[], ["sounds.example"]]) {
      const server = await kind.start({ host: "0.0.0.0", publicHosts });
      const statusAs = async (host: string) => (await ask(server, kind.page, { headers: { host } })).status;
      const named = publicHosts.length > 0;
      const open = !kind.knownNames && !named;
      for (const host of ["rebound.example", "sounds.example.rebound.example", "study"]) {
        assert.is(await statusAs(host), open ? 200 : 421, host);
      }
      assert.is(await statusAs("sounds.example"), open || named ? 200 : 421);
      if (kind.knownNames || !named) assert.is(await statusAs("192.0.2.7:80"), 200);
      for (const [host, origin] of [
        ["192.0.2.7", "http://192.0.2.8"],
        ["localhost", "null"],
        ["localhost", "https://elsewhere.example"],
        ["rebound.example", "http://rebound.example"],
      ]) {
        const { status } = await withToken(kind, server, { host, origin });
        if (open && host === "rebound.example") continue;
        assert.ok([403, 421].includes(status), `${host} from ${origin}: ${status}`);
      }
      await server.close();
    }
  });

  test.run();
}

/** Ways to hold a connection, as what is sent over it. */
function holds(kind: ServerKind, headers: string): string[] {
  return [
    "",
    "GET / HTTP/1.1\r\nHost: local",
    `GET /${kind.page} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`,
    `GET /${kind.large} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`,
    `POST /${kind.post} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    `GET /explain HTTP/1.1\r\nHost: localhost\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  ];
}

for (const kind of SERVERS) {
  const test = suite(`${kind.name}: while one address holds all connections that it can get`);

  /** Opens many more connections than there are in all, and keeps what it gets. */
  async function greedily(server: AnyServer, localAddress: string, headers = ""): Promise<Socket[]> {
    const sockets: Socket[] = [];
    for (const text of holds(kind, headers)) {
      for (let k = 0; k < 24; k++) {
        const socket = await socketTo(server, localAddress);
        // Nothing of what comes is read.
        socket.write(text);
        sockets.push(socket);
      }
    }
    return sockets;
  }

  async function othersAreAnswered(server: Reached, question: Question): Promise<void> {
    for (let k = 0; k < 20; k++) {
      const status = await ask(server, kind.page, question).then(
        (answer) => answer.status,
        (error: Error) => error.message,
      );
      assert.is(status, 200, `request ${k + 1}`);
    }
  }

  test("another address of this machine is answered, with and without TLS", async () => {
    for (const tls of [undefined, ...(hasOpenssl ? [makeCertificate(work, `share-${kind.name}`)] : [])]) {
      const server = await kind.start({ connections: 32, tls });
      const held = await greedily(server, "127.0.0.2");
      await othersAreAnswered(server, { localAddress: "127.0.0.3" });
      for (const socket of held) socket.destroy();
      await server.close();
    }
  });

  test("another client of the same proxy is answered", async () => {
    const server = await kind.start({ connections: 32, behindProxies: 1 });
    const held = await greedily(server, "127.0.0.1", "X-Forwarded-For: 203.0.113.7\r\n");
    await othersAreAnswered(server, { headers: { "x-forwarded-for": "203.0.113.8" } });
    for (const socket of held) socket.destroy();
    await server.close();
  });

  test.run();
}

for (const kind of SERVERS) {
  const test = suite(`${kind.name}: with clients that take more than is theirs`);
  let server: AnyServer;
  test.before(async () => {
    server = await kind.start({
      connections: 8,
      connectionShare: { from: 1 / 2, most: 1 / 4 },
      patience: { downloadMs: 60, uploadMs: 60, checkMs: 20 },
    });
  });
  test.after(async () => {
    await server.close();
    if (kind === SERVERS.at(-1)) await removeAll();
  });

  test("an answer that is hardly read is cut", async () => {
    const socket = await socketTo(server);
    socket.write(`GET /${kind.large} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    let received = 0;
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
      socket.pause();
    });
    const closed = once(socket, "close");
    // What waits in between is read bit by bit, slower than is allowed, and then all of it.
    const trickle = setInterval(() => socket.resume(), 20);
    for (let k = 0; k < 60; k++) await new Promise((resolve) => setTimeout(resolve, 20));
    clearInterval(trickle);
    socket.removeAllListeners("data").on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.resume();
    await closed;
    assert.ok(received > 0);
    assert.ok(received < LARGE_BYTES);
  });

  test("a body that hardly gets on is answered with 408", async () => {
    const socket = await socketTo(server);
    socket.write(
      `POST /${kind.post} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`,
    );
    const trickle = setInterval(() => socket.write(" "), 10);
    const closed = once(socket, "close");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
      clearInterval(trickle);
    });
    await closed;
    clearInterval(trickle);
    assert.match(text, /^HTTP\/1\.1 408 /);
  });

  test("when connections run short, one address gets no more than its share, and others still get theirs", async () => {
    const held: Socket[] = [];
    for (let k = 0; k < 4; k++) held.push(await socketTo(server));
    // Half of them are taken now, all by one address, whose share is a quarter.
    const dropped = await socketTo(server);
    await once(dropped.resume(), "close");
    const other = await ask(server, kind.page, { localAddress: "127.0.0.2" });
    assert.is(other.status, 200);
    const gone = held.map((socket) => once(socket.destroy(), "close"));
    await Promise.all(gone);
    let answer: Answer | undefined;
    while (!answer) answer = await ask(server, kind.page).catch(() => undefined);
    assert.is(answer.status, 200);
  });

  test.run();
}
