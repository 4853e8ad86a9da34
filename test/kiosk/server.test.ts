// Kiosks from the server's side: settings from a file, reports, status, metrics and the warning when one falls silent.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Kiosks } from "../../kiosk/kiosks.ts";
import type { KioskReport } from "../../kiosk/protocol.ts";
import { NO_BACKEND } from "../../server/explain/no-backend.ts";
import type { RunningServer } from "../../server/start-server.ts";
import { serveKiosk } from "./serve-kiosk.ts";

const work = mkdtempSync(join(tmpdir(), "listenable-kiosk-"));
const file = join(work, "lobby.json");
const page = join(work, "public");
writeFileSync(file, JSON.stringify({ name: "lobby", idle: 30, controls: ["listening"] }));
test.after(() => rmSync(work, { recursive: true }));

const REPORT: KioskReport = {
  name: "lobby",
  state: "live",
  engine: "local",
  uptimeSeconds: 90_000,
  recoveries: 2,
  reloads: 1,
  missedDeadlines: 7,
  windowsDropped: 3,
  howls: 0,
  heapMiB: 12.5,
  problems: ["microphone-lost"],
};

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, unknown>;
}

function ask(server: RunningServer, path: string, body?: string, headers = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const asked = request(new URL(path, server.url), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          headers: response.headers,
        }),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

async function withServer(kioskFile: string | undefined, use: (server: RunningServer) => Promise<void>) {
  const server = await serveKiosk(kioskFile, {
    pack: "test/fixtures/tiny-pack",
    port: 0,
    backend: NO_BACKEND,
    publicFolder: page,
  });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

test("the settings of the file reach the page, filled in; without a file the ordinary ones do", async () => {
  await withServer(file, async (server) => {
    const settings = JSON.parse((await ask(server, "kiosk/settings.json")).body);
    assert.is(settings.idle, 30);
    assert.equal(settings.controls, ["listening"]);
    assert.is(settings.restart, "04:00");
    writeFileSync(file, JSON.stringify({ name: "lobby", idle: 45 }));
    await server.reload();
    assert.is(JSON.parse((await ask(server, "kiosk/settings.json")).body).idle, 45);
    writeFileSync(file, "{");
    await server.reload();
    assert.is(JSON.parse((await ask(server, "kiosk/settings.json")).body).idle, 45);
  });
  await withServer(undefined, async (server) => {
    assert.is(JSON.parse((await ask(server, "kiosk/settings.json")).body).idle, 60);
    const moved = await ask(server, "kiosk/?idle=5");
    assert.equal([moved.status, moved.headers["location"]], [308, "../kiosk?idle=5"]);
  });
});

test("a mistake in the file stops the start, with file, setting, value and what it may be", async () => {
  const start = async (text: string) => {
    const bad = join(work, "bad.json");
    writeFileSync(bad, text);
    return withServer(bad, async () => {}).then(
      () => "started",
      (error: Error) => error.message,
    );
  };
  assert.match(await start('{"idel": 3}'), /bad\.json: there is no setting "idel"; there are name, .*idle/);
  assert.match(await start('{"idle": -3}'), /bad\.json: "idle" is -3; it should be/);
  assert.match(
    await start('{"listening": "all"}'),
    /"listening" is "all"; it should be one of .*"explanation"/,
  );
  assert.match(await start('{"restart": "4"}'), /"restart" is "4"; it should be a time such as "04:00"/);
  assert.match(await start("3"), /must be an object/);
  assert.match(await start("{"), /bad\.json is not JSON/);
});

test("reports come to status and metrics; what is no report, too long or from elsewhere is turned away", async () => {
  await withServer(undefined, async (server) => {
    const body = JSON.stringify(REPORT);
    assert.is((await ask(server, "kiosk/report", body)).status, 200);
    const { kiosks } = JSON.parse((await ask(server, "kiosk/status.json")).body);
    assert.is(kiosks.length, 1);
    assert.is(kiosks[0].missedDeadlines, 7);
    assert.is(kiosks[0].silent, false);
    const status = await ask(server, "kiosk/status");
    assert.match(status.body, /<td>lobby<\/td><td>live<\/td>/);
    assert.match(String(status.headers["content-type"]), "text/html");
    const metrics = (await ask(server, "metrics")).body;
    assert.match(metrics, 'listenable_kiosk_running{kiosk="lobby"} 1');
    assert.match(metrics, 'listenable_kiosk_recoveries{kiosk="lobby"} 2');

    const wrong = await ask(server, "kiosk/report", JSON.stringify({ ...REPORT, name: "<b>" }));
    assert.is(wrong.status, 400);
    assert.match(wrong.body, "name");
    assert.is((await ask(server, "kiosk/report", "x".repeat(5_000))).status, 413);
    assert.is((await ask(server, "kiosk/report", body, { origin: "https://evil.example" })).status, 403);
    assert.is((await ask(server, "kiosk/report")).status, 404);
    assert.is((await ask(server, "kiosk/status", "x")).status, 405);
    assert.is(JSON.parse((await ask(server, "kiosk/status.json")).body).kiosks.length, 1);
  });
});

test("a kiosk without microphone or explanation says so in status, metrics and /healthz", async () => {
  await withServer(undefined, async (server) => {
    const tell = async (report: object) =>
      (await ask(server, "kiosk/report", JSON.stringify({ ...REPORT, ...report }))).status;
    const health = async () => JSON.parse((await ask(server, "healthz")).body).kiosks;
    assert.equal(await health(), {
      reported: 0,
      silent: [],
      recovering: [],
      withoutMicrophone: [],
      withoutExplanation: [],
    });
    assert.is(await tell({ name: "of-before" }), 200, "a page of before tells nothing of it");
    assert.is(
      await tell({ name: "hall", microphone: "missing", state: "attract", explanation: "here" }),
      200,
    );
    assert.is(await tell({ name: "lobby", microphone: "there", explanation: "away" }), 200);
    assert.is(await tell({ name: "shop", microphone: "gone" }), 400);
    const { reported, withoutMicrophone, withoutExplanation } = await health();
    assert.equal([reported, withoutMicrophone, withoutExplanation], [3, ["hall"], ["lobby"]]);
    const metrics = (await ask(server, "metrics")).body;
    for (const [figure, kiosk, value] of [
      ["microphone", "hall", 0],
      ["microphone", "lobby", 1],
      ["microphone", "of-before", 1],
      ["explained", "hall", 1],
      ["explained", "lobby", 0],
      ["running", "hall", 1],
      ["running", "lobby", 0],
    ]) {
      assert.match(metrics, `listenable_kiosk_${figure}{kiosk="${kiosk}"} ${value}`);
    }
    assert.match((await ask(server, "kiosk/status")).body, "<td>missing</td>");
    assert.is(await tell({ name: "hall", microphone: "there" }), 200);
    assert.equal((await health()).withoutMicrophone, []);
  });
});

test("a kiosk that falls silent is a warning once, and told again when it is back; names have a bound", async () => {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  let now = 0;
  const kiosks = await Kiosks.open({ log, now: () => now });
  kiosks.receive(JSON.stringify(REPORT));
  now = 179_000;
  kiosks.look();
  assert.is(lines.filter(({ level }) => level === 40).length, 0);
  now = 181_000;
  kiosks.look();
  kiosks.look();
  assert.equal(
    lines.filter(({ level }) => level === 40).map(({ msg }) => msg),
    ["kiosk: no report any more"],
  );
  assert.ok(kiosks.known[0].silent);
  kiosks.receive(JSON.stringify(REPORT));
  assert.is(lines.at(-1)?.msg, "kiosk: it reports again");
  for (let n = 0; n < 200; n++) {
    now++;
    kiosks.receive(JSON.stringify({ ...REPORT, name: `k${n}` }));
  }
  assert.is(kiosks.known.length, 64);
  assert.ok(kiosks.known.some(({ report }) => report.name === "k199"));
  kiosks.close();
});

test.run();
