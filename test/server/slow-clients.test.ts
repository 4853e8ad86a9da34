// Clients that take their time: over their headers, over reading, or by holding connections.
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { NO_BACKEND } from "../../server/explain/no-backend.ts";
import { LEAST_DOWNLOAD, SlowTransfers, watchDownload } from "../../server/http/slow-transfers.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../server/start-server.ts";
import { RawClient } from "./raw-client.ts";

const PACK = "test/fixtures/tiny-pack";
const page = mkdtempSync(join(tmpdir(), "listenable-slow-"));
writeFileSync(join(page, "index.html"), "<!doctype html><title>page</title>");
writeFileSync(join(page, "large.bin"), Buffer.alloc(30_000_000, "sound"));
test.after(() => rmSync(page, { recursive: true }));

async function withServer(
  options: Partial<ServerOptions>,
  use: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await startServer({
    pack: PACK,
    port: 0,
    backend: NO_BACKEND,
    publicFolder: page,
    ...options,
  });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

async function open({ port }: RunningServer, text = ""): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  if (text) socket.write(text);
  return socket;
}

async function allOf(socket: Socket): Promise<string> {
  let got = "";
  socket.on("data", (chunk) => {
    got += chunk;
  });
  const closed = once(socket, "close");
  socket.resume();
  await closed;
  return got;
}

test("headers that never end are not waited for", async () => {
  await withServer({ patience: { headersMs: 100, requestMs: 200, checkMs: 20 } }, async (server) => {
    const socket = await open(server, "GET / HTTP/1.1\r\nHost: localhost\r\n");
    let k = 0;
    const trickle = setInterval(() => socket.write(`X-${k++}: x\r\n`), 20);
    assert.match(await allOf(socket), /^HTTP\/1\.1 4\d\d/);
    clearInterval(trickle);
  });
});

test("a connection that asks for nothing is closed without a word, which a browser would take for its next answer", async () => {
  await withServer({ patience: { headersMs: 100, requestMs: 200, checkMs: 20 } }, async (server) => {
    assert.is(await allOf(await open(server)), "");
  });
});

test("a body that never ends is not waited for", async () => {
  await withServer({ patience: { headersMs: 100, requestMs: 200, checkMs: 20 } }, async (server) => {
    const head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n";
    const socket = await open(server, head);
    assert.match(await allOf(socket), /^HTTP\/1\.1 40[58]/);
  });
});

test("a download that is not read is cut, a WebSocket that is silent for as long is not", async () => {
  await withServer({ patience: { stillMs: 300 } }, async (server) => {
    const client = await RawClient.open(server.explainUrl);
    const socket = await open(server, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.pause();
    // Once what waits in between is read, the end shows that the rest never came.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    assert.ok((await allOf(socket)).length < 30_000_000);
    assert.is(client.socket.readyState, client.socket.OPEN);
    await client.close();
  });
});

test("connections beyond the most are dropped, and there is room again when others go", async () => {
  await withServer({ connections: 2 }, async (server) => {
    const kept = [await open(server), await open(server)];
    const dropped = await open(server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert.is(await allOf(dropped), "");
    const gone = kept.map((socket) => {
      socket.destroy();
      return once(socket, "close");
    });
    await Promise.all(gone);
    let answer = "";
    while (answer === "") {
      answer = await allOf(
        await open(server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
      );
    }
    assert.match(answer, "200 OK");
  });
});

/** An answer of which the test says how much has been read. */
class MadeUpAnswer {
  socket = { bytesWritten: 1_000_000, writableLength: 1_000_000 };
  readonly req = { socket: new EventEmitter() };
  destroyed = false;
  #closed: () => void = () => {};
  once(_event: string, closed: () => void): void {
    this.#closed = closed;
  }
  read(bytes: number): void {
    this.socket.writableLength -= bytes;
  }
  destroy(): void {
    this.destroyed = true;
    this.#closed();
  }
}

test("downloads that get on stay, those that trickle are ended, whatever keeps their connection awake", () => {
  let now = 0;
  let cuts = 0;
  const { leastBytes, patienceMs } = LEAST_DOWNLOAD;
  const downloads = new SlowTransfers(LEAST_DOWNLOAD, () => now);
  const [steady, trickling] = [new MadeUpAnswer(), new MadeUpAnswer()];
  for (const each of [steady, trickling])
    watchDownload(downloads, each as unknown as ServerResponse, () => cuts++);
  for (let k = 0; k < 5; k++) {
    now += patienceMs / 2;
    steady.read(leastBytes);
    trickling.read(100);
    downloads.sweep();
  }
  assert.not.ok(steady.destroyed);
  assert.ok(trickling.destroyed);
  assert.is(cuts, 1);
  assert.is(downloads.size, 1);
  steady.destroy();
  assert.is(downloads.size, 0);
});

test.run();
