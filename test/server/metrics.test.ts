// What the server tells of itself: to whom, in what format, and whether it adds up.
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { Writable } from "node:stream";
import pino from "pino";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openKioskExtension } from "../../kiosk/kiosk-extension.ts";
import { ServerMetrics, WINDOW_DEADLINE_MS } from "../../server/metrics.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../server/start-server.ts";
import { explain, frames, RawClient, start } from "./raw-client.ts";

const PACK = "test/fixtures/tiny-pack";

function get(server: RunningServer, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
    request({ port: server.port, path, headers, agent: false }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode!, type: String(response.headers["content-type"]), body }),
      );
    })
      .on("error", reject)
      .end();
  });
}

async function withServer(
  options: Partial<ServerOptions>,
  use: (server: RunningServer, log: () => Record<string, unknown>[]) => Promise<void>,
): Promise<void> {
  let text = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const lines = () =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const server = await startServer({
    pack: PACK,
    port: 0,
    lanes: 1,
    log: pino({ level: "debug" }, sink),
    ...options,
  });
  try {
    await use(server, lines);
  } finally {
    await server.close();
  }
}

/** Value of one series. */
function value(text: string, series: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  assert.ok(line, `${series} is missing in\n${text}`);
  return Number(line.slice(series.length + 1));
}

test("windows, sessions, bytes and refusals are counted as they happen", async () => {
  await withServer({ limits: { sessions: 1 } }, async (server) => {
    const client = await RawClient.open(server.explainUrl);
    client.send(start(), frames(0), explain(1, 0));
    await client.next("explanation");
    const refused = await RawClient.open(server.explainUrl);
    await refused.ended;
    const { status, type, body } = await get(server, "/metrics");
    assert.is(status, 200);
    assert.match(type, "version=0.0.4");
    assert.is(value(body, 'listenable_sessions{pack="tiny"}'), 1);
    assert.is(value(body, 'listenable_windows_queued_total{pack="tiny"}'), 1);
    assert.is(value(body, 'listenable_windows_explained_total{pack="tiny"}'), 1);
    assert.is(value(body, 'listenable_windows_dropped_total{pack="tiny",reason="displaced"}'), 0);
    assert.is(value(body, 'listenable_refusals_total{reason="server-full"}'), 1);
    assert.is(value(body, 'listenable_inference_seconds_count{pack="tiny"}'), 1);
    assert.is(value(body, 'listenable_queue_wait_seconds_bucket{le="+Inf",pack="tiny"}'), 1);
    assert.is(value(body, 'listenable_batch_windows_sum{pack="tiny"}'), 1);
    assert.ok(value(body, "listenable_received_bytes_total") > 128 * 257 * 2);
    assert.ok(value(body, "listenable_sent_bytes_total") > 128 * 257);
    assert.is(value(body, "listenable_ready"), 0);
    assert.match((await get(server, "/readyz")).body, "all places are taken");
    client.send("text");
    await client.ended;
    const after = (await get(server, "/metrics")).body;
    assert.is(value(after, 'listenable_sessions{pack="tiny"}'), 0);
    assert.is(value(after, 'listenable_sessions_ended_total{pack="tiny",reason="malformed"}'), 1);
    assert.equal(JSON.parse((await get(server, "/readyz")).body), { ready: true });
  });
});

test("every window that was asked for is accounted for, whatever its client does", async () => {
  await withServer({}, async (server) => {
    const leaving = await RawClient.open(server.explainUrl);
    leaving.send(
      start(),
      frames(0),
      explain(1, 0),
      frames(128, 8),
      explain(2, 8),
      frames(136, 8),
      explain(3, 16),
    );
    leaving.send(start(), frames(0), explain(4, 0));
    await leaving.close();
    const staying = await RawClient.open(server.explainUrl);
    staying.send(start(), frames(0), explain(1, 0));
    await staying.next("explanation");
    while (JSON.parse((await get(server, "/healthz")).body).sessions > 1) await new Promise(setImmediate);
    const { body } = await get(server, "/metrics");
    const dropped = ["displaced", "cancelled", "failed", "deadline"].map((reason) =>
      value(body, `listenable_windows_dropped_total{pack="tiny",reason="${reason}"}`),
    );
    const explained = value(body, 'listenable_windows_explained_total{pack="tiny"}');
    assert.is(value(body, 'listenable_windows_queued_total{pack="tiny"}'), 5);
    assert.is(
      dropped.reduce((sum, each) => sum + each, explained),
      5,
    );
    await staying.close();
  });
});

test("every line of a session's log has its name, which /healthz and no one else knows", async () => {
  await withServer({}, async (server, log) => {
    const clients = [await RawClient.open(server.explainUrl), await RawClient.open(server.explainUrl)];
    const { sessionNames } = JSON.parse((await get(server, "/healthz")).body);
    assert.is(new Set(sessionNames).size, 2);
    clients[0].send("text");
    await clients[0].ended;
    await clients[1].close();
    while (JSON.parse((await get(server, "/healthz")).body).sessions > 0) await new Promise(setImmediate);
    for (const name of sessionNames) {
      const said = log()
        .filter(({ session }) => session === name)
        .map(({ msg }) => msg);
      assert.is(said[0], "session opened");
      assert.is(said.at(-1), "session closed");
    }
    const nameless = log().filter(
      ({ msg, session }) => /^session|^connection error/.test(String(msg)) && !session,
    );
    assert.equal(nameless, []);
  });
});

test("figures are for this machine; a proxy in front, trusted or not, does not make others local", async () => {
  const inside = async (server: RunningServer, headers: Record<string, string> = {}) => {
    const metrics = await get(server, "/metrics", headers);
    const health = JSON.parse((await get(server, "/healthz", headers)).body);
    assert.is(health.status, "ok");
    assert.is("backend" in health, metrics.status === 200);
    assert.is(metrics.body.includes("listenable_info"), metrics.status === 200);
    return metrics.status === 200;
  };
  const visitor = { "x-forwarded-for": "203.0.113.7" };
  await withServer({}, async (server) => {
    assert.ok(await inside(server));
    assert.not.ok(await inside(server, visitor));
    assert.not.ok(await inside(server, { ...visitor, "x-forwarded-for": "127.0.0.1" }));
    assert.not.ok(await inside(server, { forwarded: "for=127.0.0.1" }));
  });
  await withServer({ behindProxies: 1 }, async (server) => {
    assert.ok(await inside(server, { "x-forwarded-for": "127.0.0.1" }));
    assert.not.ok(await inside(server), "a proxy that names nobody is not this machine");
    assert.not.ok(await inside(server, visitor));
    assert.not.ok(await inside(server, { host: "listen.example" }));
  });
  await withServer({ metricsPublic: true, behindProxies: 1 }, async (server) => {
    assert.ok(await inside(server, visitor));
  });
});

function metricsOfNothing(): ServerMetrics {
  return new ServerMetrics({
    version: "1",
    backend: "none",
    packs: ["tiny"],
    ready: () => true,
    windowsWaiting: () => 0,
  });
}

test("a window is late from its deadline on", async () => {
  const metrics = metricsOfNothing();
  metrics.windowDone("tiny", { queueMs: WINDOW_DEADLINE_MS - 10, inferenceMs: 10, batch: 4 });
  metrics.windowDone("tiny", { queueMs: WINDOW_DEADLINE_MS, inferenceMs: 10, batch: 4 });
  assert.is(value(await metrics.render(), 'listenable_windows_late_total{pack="tiny"}'), 1);
  metrics.close();
});

test("the dashboard and the alerts ask for metrics that there are, and each of the server's has a panel and a line in the guide", async () => {
  const metrics = metricsOfNothing();
  const own = metrics.names;
  const kiosk = await openKioskExtension({ log: pino({ level: "silent" }) });
  for (const figure of kiosk.figures!) metrics.add(figure);
  kiosk.close?.();
  const known = new Set(
    metrics.names.flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]),
  );
  metrics.close();
  const dashboard = JSON.parse(readFileSync("deploy/grafana.json", "utf8"));
  const expressions: string[] = dashboard.panels.flatMap((panel: { targets?: { expr: string }[] }) =>
    (panel.targets ?? []).map(({ expr }) => expr),
  );
  assert.ok(expressions.length >= 10);
  const alerts = readFileSync("deploy/prometheus-alerts.yml", "utf8");
  for (const text of [...expressions, ...alerts.matchAll(/expr: (.+)/g)].map(String)) {
    const asked = text.match(/\b(?:listenable|process)_[a-z_]+\b/g) ?? [];
    assert.ok(asked.length > 0, text);
    for (const name of asked) assert.ok(known.has(name), `${name} in ${text}`);
  }
  const guide = readFileSync("docs/deployment.md", "utf8");
  for (const name of own) {
    assert.ok(
      expressions.some((expr) => new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`).test(expr)),
      `${name} has no panel`,
    );
    assert.match(guide, `\`${name}\``);
  }
});

test.run();
