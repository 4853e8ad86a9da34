import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket, WebSocketServer } from "ws";
import {
  RemoteEngine,
  type RemoteEngineOptions,
  type WebSocketClass,
} from "../../../../client/live/engines/remote-engine.ts";
import type { SpectralWindow } from "../../../../protocol/engine.ts";
import {
  type BlocksMessage,
  decodeClientMessage,
  type ExplainMessage,
  encodeDropped,
  encodeError,
  encodeExplanation,
  encodeHello,
} from "../../../../protocol/wire.ts";
import { startServer } from "../../../../server/start-server.ts";
import { engineError, engineSuite, rejects, windowWith } from "./engine-suite.ts";
import { streamingSuite } from "./streaming-suite.ts";

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
  answer: (socket: WebSocket, message: ExplainMessage | BlocksMessage) => void,
  use: (url: string, sent: number[]) => Promise<void>,
): Promise<void> {
  const sent: number[] = [];
  const fake = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  fake.on("connection", (socket) => {
    socket.binaryType = "arraybuffer";
    socket.on("message", (data) => {
      sent.push((data as ArrayBuffer).byteLength);
      const message = decodeClientMessage(data as ArrayBuffer);
      if (message.type === "explain" || message.type === "blocks") answer(socket, message);
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
const explanation = ({ request, firstFrame }: ExplainMessage | BlocksMessage, bins = 257, classes = 3) =>
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
  const held: (ExplainMessage | BlocksMessage)[] = [];
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
  const answers: [(message: ExplainMessage | BlocksMessage) => Uint8Array, string, string][] = [
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

const STREAMING_PACK = "test/fixtures/tiny-streaming";
const streaming = await startServer({ pack: STREAMING_PACK, port: 0, lanes: 1, batch: 4 });
test.after(() => streaming.close());
const connectStreaming = (options: Partial<RemoteEngineOptions> = {}) =>
  connect({ url: streaming.explainUrl, ...options });
const { server: streamingHello } = await connectStreaming().then(async (engine) => {
  await engine.close();
  return engine;
});

// Magnitudes go there as float16 of their logarithms, and masks come back in 8 bits.
streamingSuite("remote", () => connectStreaming(), 5e-3);

/** So many blocks of four frames. */
const blocks = (firstFrame: number, count = 1): SpectralWindow => ({
  firstFrame,
  magnitudes: new Float32Array(count * 4 * 257).fill(1),
});

test("blocks are sent once each, with a start before those that nothing is to be remembered for", async () => {
  let bad: ((request: number) => Uint8Array) | undefined;
  await withFalseServer(
    (socket) => socket.send(encodeHello(streamingHello)),
    (socket, message) => {
      if (message.type !== "blocks") throw new Error("an engine of blocks asks for no window");
      const { request, frames } = message;
      socket.send(bad?.(request) ?? encodeExplanation(blocksAnswer(request, frames)));
    },
    async (url, sent) => {
      const engine = await connect({ url });
      const sentFor = async (window: SpectralWindow) => {
        sent.length = 0;
        await engine.explain(window);
        return sent.slice();
      };
      const [start, block] = [8, (count: number) => 24 + count * 4 * 257 * 2];
      assert.equal(await sentFor(blocks(40)), [start, block(1)], "the first start is the session's own");
      assert.equal(await sentFor(blocks(44, 3)), [block(3)]);
      assert.equal(await sentFor({ ...blocks(56), begins: true }), [start, block(1)], "another sound");
      assert.equal(await sentFor(blocks(64)), [start, block(1)], "a gap");
      assert.equal(await sentFor(blocks(64)), [start, block(1)], "once more");
      const rejections: [(request: number) => Uint8Array, string][] = [
        [(request) => encodeDropped(request, 1), "busy"],
        [(request) => encodeError("inference-failed", "out of memory", request), "failed"],
        [(request) => encodeExplanation(blocksAnswer(request, 4, 2)), "failed"],
        [(request) => encodeExplanation(blocksAnswer(request, 8)), "failed"],
      ];
      let firstFrame = 68;
      for (const [answer, code] of rejections) {
        bad = answer;
        await rejects(engine.explain(blocks(firstFrame)), code);
        bad = undefined;
        assert.equal(await sentFor(blocks(firstFrame + 4)), [start, block(1)], "nothing goes on from there");
        assert.equal(await sentFor(blocks(firstFrame + 8)), [block(1)]);
        firstFrame += 12;
      }
      await engine.close();
    },
  );
});

/** An answer to a question about blocks. */
function blocksAnswer(request: number, frames: number, rows = frames / 4) {
  const times = { inferenceMs: 1, serverMs: 2, dropped: 0, begins: false };
  const probabilities = new Float32Array(rows * 3);
  const mask = new Uint8Array(frames * 257);
  return { request, firstFrame: 0, frames, bins: 257, rows, probabilities, mask, ...times };
}

test("other than whole blocks, and more than the server takes at once, is bad input", async () => {
  const engine = await connectStreaming();
  const given = (values: number) =>
    rejects(
      engine.explain({ firstFrame: 0, magnitudes: new Float32Array(values) }),
      "bad-input",
      `given ${values}`,
    );
  for (const values of [0, 4 * 257 - 1, 5 * 257, 4 * 257 * 33]) await given(values);
  assert.is((await engine.explain(blocks(0, 32))).mask.length, 4 * 257 * 32);
  await engine.close();
});

test("what another connection heard is forgotten, and told", async () => {
  const first = await connectStreaming();
  assert.is((await first.explain(blocks(0, 2))).begins, true);
  assert.is((await first.explain(blocks(8, 2))).begins, false);
  await first.close();
  await rejects(first.explain(blocks(16, 2)), "closed");
  const second = await connectStreaming();
  assert.is((await second.explain(blocks(16, 2))).begins, true);
  await second.close();
});

test.run();
