import { readFile } from "node:fs/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  decodeClientMessage,
  decodeServerMessage,
  encodeBlocks,
  encodeDropped,
  encodeError,
  encodeExplain,
  encodeExplanation,
  encodeFrames,
  encodeHello,
  encodePace,
  encodeStart,
  type Hello,
} from "../../protocol/wire.ts";
import {
  WireError,
  wireCloseCode,
  wireErrorName,
  wireErrorNumber,
  wireErrorOfClose,
} from "../../protocol/wire-errors.ts";

const hello: Hello = {
  server: "listenable 0.1.0",
  backend: "test",
  pack: {
    name: "tiny",
    version: "1.0.0",
    title: "Tiny é",
    labels: ["low", "high"],
    answers: "exclusive",
    threshold: 0.5,
    sampleRate: 16_000,
    stft: { window: 512, hop: 128, bins: 257 },
    windowFrames: 128,
    masking: "linear",
    methods: [{ name: "bands", title: "Bands", target: false }],
  },
  limits: {
    maxMessageBytes: 1000,
    keptFrames: 256,
    framesPerSecond: 1,
    frameBurst: 1,
    messagesPerSecond: 1,
    messageBurst: 1,
    idleSeconds: 1,
  },
};
const buffer = (bytes: Uint8Array) => bytes.slice().buffer as ArrayBuffer;
const client = (bytes: Uint8Array) => decodeClientMessage(buffer(bytes));
const server = (bytes: Uint8Array) => decodeServerMessage(buffer(bytes));
const levels16 = Uint16Array.from({ length: 3 * 5 }, (_, i) => i * 1000);
const clientMessages: [string, Uint8Array][] = [
  ["start", encodeStart("bands", 2, 33)],
  ["frames 16", encodeFrames(-7, 5, levels16)],
  ["frames 8", encodeFrames(2 ** 40, 5, Uint8Array.from(levels16))],
  ["explain", encodeExplain(77, 2 ** 52)],
  ["blocks", encodeBlocks(78, -2, 5, levels16, 1)],
];
const answer = {
  request: 0xffff_ffff,
  firstFrame: -120,
  frames: 2,
  bins: 3,
  begins: false,
  rows: 1,
  probabilities: Float32Array.of(0.25, 0.75),
  mask: Uint8Array.of(0, 1, 2, 253, 254, 255),
  inferenceMs: 1.5,
  serverMs: 2.5,
  dropped: 9,
};
const serverMessages: [string, Uint8Array][] = [
  ["hello", encodeHello(hello)],
  ["explanation", encodeExplanation(answer)],
  ["dropped", encodeDropped(3, 4)],
  ["error", encodeError("too-fast", "slow dówn", 12, 300)],
  ["pace", encodePace(640)],
];

function fails(what: () => unknown, part: string): void {
  try {
    what();
  } catch (error) {
    assert.instance(error, WireError);
    assert.is((error as WireError).code, "malformed", (error as Error).message);
    assert.match((error as Error).message, part);
    return;
  }
  assert.unreachable(`no error about "${part}"`);
}

test("messages of the client arrive as they were sent", () => {
  assert.equal(client(clientMessages[0][1]), {
    type: "start",
    version: 3,
    method: "bands",
    target: 2,
    maskFrames: 33,
  });
  assert.equal(client(encodeStart()), {
    type: "start",
    version: 3,
    method: "",
    target: -1,
    maskFrames: 0,
  });
  const wide = { type: "frames", firstFrame: -7, frames: 3, bins: 5, levels: levels16 };
  assert.equal(client(clientMessages[1][1]), wide);
  const narrow = { ...wide, firstFrame: 2 ** 40, levels: Uint8Array.from(levels16) };
  assert.equal(client(clientMessages[2][1]), narrow);
  assert.equal(client(clientMessages[3][1]), { type: "explain", request: 77, firstFrame: 2 ** 52 });
  const blocks = { ...wide, type: "blocks", firstFrame: -2, request: 78, target: 1 };
  assert.equal(client(clientMessages[4][1]), blocks);
  assert.equal(client(encodeBlocks(78, -2, 5, Uint8Array.from(levels16))), {
    ...{ ...blocks, target: -1 },
    levels: Uint8Array.from(levels16),
  });
});

test("messages of the server arrive as they were sent", () => {
  assert.equal(server(serverMessages[0][1]), { type: "hello", version: 3, hello });
  assert.equal(server(serverMessages[1][1]), { type: "explanation", ...answer });
  const ofBlocks = { ...answer, begins: true, rows: 2, probabilities: Float32Array.of(0.25, 0.75, 1, 0) };
  assert.equal(server(encodeExplanation(ofBlocks)), { type: "explanation", ...ofBlocks });
  assert.equal(server(serverMessages[2][1]), { type: "dropped", request: 3, dropped: 4 });
  assert.equal(server(serverMessages[3][1]), {
    type: "error",
    code: "too-fast",
    message: "slow dówn",
    request: 12,
    retrySeconds: 300,
  });
  assert.equal(server(serverMessages[4][1]), { type: "pace", leastMs: 640 });
});

test("the bytes are those of the document", () => {
  assert.equal([...encodeStart("ab", -1)], [0x10, 3, 0, 0, 255, 255, 255, 255, 97, 98]);
  assert.equal(
    [...encodeFrames(258, 2, Uint16Array.of(0x1234, 0x5678))],
    [0x11, 1, 1, 0, 2, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0x34, 0x12, 0x78, 0x56],
  );
  assert.equal(
    [...encodeFrames(-1, 1, Uint8Array.of(9))],
    [0x11, 2, 1, 0, 1, 0, 0, 0, ...Array(8).fill(255), 9],
  );
  assert.equal(
    [...encodeBlocks(5, 258, 2, Uint16Array.of(0x1234, 0x5678), 7)],
    [0x13, 1, 1, 0, 2, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 7, 0, 0, 0, 0x34, 0x12, 0x78, 0x56],
  );
  assert.equal([...encodeExplain(5, 6)], [0x12, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal([...encodeDropped(1, 2)], [0x21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
  assert.equal([...encodePace(640)], [0x23, 0, 128, 2]);
  assert.equal([...encodeError("malformed", "x", 3)], [0x22, 1, 0, 0, 3, 0, 0, 0, 120]);
  const bytes = encodeExplanation(answer);
  assert.equal([...bytes.subarray(0, 16)], [0x20, 0, 2, 0, 2, 0, 3, 0, 255, 255, 255, 255, 9, 0, 0, 0]);
  assert.equal([...bytes.subarray(32, 36)], [1, 0, 0, 0]);
  assert.is(bytes.length, 36 + 8 + 6);
  assert.equal([...encodeHello(hello).subarray(0, 5)], [0x01, 3, 0, 0, 123]);
});

test("every length but the right one is refused", () => {
  const bounded: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
    [clientMessages[1][1], client],
    [clientMessages[2][1], client],
    [clientMessages[3][1], client],
    [clientMessages[4][1], client],
    [serverMessages[1][1], server],
    [serverMessages[2][1], server],
  ];
  for (const [bytes, decode] of bounded) {
    for (let length = 1; length < bytes.length; length++)
      fails(() => decode(bytes.subarray(0, length)), "bytes long");
    fails(() => decode(Uint8Array.of(...bytes, 0)), "bytes long");
  }
  for (const decode of [client, server]) fails(() => decode(new Uint8Array(0)), "empty");
  for (let length = 1; length < 8; length++) {
    fails(() => client(encodeStart().subarray(0, length)), "bytes long");
    fails(() => server(encodeError("idle", "").subarray(0, length)), "bytes long");
  }
  fails(() => client(encodeStart("a".repeat(65))), "8 to 72");
});

test("reserved bytes, unknown types, encodings and errors, empty counts and far numbers are refused", () => {
  const changed = (bytes: Uint8Array, at: number, value: number) => {
    const copy = bytes.slice();
    copy[at] = value;
    return copy;
  };
  const [start, frames, , explain, blocks] = clientMessages.map(([, bytes]) => bytes);
  const [hi, explanation, dropped, error] = serverMessages.map(([, bytes]) => bytes);
  const clientCases: [Uint8Array, string][] = [
    [changed(frames, 6, 1), "reserved byte 6"],
    [changed(explain, 3, 1), "reserved byte 3"],
    [changed(start, 0, 0x7f), "unknown type 0x7f"],
    [hi, "unknown type 0x01"],
    [changed(frames, 1, 3), "unknown encoding 3"],
    [changed(frames, 2, 0), "0 frames of 5 bins"],
    [changed(frames, 4, 0), "3 frames of 0 bins"],
    [changed(explain, 4, 0), "request number 0"],
    [changed(explain, 15, 0x7f), "frame number beyond"],
    [changed(blocks, 7, 1), "reserved byte 7"],
    [changed(blocks, 1, 3), "unknown encoding 3"],
    [changed(blocks, 2, 0), "0 frames of 5 bins"],
    [changed(blocks, 16, 0), "request number 0"],
    [changed(blocks, 15, 0x7f), "frame number beyond"],
    [changed(start, 8, 0x2f), "names a method with other"],
  ];
  for (const [bytes, part] of clientCases) fails(() => client(bytes), part);
  const serverCases: [Uint8Array, string][] = [
    [changed(hi, 3, 1), "reserved byte 3"],
    [changed(explanation, 1, 2), "2 where 0 or 1 should be"],
    [changed(explanation, 32, 0), "no row of probabilities"],
    [changed(explanation, 35, 1), "reserved byte 35"],
    [changed(dropped, 1, 1), "reserved byte 1"],
    [changed(error, 1, 99), "unknown number 99"],
    [start, "unknown type 0x10"],
    [changed(hi, 4, 0x20), "holds no JSON"],
  ];
  for (const [bytes, part] of serverCases) fails(() => server(bytes), part);
});

test("a hello tells the tree of the classes, where they are one", () => {
  const parents = hello.pack.labels.map((_, k) => (k === 0 ? null : 0));
  const tree = { ...hello, pack: { ...hello.pack, parents } };
  assert.equal(server(encodeHello(tree)), { type: "hello", version: 3, hello: tree });
});

test("a hello must hold all that the client relies on", () => {
  const spoiled = { ...hello, pack: { ...hello.pack, windowFrames: 0 } };
  fails(() => server(encodeHello(spoiled)), "pack.windowFrames");
  fails(() => server(encodeHello({ ...hello, limits: {} } as Hello)), "limits.maxMessageBytes");
});

test("a hello of another version is told as such, whatever else it holds", () => {
  const bytes = encodeHello(hello);
  bytes[1] = 4;
  bytes[4] = 0;
  try {
    server(bytes);
    assert.unreachable();
  } catch (error) {
    assert.is((error as WireError).code, "wrong-version");
    assert.match((error as Error).message, "protocol 4 and this client 3");
  }
});

test("random bytes and random changes end in a message or in a WireError, never in anything else", () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const all = [...clientMessages, ...serverMessages].map(([, bytes]) => bytes);
  for (let round = 0; round < 20_000; round++) {
    const bytes = all[random(all.length)].slice(0, random(4) === 0 ? random(40) : undefined);
    for (let i = random(4); i > 0 && bytes.length > 0; i--) bytes[random(bytes.length)] = random(256);
    for (const decode of [client, server]) {
      try {
        decode(bytes);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
    }
  }
});

test("long error texts are cut to what a decoder takes", () => {
  const message = server(encodeError("internal", "ä".repeat(5000)));
  assert.ok(message.type === "error" && message.message.length >= 512);
});

test("error names, numbers and close codes are those of the document", async () => {
  const text = await readFile("protocol/README.md", "utf8");
  const rows = [...text.matchAll(/^\| (\d+) +\| ([a-z-]+) +\| (\d{4}|stays open) +\|/gm)];
  assert.is(rows.length, 19);
  for (const [, number, name, close] of rows) {
    const known = wireErrorName(Number(number));
    assert.is(known, name);
    assert.is(wireErrorNumber(known!), Number(number));
    assert.is(wireCloseCode(known!), close === "stays open" ? null : Number(close));
    if (close !== "stays open") assert.is(wireErrorOfClose(Number(close)), name);
  }
  assert.is(wireErrorName(0), undefined);
  assert.is(wireErrorOfClose(1006), undefined);
});

test.run();
