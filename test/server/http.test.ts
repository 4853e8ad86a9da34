import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fetchPack } from "../../models/pack/open-pack.ts";
import { pathSegments } from "../../server/http/paths.ts";
import { startServer } from "../../server/start-server.ts";
import { writeOddPack } from "../models/runtime/odd-pack.ts";

const work = mkdtempSync(join(tmpdir(), "listenable-http-"));
const page = join(work, "public");
const packs = join(work, "packs");
mkdirSync(join(page, "ort"), { recursive: true });
mkdirSync(packs);
const script = `const text = "${"sound ".repeat(1000)}";`;
for (const [name, content] of Object.entries({
  "index.html": "<!doctype html><title>page</title>",
  "page.js": script,
  "small.css": "a{}",
  ".hidden": "secret",
  "ort/ort.wasm": "\0asm".padEnd(5000, "x"),
  "ort/ort.mjs": "export {}",
})) {
  writeFileSync(join(page, name), content);
}
writeFileSync(join(work, "secret.txt"), "secret");
writeOddPack(join(packs, "odd"));
mkdirSync(join(packs, "broken"));
writeFileSync(join(packs, "broken", "pack.json"), "{}");
writeFileSync(join(packs, "odd", "notes.txt"), "secret");

const server = await startServer({
  pack: "test/fixtures/tiny-pack",
  port: 0,
  publicFolder: page,
  packsFolder: packs,
});
test.after(async () => {
  await server.close();
  rmSync(work, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The path is sent as it is: `fetch` would tidy it first. */
function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port: server.port, host: "127.0.0.1", path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

test("the page and its files come with their types", async () => {
  const types: [string, string][] = [
    ["/", "text/html; charset=utf-8"],
    ["/index.html", "text/html; charset=utf-8"],
    ["/page.js", "text/javascript; charset=utf-8"],
    ["/page.js?v=1", "text/javascript; charset=utf-8"],
    ["/small.css", "text/css; charset=utf-8"],
    ["/ort/ort.wasm", "application/wasm"],
    ["/ort/ort.mjs", "text/javascript; charset=utf-8"],
    ["/packs/tiny/pack.json", "application/json; charset=utf-8"],
    ["/packs/tiny/bands.onnx", "application/octet-stream"],
  ];
  for (const [path, type] of types) {
    const answer = await get(path);
    assert.is(answer.status, 200, path);
    assert.is(answer.headers["content-type"], type, path);
    assert.is(Number(answer.headers["content-length"]), answer.body.length);
  }
});

test("every answer isolates the page and allows no foreign or inline code", async () => {
  for (const path of ["/", "/page.js", "/ort/ort.wasm", "/packs/tiny/pack.json", "/healthz", "/nothing"]) {
    const { headers } = await get(path, { host: "localhost:8080" });
    assert.is(headers["cross-origin-opener-policy"], "same-origin", path);
    assert.is(headers["cross-origin-embedder-policy"], "require-corp", path);
    assert.is(headers["cross-origin-resource-policy"], "same-origin", path);
    assert.is(headers["x-content-type-options"], "nosniff", path);
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, "script-src 'self' 'wasm-unsafe-eval';");
    assert.match(policy, "connect-src 'self' ws://localhost:8080 wss://localhost:8080;");
    assert.not.match(policy, "'unsafe-eval'");
    assert.not.match(policy, "unsafe-inline");
  }
});

test("the page for browsers without AudioWorklet is the same one, with inline script and eval let through", async () => {
  const [strict, compat] = [await get("/"), await get("/compat.html?start=yes")];
  assert.is(compat.status, 200);
  assert.equal(compat.body, strict.body);
  const relaxed =
    "script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval' 'unsafe-inline'; script-src-attr 'none';";
  assert.is(
    String(compat.headers["content-security-policy"]).replace(
      relaxed,
      "script-src 'self' 'wasm-unsafe-eval';",
    ),
    strict.headers["content-security-policy"],
  );
  for (const name of ["cross-origin-opener-policy", "cross-origin-embedder-policy", "permissions-policy"]) {
    assert.is(compat.headers[name], strict.headers[name], name);
  }
  for (const path of [
    "/compat.html/",
    "/a/compat.html",
    "/compat.html/page.js",
    "/COMPAT.html",
    "/packs/compat.html",
  ]) {
    const { status, headers } = await get(path);
    if (status === 200) assert.equal(path, "/compat.html/");
    else assert.not.match(String(headers["content-security-policy"]), "unsafe-inline", path);
  }
});

test("a host that is no plain name is not repeated in the policy", async () => {
  for (const host of ["evil; script-src *", "a b", "x'y", "*"]) {
    const { headers } = await get("/", { host });
    assert.match(String(headers["content-security-policy"]), "connect-src 'self';");
  }
});

test("compression is what the client takes, and only for what gets smaller", async () => {
  const br = await get("/page.js", { "accept-encoding": "gzip, deflate, br" });
  assert.is(br.headers["content-encoding"], "br");
  assert.is(br.headers.vary, "Accept-Encoding");
  assert.is(brotliDecompressSync(br.body).toString(), script);
  const gzip = await get("/page.js", { "accept-encoding": "gzip, br;q=0" });
  assert.is(gzip.headers["content-encoding"], "gzip");
  assert.is(gunzipSync(gzip.body).toString(), script);
  for (const [path, accepted] of [
    ["/page.js", "identity"],
    ["/page.js", ""],
    ["/small.css", "br"],
    ["/packs/tiny/bands.onnx", "br"],
  ]) {
    assert.is(
      (await get(path, { "accept-encoding": accepted })).headers["content-encoding"],
      undefined,
      path,
    );
  }
});

test("a changed file is sent anew, an unchanged one is not sent again", async () => {
  const first = await get("/page.js", { "accept-encoding": "br" });
  const etag = String(first.headers.etag);
  assert.is(first.headers["cache-control"], "no-cache");
  for (const coding of ["br", "gzip", "identity"]) {
    const again = await get("/page.js", { "if-none-match": etag, "accept-encoding": coding });
    assert.is(again.status, 304);
    assert.is(again.body.length, 0);
  }
  writeFileSync(join(page, "page.js"), `${script}// more`);
  const changed = await get("/page.js", { "if-none-match": etag, "accept-encoding": "br" });
  assert.is(changed.status, 200);
  assert.is(brotliDecompressSync(changed.body).toString(), `${script}// more`);
  writeFileSync(join(page, "page.js"), script);
});

test("HEAD tells and does not send; other methods are refused", async () => {
  const head = await get("/page.js", { "accept-encoding": "br" }, "HEAD");
  assert.is(head.status, 200);
  assert.is(head.body.length, 0);
  assert.ok(Number(head.headers["content-length"]) > 0);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    const answer = await get("/", {}, method);
    assert.is(answer.status, 405);
    assert.is(answer.headers.allow, "GET, HEAD");
  }
});

test("no path leads out of the page's folder or to hidden files", async () => {
  const paths = [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/ort/../../secret.txt",
    "/ort/%2e%2e/%2e%2e/secret.txt",
    "/..\\secret.txt",
    "/..%5csecret.txt",
    "/%00",
    "/page.js%00.html",
    "/%",
    "/%ff",
    "/.hidden",
    "/%2ehidden",
    "/C:/secret.txt",
    `/${work}/secret.txt`,
    `//${work}/secret.txt`,
    "/packs/../../secret.txt",
    "/packs/tiny/../../secret.txt",
    "/packs/tiny/..%2f..%2fpackage.json",
    "/packs/odd/notes.txt",
    "/packs/odd",
    "/packs/odd/",
    "/packs/odd/pack.json/x",
    "/packs/broken/pack.json",
    "/packs/",
    "/ort",
    "/ort/",
  ];
  for (const path of paths) {
    const answer = await get(path);
    assert.ok([400, 404].includes(answer.status), `${path} gave ${answer.status}`);
    assert.not.match(answer.body.toString(), "secret");
  }
});

test("pathSegments takes plain paths and nothing else", () => {
  assert.equal(pathSegments("/"), []);
  assert.equal(pathSegments("/a//b%20c?x=/../#y"), ["a", "b c"]);
  for (const path of ["/a/..", "/%2e", "/a%2fb", "/a%5cb", "/a\nb", "/%zz"]) {
    assert.is(pathSegments(path), undefined, path);
  }
});

test("packs are named, the server's own first, and can be opened over HTTP", async () => {
  const index = JSON.parse((await get("/packs/index.json")).body.toString());
  assert.equal(index, {
    default: "tiny",
    packs: [
      { name: "tiny", title: "Tiny test pack" },
      { name: "odd", title: "Tiny test pack" },
    ],
    explained: ["tiny"],
  });
  const opened = await fetchPack(`${server.url}packs/odd/`);
  assert.is(opened.pack.name, "odd");
  assert.ok((await opened.graph("targeted")).bytes.length > 100);
});

test("/healthz tells how the server is", async () => {
  const answer = await get("/healthz");
  assert.is(answer.status, 200);
  const health = JSON.parse(answer.body.toString());
  assert.is(health.status, "ok");
  assert.is(health.pack, "tiny");
  assert.is(health.sessions, 0);
  assert.match(health.backend, "onnxruntime");
});

test("clients that offer HTTP/2 on the side are answered by HTTP/1.1", async () => {
  const offer = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABk" };
  const health = await get("/healthz", offer);
  assert.is(health.status, 200);
  assert.is(JSON.parse(health.body.toString()).status, "ok");
  const large = Buffer.alloc(3_000_000, "sound");
  writeFileSync(join(page, "large.bin"), large);
  const answer = await get("/large.bin", offer);
  assert.ok(answer.body.equals(large));
  assert.is((await get("/nothing", offer)).status, 404);
});

test("nonsense instead of HTTP is answered with 400 and hurts nobody", async () => {
  const { connect } = await import("node:net");
  const text = await new Promise<string>((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write("\x16\x03\x01nonsense\r\n\r\n"));
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk;
    });
    socket.on("close", () => resolve(got));
  });
  assert.match(text, "400 Bad Request");
  assert.is((await get("/")).status, 200);
});

test.run();
