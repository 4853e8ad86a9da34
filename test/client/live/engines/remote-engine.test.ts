import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket, WebSocketServer } from "ws";
import {
  RemoteEngine,
  type RemoteEngineOptions,
  type WebSocketClass,
} from "../../../../client/live/engines/remote-engine.ts";
import {
  decodeClientMessage,
  type ExplainMessage,
  encodeDropped,
  encodeError,
  encodeExplanation,
  encodeHello,
} from "../../../../protocol/wire.ts";
import { startServer } from "../../../../server/start-server.ts";
import { engineError, engineSuite, rejects, windowWith } from "./engine-suite.ts";

const SIZE = 128 * 257;
const server = await startServer({ pack: "test/fixtures/tiny-pack", port: 0, lanes: 1 });
test.after(() => server.close());
const ws = WebSocket as unknown as WebSocketClass;
const connect = (options: Partial<RemoteEngineOptions> = {}) =>
  RemoteEngine.connect({ url: server.explainUrl, WebSocket: ws, ...options });

engineSuite("remote", () => connect());

/** The real server's hello, for false ones to say. */
const { server: hello } = await connect().then(async (engine) => {
  await engine.close();
  return engine;
});

/** A server that says what the test wants, and the bytes of every message it was sent. */
async function withFalseServer(
  greet: (socket: WebSocket) => void,
  answer: (socket: WebSocket, message: ExplainMessage) => void,
  use: (url: string, sent: number[]) => Promise<void>,
): Promise<void> {
  const sent: number[] = [];
  const fake = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  fake.on("connection", (socket) => {
    socket.binaryType = "arraybuffer";
    socket.on("message", (data) => {
      sent.push((data as ArrayBuffer).byteLength);
      const message = decodeClientMessage(data as ArrayBuffer);
      if (message.type === "explain") answer(socket, message);
    });
    greet(socket);
  });
  await new Promise((resolve) => fake.once("listening", resolve));
  try {
    await use(`ws://127.0.0.1:${(fake.address() as { port: number }).port}/`, sent);
  } finally {
    for (const socket of fake.clients) socket.terminate();
    await new Promise((resolve) => fake.close(resolve));
  }
}

const polite = (socket: WebSocket) => socket.send(encodeHello(hello));
const explanation = ({ request, firstFrame }: ExplainMessage, bins = 257, classes = 3) =>
  encodeExplanation({
    request,
    firstFrame,
    frames: 128,
    bins,
    begins: false,
    rows: 1,
    probabilities: new Float32Array(classes).fill(1, 0, 1),
    mask: new Uint8Array(128 * bins),
    inferenceMs: 1,
    serverMs: 2,
    dropped: 5,
  });

test("only frames that the server has not seen are sent, until they differ", async () => {
  await withFalseServer(
    polite,
    (socket, message) => socket.send(explanation(message)),
    async (url, sent) => {
      const engine = await connect({ url });
      const sentFor = async (firstFrame: number, level = 1) => {
        sent.length = 0;
        await engine.explain(windowWith(firstFrame, 10, 20, level));
        return sent.slice();
      };
      const frames = (count: number) => 16 + count * 257 * 2;
      const [start, ask] = [8, 16];
      const first = await sentFor(0);
      assert.equal(first.slice(-2), [frames(128), ask]);
      assert.equal(await sentFor(8), [frames(8), ask], "a stride");
      assert.equal(await sentFor(8), [ask], "the same window again");
      assert.equal(await sentFor(135), [frames(127), ask], "one frame of overlap");
      assert.equal(await sentFor(263), [frames(128), ask], "no overlap and no gap");
      assert.equal(await sentFor(1000), [frames(128), ask], "a gap");
      assert.equal(await sentFor(1008, 2), [start, frames(128), ask], "other content");
      assert.equal(await sentFor(1000, 2), [start, frames(128), ask], "back in time");
      await engine.close();
    },
  );
});

test("8-bit magnitudes halve what is sent and give nearly the same answers", async () => {
  const engine = await connect({ encoding: "uint8-log1p" });
  const answer = await engine.explain(windowWith(0, 200, 210, 0.5));
  assert.ok(answer.probabilities[1] > 0.95);
  await engine.close();
});

test("the server's pack, limits and backend are known, and where the time went", async () => {
  const engine = await connect();
  assert.is(engine.server.pack.name, "tiny");
  assert.equal(engine.server.pack.labels, ["low", "high", "quiet"]);
  assert.is(engine.server.limits.keptFrames, 256);
  assert.match(engine.server.backend, "onnxruntime");
  assert.match(engine.description, server.explainUrl);
  assert.is(engine.timing, undefined);
  const { inferenceMs } = await engine.explain(windowWith(0, 10, 20));
  const timing = engine.timing!;
  assert.is(timing.inferenceMs, inferenceMs);
  assert.ok(timing.inferenceMs <= timing.serverMs && timing.serverMs <= timing.roundTripMs);
  await engine.close();
});

test("the method is chosen by name; one that the pack lacks is refused with those it has", async () => {
  const engine = await connect({ method: "all-ones" });
  assert.ok((await engine.explain(windowWith(0, 10, 20))).mask.every((value) => value === 1));
  await engine.close();
  await rejects(connect({ method: "gradcam" }), "refused", 'no method "gradcam"; it has: bands, all-ones');
});

test("a server with another pack than the caller's is refused", async () => {
  const { name, version } = hello.pack;
  await (await connect({ pack: { name, version } })).close();
  for (const pack of [
    { name: "odd", version },
    { name, version: "99" },
  ]) {
    await rejects(
      connect({ pack }),
      "refused",
      `pack ${name} ${version}, and not with ${pack.name} ${pack.version}`,
    );
  }
});

test("a target that the method does not take is refused by the server", async () => {
  const engine = await connect({ target: 1 });
  await rejects(engine.explain(windowWith(0, 10, 20)), "refused", "bad-target");
});

test("nobody there, no hello, nonsense, another version, a text: each is told apart", async () => {
  await rejects(connect({ url: "ws://127.0.0.1:9/" }), "lost", "is the server running?");
  await rejects(connect({ url: "no address" }), "lost", "cannot be connected to");
  const greetings: [(socket: WebSocket) => void, string, string][] = [
    [() => {}, "timeout", "did not say hello within 100 ms"],
    [(socket) => socket.close(), "lost", "cannot be reached"],
    [(socket) => socket.close(4503, "server-full"), "refused", "server-full"],
    [(socket) => socket.send(encodeError("server-full", "no room")), "refused", "no room"],
    [(socket) => socket.send("hello"), "failed", "a text message"],
    [(socket) => socket.send(Uint8Array.of(1, 3, 0, 0, 5)), "failed", "no JSON"],
    [(socket) => socket.send(Uint8Array.of(1, 4, 0, 0)), "refused", "the server speaks protocol 4"],
    [(socket) => socket.send(encodeDropped(1, 1)), "failed", 'began with "dropped"'],
  ];
  for (const [greet, code, part] of greetings) {
    await withFalseServer(
      greet,
      () => {},
      (url) => rejects(connect({ url, connectTimeoutMs: 100 }), code, part),
    );
  }
});

test("a window without an answer times out, a late answer is ignored, and the engine lives on", async () => {
  const held: ExplainMessage[] = [];
  let silent = true;
  await withFalseServer(
    polite,
    (socket, message) => {
      if (silent) held.push(message);
      else {
        for (const late of held) socket.send(explanation(late));
        socket.send(explanation(message));
      }
    },
    async (url) => {
      const engine = await connect({ url, explainTimeoutMs: 50 });
      await rejects(engine.explain(windowWith(0, 10, 20)), "timeout", "within 50 ms");
      silent = false;
      const answer = await engine.explain(windowWith(8, 10, 20));
      assert.is(answer.firstFrame, 8);
      assert.is(engine.droppedByServer, 5);
      await engine.close();
    },
  );
});

test("a model that fails fails the window alone; the other answers of a bad server too", async () => {
  const answers: [(message: ExplainMessage) => Uint8Array, string, string][] = [
    [({ request }) => encodeError("inference-failed", "out of memory", request), "failed", "out of memory"],
    [({ request }) => encodeDropped(request, 1), "busy", "displaced"],
    [(message) => explanation(message, 256), "failed", "of another size"],
    [(message) => explanation(message, 257, 4), "failed", "of another size"],
  ];
  for (const [answer, code, part] of answers) {
    let bad = true;
    await withFalseServer(
      polite,
      (socket, message) => socket.send(bad ? answer(message) : explanation(message)),
      async (url) => {
        const engine = await connect({ url });
        await rejects(engine.explain(windowWith(0, 10, 20)), code, part);
        bad = false;
        await engine.explain(windowWith(8, 10, 20));
        await engine.close();
      },
    );
  }
});

test("a connection that breaks, ends or talks nonsense loses the engine for good", async () => {
  const breaks: [(socket: WebSocket) => void, string, string][] = [
    [(socket) => socket.terminate(), "lost", "close code 1006"],
    [(socket) => socket.close(4501, "shutting-down"), "lost", "shutting-down"],
    [(socket) => socket.send(encodeError("too-fast", "slow down")), "refused", "slow down"],
    [(socket) => socket.send(encodeError("internal", "oh")), "lost", "internal"],
    [(socket) => socket.send(Uint8Array.of(0x20, 0, 0)), "failed", "sent nonsense"],
    [polite, "failed", "hello twice"],
  ];
  for (const [break_, code, part] of breaks) {
    await withFalseServer(polite, break_, async (url) => {
      const engine = await connect({ url });
      const error = await engineError(engine.explain(windowWith(0, 10, 20)));
      assert.is(error.code, code);
      assert.match(error.message, part);
      // The reason stays: whoever asks later is told the same.
      assert.is(await engineError(engine.explain(windowWith(8, 10, 20))), error);
    });
  }
});

test("closing rejects the window in flight as closed", async () => {
  await withFalseServer(
    polite,
    () => {},
    async (url) => {
      const engine = await connect({ url });
      const inFlight = engine.explain(windowWith(0, 10, 20));
      const outcome = rejects(inFlight, "closed");
      await engine.close();
      await outcome;
    },
  );
});

test("a frame number that is not whole is bad input", async () => {
  const engine = await connect();
  await rejects(engine.explain({ firstFrame: 0.5, magnitudes: new Float32Array(SIZE) }), "bad-input", "0.5");
  await engine.close();
});

test.run();
