/** A server from its port to its model: pages at once, JSON and a time for programs, a page that asks again for browsers. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import { RemoteEngine, type WebSocketClass } from "../../client/live/engines/remote-engine.ts";
import { WarmingError } from "../../client/live/engines/warming-server.ts";
import { patientFetch } from "../../client/live/patient-fetch.ts";
import type { Backend } from "../../server/explain/backend.ts";
import { NO_BACKEND } from "../../server/explain/no-backend.ts";
import { HttpServer } from "../../server/http/index.ts";
import { startServer } from "../../server/start-server.ts";
import { freePort } from "../free-port.ts";

const PACK = "test/fixtures/tiny-pack";
const page = { headers: { accept: "text/html" } };
const Ws = WebSocket as unknown as WebSocketClass;

/** A server whose model is there when `warm` is called. */
async function warming() {
  let warm: (backend: Backend) => void = () => {};
  const backend = new Promise<Backend>((resolve) => {
    warm = resolve;
  });
  const port = await freePort();
  const started = startServer({ pack: PACK, port, backend: () => backend, publicFolder: "dist/public" });
  const url = `http://127.0.0.1:${port}/`;
  for (let n = 0; n < 200; n++) {
    const there = await fetch(`${url}packs/index.json`).catch(() => null);
    if (there?.ok) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { url, port, warm, started };
}

test("page and packs are there before the model is; the rest says when to ask again, as JSON", async () => {
  const { url, port, warm, started } = await warming();
  assert.is((await fetch(`${url}packs/index.json`)).status, 200);
  assert.is((await fetch(`${url}packs/tiny/pack.json`)).status, 200);
  assert.equal(await (await fetch(`${url}healthz`)).json(), { status: "starting" });
  for (const path of ["readyz", "metrics", "explain", "explain/tiny"]) {
    const response = await fetch(url + path);
    assert.is(response.status, 503, path);
    assert.is(response.headers.get("Retry-After"), "1", path);
    assert.is((await response.json()).warming, true, path);
    assert.ok(response.headers.get("Content-Security-Policy"), "with the headers of every answer");
  }
  assert.is((await fetch(`${url}nothing/here`)).status, 404, "what will not be there is not promised");
  const wrongName = await fetch(`${url}readyz`, { headers: { "x-forwarded-for": "192.0.2.1" } });
  assert.is(wrongName.status, 503);

  const error = await RemoteEngine.connect({ url: `ws://127.0.0.1:${port}/explain`, WebSocket: Ws }).catch(
    (reason) => reason,
  );
  assert.instance(error, WarmingError);
  assert.is(error.retryAfterSeconds, 1);
  assert.match(error.message, "warming up");

  warm(NO_BACKEND);
  const server = await started;
  assert.equal(await (await fetch(`${url}readyz`)).json(), { ready: true });
  assert.is((await fetch(`${url}healthz`).then((response) => response.json())).status, "ok");
  await server.close();
});

test("before it has anything at all, a browser gets a page that asks again by itself", async () => {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const http = await HttpServer.open({ port: 0, log: quiet });
  const answer = await fetch(http.url, page);
  assert.is(answer.status, 503);
  assert.is(answer.headers.get("Retry-After"), "1");
  const text = await answer.text();
  assert.match(text, "warming up");
  assert.match(text, '<meta http-equiv="refresh"');
  assert.not.match(text, "<script");
  assert.not.match(text, "style=");
  assert.is((await (await fetch(`${http.url}api/status`)).json()).warming, true);

  // A client that was told to come again does so.
  let told = 0;
  const asked = patientFetch(`${http.url}packs/index.json`, {}, () => {
    told++;
    http.serve([
      { method: "GET", path: "packs/index.json", answer: ({ response }) => void response.end("{}") },
    ]);
  });
  assert.is((await asked).status, 200);
  assert.is(told, 1);
  await http.close();
});

test("whoever waits may leave, and other refusals are not waited for", async () => {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const http = await HttpServer.open({ port: 0, log: quiet });
  const leaving = new AbortController();
  const name = await patientFetch(http.url, { signal: leaving.signal }, () => leaving.abort()).catch(
    (error) => error.name,
  );
  assert.is(name, "AbortError");
  http.serve([]);
  assert.is((await patientFetch(http.url)).status, 404);
  await http.close();
});

test("a model that can't be loaded frees the port", async () => {
  const port = await freePort();
  const backend = () => Promise.reject(new Error("no such thing"));
  const error = await startServer({ pack: PACK, port, backend }).catch((reason) => reason);
  assert.match(error.message, "no such thing");
  assert.is(await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null), null);
});

test.run();
