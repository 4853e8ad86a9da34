// Sessions over real sockets: what misbehaving clients are told, and that nobody else notices.
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import { RemoteEngine, type WebSocketClass } from "../../client/live/engines/remote-engine.ts";
import { encodeError, encodeFrames } from "../../protocol/wire.ts";
import { type WireErrorName, wireCloseCode } from "../../protocol/wire-errors.ts";
import type { Backend, WindowQuery, WindowResult } from "../../server/explain/backend.ts";
import type { ServerLimits } from "../../server/explain/limits.ts";
import { type RunningServer, startServer } from "../../server/start-server.ts";
import { engineError, windowWith } from "../client/live/engines/engine-suite.ts";
import { BINS, explain, FRAMES, frames, RawClient, start } from "./raw-client.ts";

const PACK = "test/fixtures/tiny-pack";
const ws = WebSocket as unknown as WebSocketClass;
const server = await startServer({ pack: PACK, port: 0, lanes: 1 });
test.after(() => server.close());

/** A server of its own, for a test that needs other limits or a backend that waits. */
async function withServer(
  options: { limits?: Partial<ServerLimits>; backend?: Backend; allowedOrigins?: string[] },
  use: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const own = await startServer({
    pack: PACK,
    port: 0,
    lanes: 1,
    backend: options.backend ?? new HeldBackend(),
    ...options,
  });
  try {
    await use(own);
  } finally {
    await own.close();
  }
}

/** Windows are answered when the test lets them. */
class HeldBackend implements Backend {
  readonly description = "held onnxruntime";
  readonly lanes = 1;
  readonly calls = 1;
  readonly batch = () => 1;
  readonly bins: number[] = [];
  readonly #open: (() => void)[] = [];

  explain([{ magnitudes, maskFrames }]: readonly WindowQuery[]): Promise<WindowResult[]> {
    this.bins.push(magnitudes.subarray(0, BINS).findIndex((value) => value > 0));
    const result = {
      probabilities: Float32Array.of(1, 0, 0),
      mask: new Uint8Array(maskFrames * BINS),
      inferenceMs: 1,
      magnitudes,
    };
    return new Promise((resolve) => this.#open.push(() => resolve([result])));
  }

  release(): void {
    this.#open.shift()!();
  }

  async prepare(): Promise<void> {}

  async close(): Promise<void> {
    while (this.#open.length > 0) this.release();
  }
}

/** What the offender is told last, by message and by close code. */
async function offence(client: RawClient, name: WireErrorName): Promise<string> {
  const error = await client.next("error");
  assert.is(error.code, name, error.message);
  const ending = await client.ended;
  assert.is(ending.code, wireCloseCode(name));
  assert.is(ending.reason, name);
  return error.message;
}

function mutated(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

test("each offence is named, ends its own session, and a neighbour goes on unharmed", async () => {
  const neighbour = await RemoteEngine.connect({ url: server.explainUrl, WebSocket: ws });
  let firstFrame = 0;
  const neighbourIsWell = async () => {
    const { probabilities } = await neighbour.explain(windowWith(firstFrame, 200, 220));
    firstFrame += 8;
    assert.ok(probabilities[1] > 0.99);
  };
  await neighbourIsWell();
  const huge = new Uint16Array(257 * BINS);
  const cases: [string, (Uint8Array | string)[], WireErrorName, string][] = [
    ["text", ["hello"], "malformed", "binary"],
    ["nothing", [new Uint8Array(0)], "malformed", "empty"],
    ["noise", [Uint8Array.of(0x99, 1, 2, 3)], "malformed", "unknown type 0x99"],
    ["a server's message", [encodeError("idle", "")], "malformed", "unknown type 0x22"],
    ["cut frames", [start(), frames(0).subarray(0, 1000)], "malformed", "bytes long"],
    ["padded explain", [start(), Uint8Array.of(...explain(1, 0), 0)], "malformed", "bytes long"],
    ["other bins", [start(), encodeFrames(0, 129, new Uint16Array(129))], "malformed", "frames of 129 bins"],
    ["unknown encoding", [start(), mutated(frames(0), 1, 7)], "malformed", "encoding 7"],
    [
      "too many frames",
      [start(), encodeFrames(0, BINS, huge)],
      "too-large",
      "132114 bytes; 131600 are allowed",
    ],
    ["many narrow frames", [start(), encodeFrames(0, BINS, new Uint8Array(huge))], "too-large", "257 frames"],
    [
      "the same frames twice",
      [start(), frames(0), frames(0)],
      "out-of-order",
      "frame 0 came after frame 127",
    ],
    [
      "overlapping frames",
      [start(), frames(0), frames(127)],
      "out-of-order",
      "frame 127 came after frame 127",
    ],
    ["version 1", [start("", -1, 0, 1)], "wrong-version", "protocol 1"],
    ["a method that is not there", [start("gradcam")], "unknown-method", "it has: bands, all-ones"],
    ["a class that is not there", [start("bands", 3)], "bad-target", "class 3"],
    ["a class for a method without", [start("bands", 1)], "bad-target", "only the winning class"],
    ["frames first", [frames(0)], "not-started", "before a start"],
    ["explain first", [explain(1, 0)], "not-started", "before a start"],
    ["a window of nothing", [start(), explain(1, 0)], "frames-missing", "no frames"],
    ["a window of too few", [start(), frames(0, 127), explain(1, 0)], "frames-missing", "frames 0..126"],
    ["a window ahead", [start(), frames(0), explain(1, 1)], "frames-missing", "window 1..128"],
    [
      "a window forgotten",
      [start(), ...[0, 1, 2].map((i) => frames(i * FRAMES)), explain(1, 0)],
      "frames-missing",
      "128..383",
    ],
    [
      "a window across a gap",
      [start(), frames(0), frames(129), explain(1, 100)],
      "frames-missing",
      "129..256",
    ],
  ];
  for (const [what, messages, name, part] of cases) {
    const client = await RawClient.open(server.explainUrl);
    client.send(...messages);
    try {
      assert.match(await offence(client, name), part);
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`);
    }
    await neighbourIsWell();
  }
  await neighbour.close();
});

test("a message far above the limit ends the connection before it is read", async () => {
  const client = await RawClient.open(server.explainUrl);
  client.send(new Uint8Array(2_000_000));
  assert.is((await client.ended).code, 1009);
});

test("too many messages and too many frames at once are too fast", async () => {
  const chatty = await RawClient.open(server.explainUrl);
  for (let i = 0; i < 1500; i++) chatty.send(start());
  assert.match(await offence(chatty, "too-fast"), "500 messages a second");
  const greedy = await RawClient.open(server.explainUrl);
  greedy.send(start());
  const quiet = new Uint8Array(256 * BINS);
  for (let i = 0; i < 90; i++) greedy.send(encodeFrames(i * 256, BINS, quiet));
  assert.match(await offence(greedy, "too-fast"), "2000 frames a second");
});

test("random messages from many clients end nothing but themselves", async () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const neighbour = await RemoteEngine.connect({ url: server.explainUrl, WebSocket: ws });
  const good = [start(), frames(0, 3), frames(0), explain(1, 0), start("all-ones")];
  const clients = await Promise.all(Array.from({ length: 30 }, () => RawClient.open(server.explainUrl)));
  for (const client of clients) {
    for (let i = 0; i < 5; i++) {
      const bytes = good[random(good.length)].slice();
      for (let n = random(3); n > 0; n--) bytes[random(Math.min(24, bytes.length))] = random(256);
      client.send(random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
    }
    client.socket.close();
  }
  for (const { code } of await Promise.all(clients.map((client) => client.ended))) {
    assert.ok(code === 1005 || (code >= 4400 && code < 4500), `close code ${code}`);
  }
  assert.ok((await neighbour.explain(windowWith(0, 200, 220))).probabilities[1] > 0.99);
  await neighbour.close();
});

test("two sessions never see each other's frames", async () => {
  const [a, b] = await Promise.all(
    [0, 1].map(() => RemoteEngine.connect({ url: server.explainUrl, WebSocket: ws })),
  );
  for (let firstFrame = 0; firstFrame < 400; firstFrame += 8) {
    const [low, high] = await Promise.all([
      a.explain(windowWith(firstFrame, 10, 20)),
      b.explain(windowWith(firstFrame, 200, 220)),
    ]);
    assert.ok(low.probabilities[0] > 0.99 && high.probabilities[1] > 0.99);
  }
  await Promise.all([a.close(), b.close()]);
});

test("frames are kept in a ring: windows anywhere in it are whole", async () => {
  const client = await RawClient.open(server.explainUrl);
  client.send(start());
  let request = 0;
  // Low sound before frame 1000, high after it, in pieces of a length that does not divide the ring's.
  for (let first = 900; first < 1300; first += 37) {
    const change = Math.min(37, Math.max(0, 1000 - first));
    const levels = new Uint16Array(37 * BINS);
    for (let t = 0; t < 37; t++) levels[t * BINS + (t < change ? 30 : 150)] = 0x3c00;
    client.send(encodeFrames(first, BINS, levels));
    const last = first + 37;
    for (const from of [last - FRAMES, Math.max(900, last - 2 * FRAMES)]) {
      if (from < 900 || from + FRAMES > last) continue;
      client.send(explain(++request, from));
      const answer = await client.next("explanation");
      assert.is(answer.firstFrame, from);
      const low = Math.min(FRAMES, Math.max(0, 1000 - from)) / FRAMES;
      assert.is(answer.probabilities[0] > answer.probabilities[1], low > 0.5, `window ${from}`);
    }
  }
  assert.ok(request > 8);
  await client.close();
});

test("one window runs, one waits, the newest wins, and the dropped are counted", async () => {
  const backend = new HeldBackend();
  await withServer({ backend }, async ({ explainUrl }) => {
    const client = await RawClient.open(explainUrl);
    client.send(start(), frames(0, FRAMES, 1), explain(1, 0));
    client.send(
      frames(128, 8, 2),
      explain(2, 8),
      frames(136, 8, 3),
      explain(3, 16),
      frames(144, 8, 4),
      explain(4, 24),
    );
    assert.equal(await client.next("dropped"), { type: "dropped", request: 2, dropped: 1 });
    assert.equal(await client.next("dropped"), { type: "dropped", request: 3, dropped: 2 });
    backend.release();
    assert.is((await client.next("explanation")).request, 1);
    backend.release();
    const newest = await client.next("explanation");
    assert.is(newest.request, 4);
    assert.is(newest.firstFrame, 24);
    assert.is(newest.dropped, 2);
    assert.ok(newest.serverMs >= 0);
    await client.close();
  });
});

test("a new start forgets frames and requests", async () => {
  const backend = new HeldBackend();
  await withServer({ backend }, async ({ explainUrl }) => {
    const client = await RawClient.open(explainUrl);
    client.send(start(), frames(0, FRAMES, 1), explain(1, 0), frames(128, 1), explain(2, 1));
    client.send(start("all-ones"), frames(0, FRAMES, 9), explain(3, 0));
    // What comes after the start is answered; of what came before it nothing is.
    setTimeout(() => backend.release(), 20);
    setTimeout(() => backend.release(), 60);
    assert.is((await client.next("explanation", "dropped")).request, 3);
    assert.equal(backend.bins, [1, 9]);
    await client.close();
  });
});

test("a client that leaves in the middle of a window leaves nothing behind", async () => {
  const backend = new HeldBackend();
  await withServer({ backend }, async (own) => {
    const gone = await RawClient.open(own.explainUrl);
    gone.send(start(), frames(0, FRAMES, 1), explain(1, 0), frames(128, 1), explain(2, 1));
    while (backend.bins.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    gone.socket.terminate();
    await gone.ended;
    const next = await RawClient.open(own.explainUrl);
    next.send(start(), frames(0, FRAMES, 5), explain(7, 0));
    while (JSON.parse(await text(own, "/healthz")).sessions !== 1)
      await new Promise((resolve) => setTimeout(resolve, 2));
    backend.release();
    while (backend.bins.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    backend.release();
    assert.is((await next.next("explanation")).request, 7);
    assert.equal(backend.bins, [1, 5]);
    await next.close();
  });
});

test("a full server says so and keeps those it has", async () => {
  await withServer({ limits: { sessions: 2 } }, async ({ explainUrl }) => {
    const kept = [await RawClient.open(explainUrl), await RawClient.open(explainUrl)];
    const refused = engineError(RemoteEngine.connect({ url: explainUrl, WebSocket: ws }));
    assert.match((await refused).message, "all 2 places are taken");
    assert.is((await refused).code, "refused");
    await kept[0].close();
    const third = await RawClient.open(explainUrl);
    await third.close();
    await kept[1].close();
  });
});

test("peers that do not answer pings are cut off, the others stay", async () => {
  await withServer({ limits: { pingSeconds: 0.05 } }, async ({ explainUrl }) => {
    const dead = await RawClient.open(explainUrl, { autoPong: false });
    const alive = await RawClient.open(explainUrl);
    assert.is((await dead.ended).code, 1006);
    assert.is(alive.socket.readyState, WebSocket.OPEN);
    await alive.close();
  });
});

test("a session that says nothing for long is closed as idle", async () => {
  await withServer({ limits: { pingSeconds: 0.05, idleSeconds: 1 } }, async ({ explainUrl }) => {
    const client = await RawClient.open(explainUrl);
    assert.match(await offence(client, "idle"), "nothing was sent for 1 s");
  });
});

test("a client that asks and never reads is cut off", async () => {
  const limits = { unreadBytes: 100_000, messagesPerSecond: 100_000, messageBurst: 100_000 };
  const own = await startServer({ pack: PACK, port: 0, lanes: 1, limits });
  const client = await RawClient.open(own.explainUrl);
  client.send(start(), frames(0));
  (client.socket as unknown as { _socket: { pause(): void } })._socket.pause();
  let sessions = 1;
  for (let request = 1; sessions > 0 && request < 20_000; request++) {
    client.send(explain(request, 0));
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (request % 100 === 0) sessions = JSON.parse(await text(own, "/healthz")).sessions;
  }
  assert.is(sessions, 0);
  client.socket.terminate();
  await own.close();
});

test("pages from elsewhere are refused unless they are allowed; pages of this server and programs may come", async () => {
  await withServer({ allowedOrigins: ["https://friend.example"] }, async (own) => {
    const status = (origin?: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(own.explainUrl, { origin });
        socket.on("open", () => {
          socket.close();
          resolve("open");
        });
        socket.on("error", (error) => resolve(error.message));
      });
    for (const origin of [undefined, own.url.slice(0, -1), "https://friend.example"]) {
      assert.is(await status(origin), "open", origin);
    }
    for (const origin of [
      "https://elsewhere.example",
      "null",
      `http://127.0.0.1:${own.port + 1}`,
      "nonsense",
    ]) {
      assert.match(await status(origin), "403", origin);
    }
  });
});

test("other paths have no WebSocket endpoint", async () => {
  const error = await engineError(
    RemoteEngine.connect({ url: `ws://127.0.0.1:${server.port}/other`, WebSocket: ws }),
  );
  assert.is(error.code, "lost");
  assert.match(error.message, "404");
});

test("who was refused and keeps the connection open holds up no shutdown", async () => {
  for (const request of [
    "GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "nonsense\r\n\r\n",
  ]) {
    await withServer({}, async (own) => {
      const socket = connect({ port: own.port, host: "127.0.0.1", allowHalfOpen: true });
      socket.on("error", () => {});
      socket.write(request);
      await once(socket.resume(), "end");
      await own.close();
      socket.destroy();
    });
  }
});

test("a shutdown says goodbye, does not wait for the unwilling, and frees the port", async () => {
  const own = await startServer({
    pack: PACK,
    port: 0,
    backend: new HeldBackend(),
    limits: { goodbyeSeconds: 0.1 },
  });
  const polite = await RawClient.open(own.explainUrl);
  polite.send(start(), frames(0), explain(1, 0));
  const stuck = await RawClient.open(own.explainUrl);
  (stuck.socket as unknown as { _socket: { pause(): void } })._socket.pause();
  const engine = await RemoteEngine.connect({ url: own.explainUrl, WebSocket: ws });
  const inFlight = engineError(engine.explain(windowWith(0, 10, 20)));
  const closing = own.close();
  assert.is(own.close(), closing);
  assert.match(await offence(polite, "shutting-down"), "shutting down");
  assert.is((await inFlight).code, "lost");
  await closing;
  stuck.socket.terminate();
  const again = await startServer({ pack: PACK, port: own.port, backend: new HeldBackend() });
  assert.is(again.port, own.port);
  await again.close();
});

test("a taken port is the system's error, and leaves nothing running", async () => {
  let code = "";
  await startServer({ pack: PACK, port: server.port }).catch((error) => {
    code = error.code;
  });
  assert.is(code, "EADDRINUSE");
});

function text(own: RunningServer, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ port: own.port, path, agent: false }, (response) => {
      let got = "";
      response.on("data", (chunk) => {
        got += chunk;
      });
      response.on("end", () => resolve(got));
    })
      .on("error", reject)
      .end();
  });
}

test.run();
