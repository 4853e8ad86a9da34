/**
 * The binary protocol between a remote engine and the server: one message a WebSocket message, little-endian.
 * Byte layouts, order and limits are in README.md of this folder. Encoders and decoders are pure; decoders check
 * every length and throw a `WireError` "malformed" that says what is wrong.
 */
import * as v from "valibot";
import { WireError, type WireErrorName, wireErrorName, wireErrorNumber } from "./wire-errors.ts";
import { ENCODINGS, type Encoding, encodingBytes, type Levels } from "./wire-levels.ts";

export const PROTOCOL_VERSION = 3;

/** Path of the endpoint on the server, for its first pack; the others have theirs behind it: "/explain/NAME". */
export const EXPLAIN_PATH = "/explain";

const TYPE = {
  hello: 0x01,
  start: 0x10,
  frames: 0x11,
  explain: 0x12,
  blocks: 0x13,
  explanation: 0x20,
  dropped: 0x21,
  error: 0x22,
  pace: 0x23,
};
const MAX_HELLO_BYTES = 65_536;
const MAX_NAME_BYTES = 64;
const MAX_ERROR_BYTES = 1024;

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

const helloSchema = v.object({
  /** Name and version of the server, for people. */
  server: v.string(),
  /** What runs the model there, for people: "onnxruntime-node 1.30.0, CPU, 1 thread". */
  backend: v.string(),
  pack: v.object({
    name: v.string(),
    version: v.string(),
    title: v.string(),
    labels: v.pipe(v.array(v.string()), v.minLength(2)),
    other: v.optional(v.string()),
    answers: v.optional(v.picklist(["exclusive", "independent"]), "exclusive"),
    threshold: v.number(),
    /** Class by class, where each has its own. */
    thresholds: v.optional(v.array(v.number())),
    /** By class the index of the one above it, or null, where its classes are a tree. */
    parents: v.optional(v.array(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))))),
    sampleRate: count,
    stft: v.object({ window: count, hop: count, bins: count }),
    /** Frames in one window, or in one block of a streaming pack. */
    windowFrames: count,
    /** The server remembers a session's sound from block to block, and is sent blocks in place of windows. */
    streaming: v.optional(v.boolean()),
    /** The model wants phases, which no client sends: it is explained where the sound is, and never here. */
    phases: v.optional(v.boolean()),
    masking: v.picklist(["linear", "log1p"]),
    methods: v.pipe(
      v.array(v.object({ name: v.string(), title: v.string(), target: v.optional(v.boolean(), false) })),
      v.minLength(1),
    ),
  }),
  limits: v.object({
    /** Bytes in one message from the client. */
    maxMessageBytes: count,
    /** The newest frames that the server keeps of a session, or lets wait of a streaming one; no message may hold more. */
    keptFrames: count,
    /** Sustained frames a second, and how many may come at once after a pause. */
    framesPerSecond: count,
    frameBurst: count,
    /** The same for messages of any type. */
    messagesPerSecond: count,
    messageBurst: count,
    /** A session that sends nothing for so long is closed. */
    idleSeconds: count,
  }),
});

export type Hello = v.InferOutput<typeof helloSchema>;
export type WireLimits = Hello["limits"];

export interface StartMessage {
  readonly type: "start";
  readonly version: number;
  /** Empty means the pack's default method. */
  readonly method: string;
  /** Class to explain; -1 is the winning class. */
  readonly target: number;
  /** Of a mask, so many of the window's newest frames will do; 0 is all of them. */
  readonly maskFrames: number;
}

export interface FramesMessage {
  readonly type: "frames";
  readonly firstFrame: number;
  readonly frames: number;
  readonly bins: number;
  /** Row-major [frames, bins]. May share the message's memory. */
  readonly levels: Levels;
}

export interface ExplainMessage {
  readonly type: "explain";
  /** 1 to 2^32 - 1; repeated in the answer. */
  readonly request: number;
  /** First frame of the window. */
  readonly firstFrame: number;
}

/** Frames of a streaming pack that are to be explained, in whole blocks. */
export interface BlocksMessage extends Omit<FramesMessage, "type"> {
  readonly type: "blocks";
  /** 1 to 2^32 - 1; repeated in the answer. */
  readonly request: number;
  /** Class to explain, in place of the start's; -1 is the winning class. */
  readonly target: number;
}

export interface ExplanationMessage {
  readonly type: "explanation";
  readonly request: number;
  /** Of the window or the blocks. */
  readonly firstFrame: number;
  /** That the mask has: the newest ones of the window. */
  readonly frames: number;
  readonly bins: number;
  /** The server remembered nothing of what came before these blocks. Always false where there are windows. */
  readonly begins: boolean;
  /** Of probabilities: one of a window, one a block of a streaming pack. */
  readonly rows: number;
  /** Row-major [rows, classes]. */
  readonly probabilities: Float32Array;
  /** Row-major [frames, bins], 255 is 1. May share the message's memory. */
  readonly mask: Uint8Array;
  readonly inferenceMs: number;
  /** From the request's arrival to its answer: waiting, model and all. */
  readonly serverMs: number;
  /** Windows of this session that were displaced by newer ones so far. */
  readonly dropped: number;
}

export interface DroppedMessage {
  readonly type: "dropped";
  readonly request: number;
  readonly dropped: number;
}

export interface ErrorMessage {
  readonly type: "error";
  /** 0 when it is about no request in particular. */
  readonly request: number;
  readonly code: WireErrorName;
  readonly message: string;
  /** When the server wants to be asked again; 0 where it doesn't say. */
  readonly retrySeconds: number;
}

export interface PaceMessage {
  readonly type: "pace";
  /** Milliseconds that should lie between two windows at least; 0 is as many as the limits allow. */
  readonly leastMs: number;
}

export type HelloMessage = { readonly type: "hello"; readonly version: number; readonly hello: Hello };
export type ClientMessage = StartMessage | FramesMessage | ExplainMessage | BlocksMessage;
export type ServerMessage = HelloMessage | ExplanationMessage | DroppedMessage | ErrorMessage | PaceMessage;

export function encodeHello(hello: Hello): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(hello));
  const { bytes, view } = message(TYPE.hello, 4, text.length);
  view.setUint8(1, PROTOCOL_VERSION);
  bytes.set(text, 4);
  return bytes;
}

export function encodeStart(
  method = "",
  target = -1,
  maskFrames = 0,
  version = PROTOCOL_VERSION,
): Uint8Array {
  const name = new TextEncoder().encode(method);
  const { bytes, view } = message(TYPE.start, 8, name.length);
  view.setUint8(1, version);
  view.setUint16(2, maskFrames, true);
  view.setInt32(4, target, true);
  bytes.set(name, 8);
  return bytes;
}

export function encodeFrames(firstFrame: number, bins: number, levels: Levels): Uint8Array {
  return messageOfLevels(TYPE.frames, 16, firstFrame, bins, levels).bytes;
}

/** @param levels of whole blocks. */
export function encodeBlocks(
  request: number,
  firstFrame: number,
  bins: number,
  levels: Levels,
  target = -1,
): Uint8Array {
  const { bytes, view } = messageOfLevels(TYPE.blocks, 24, firstFrame, bins, levels);
  view.setUint32(16, request, true);
  view.setInt32(20, target, true);
  return bytes;
}

function messageOfLevels(type: number, header: number, firstFrame: number, bins: number, levels: Levels) {
  const { bytes, view } = message(type, header, levels.byteLength);
  view.setUint8(1, ENCODINGS[levels instanceof Uint16Array ? "float16-log1p" : "uint8-log1p"]);
  view.setUint16(2, levels.length / bins, true);
  view.setUint16(4, bins, true);
  view.setBigInt64(8, BigInt(firstFrame), true);
  bytes.set(new Uint8Array(levels.buffer, levels.byteOffset, levels.byteLength), header);
  return { bytes, view };
}

export function encodeExplain(request: number, firstFrame: number): Uint8Array {
  const { bytes, view } = message(TYPE.explain, 16, 0);
  view.setUint32(4, request, true);
  view.setBigInt64(8, BigInt(firstFrame), true);
  return bytes;
}

/** Bytes of an explanation before its probabilities, behind which its mask lies. */
export const EXPLANATION_HEAD = 36;

/**
 * @param room a whole message whose probabilities and mask are these, in their places: its head is written and no other is made.
 *   Zeros, but for those and what was written here before.
 */
export function encodeExplanation(answer: Omit<ExplanationMessage, "type">, room?: Uint8Array): Uint8Array {
  const { probabilities, mask, rows } = answer;
  const { bytes, view } = room
    ? { bytes: room, view: new DataView(room.buffer, room.byteOffset, room.length) }
    : message(TYPE.explanation, EXPLANATION_HEAD, probabilities.byteLength + mask.length);
  bytes[0] = TYPE.explanation;
  view.setUint8(1, answer.begins ? 1 : 0);
  view.setUint16(2, probabilities.length / rows, true);
  view.setUint16(4, answer.frames, true);
  view.setUint16(6, answer.bins, true);
  view.setUint32(8, answer.request, true);
  view.setUint32(12, answer.dropped, true);
  view.setBigInt64(16, BigInt(answer.firstFrame), true);
  view.setFloat32(24, answer.inferenceMs, true);
  view.setFloat32(28, answer.serverMs, true);
  view.setUint16(32, rows, true);
  if (room) return bytes;
  new Float32Array(bytes.buffer, EXPLANATION_HEAD, probabilities.length).set(probabilities);
  bytes.set(mask, EXPLANATION_HEAD + probabilities.byteLength);
  return bytes;
}

export function encodeDropped(request: number, dropped: number): Uint8Array {
  const { bytes, view } = message(TYPE.dropped, 12, 0);
  view.setUint32(4, request, true);
  view.setUint32(8, dropped, true);
  return bytes;
}

/** @param leastMs whole milliseconds, at most 65,535. */
export function encodePace(leastMs: number): Uint8Array {
  const { bytes, view } = message(TYPE.pace, 4, 0);
  view.setUint16(2, leastMs, true);
  return bytes;
}

export function encodeError(code: WireErrorName, text: string, request = 0, retrySeconds = 0): Uint8Array {
  // Cutting may split a character; the decoder then shows a replacement character.
  const words = new TextEncoder().encode(text).subarray(0, MAX_ERROR_BYTES);
  const { bytes, view } = message(TYPE.error, 8, words.length);
  view.setUint8(1, wireErrorNumber(code));
  view.setUint16(2, retrySeconds, true);
  view.setUint32(4, request, true);
  bytes.set(words, 8);
  return bytes;
}

/**
 * @param data may lie anywhere in memory.
 * @throws WireError "malformed".
 */
export function decodeClientMessage(data: ArrayBuffer | Uint8Array): ClientMessage {
  const view =
    data instanceof ArrayBuffer
      ? new DataView(data)
      : new DataView(data.buffer, data.byteOffset, data.byteLength);
  const type = data.byteLength === 0 ? -1 : view.getUint8(0);
  switch (type) {
    case TYPE.start:
      return decodeStart(view);
    case TYPE.frames:
      return decodeFrames(view);
    case TYPE.explain:
      return decodeExplain(view);
    case TYPE.blocks:
      return decodeBlocks(view);
    default:
      throw unknownType(data, type);
  }
}

/** @throws WireError "malformed". */
export function decodeServerMessage(data: ArrayBuffer): ServerMessage {
  const view = new DataView(data);
  const type = data.byteLength === 0 ? -1 : view.getUint8(0);
  switch (type) {
    case TYPE.hello:
      return decodeHello(view);
    case TYPE.explanation:
      return decodeExplanation(view);
    case TYPE.dropped:
      exactly(view, "dropped", 12);
      zero(view, "dropped", 1, 2, 3);
      return { type: "dropped", request: view.getUint32(4, true), dropped: view.getUint32(8, true) };
    case TYPE.error:
      return decodeError(view);
    case TYPE.pace:
      exactly(view, "pace", 4);
      zero(view, "pace", 1);
      return { type: "pace", leastMs: view.getUint16(2, true) };
    default:
      throw unknownType(data, type);
  }
}

function decodeHello(view: DataView): HelloMessage {
  between(view, "hello", 4, 4 + MAX_HELLO_BYTES);
  zero(view, "hello", 2, 3);
  const version = view.getUint8(1);
  // A hello of another version may say other things: its reader must look at the version first.
  if (version !== PROTOCOL_VERSION) {
    throw new WireError(
      "wrong-version",
      `the server speaks protocol ${version} and this client ${PROTOCOL_VERSION}: update the older one`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(rest(view, 4)));
  } catch (error) {
    throw malformed("hello", `holds no JSON (${(error as Error).message})`);
  }
  const result = v.safeParse(helloSchema, json);
  if (!result.success) {
    const [issue] = result.issues;
    throw malformed("hello", `${v.getDotPath(issue) ?? "(root)"}: ${issue.message}`);
  }
  return { type: "hello", version, hello: result.output };
}

function decodeStart(view: DataView): StartMessage {
  between(view, "start", 8, 8 + MAX_NAME_BYTES);
  const method = new TextDecoder().decode(rest(view, 8));
  if (!/^[a-z0-9-]*$/.test(method))
    throw malformed("start", "names a method with other than a-z, 0-9 and dashes");
  return {
    type: "start",
    version: view.getUint8(1),
    method,
    target: view.getInt32(4, true),
    maskFrames: view.getUint16(2, true),
  };
}

function decodeFrames(view: DataView): FramesMessage {
  return { type: "frames", ...decodeLevels(view, "frames", 16) };
}

function decodeBlocks(view: DataView): BlocksMessage {
  const levels = decodeLevels(view, "blocks", 24);
  const request = requestNumber(view, "blocks", 16);
  return { type: "blocks", request, target: view.getInt32(20, true), ...levels };
}

/** What messages that hold frames have in common; the levels stand behind `header` bytes. */
function decodeLevels(view: DataView, name: string, header: number): Omit<FramesMessage, "type"> {
  atLeast(view, name, header);
  zero(view, name, 6, 7);
  const number = view.getUint8(1);
  const encoding = encodingOf(number);
  if (!encoding) throw malformed(name, `has the unknown encoding ${number}`);
  const frames = view.getUint16(2, true);
  const bins = view.getUint16(4, true);
  if (frames === 0 || bins === 0) throw malformed(name, `holds ${frames} frames of ${bins} bins`);
  exactly(view, name, header + frames * bins * encodingBytes(encoding));
  const firstFrame = frameIndex(view, name, 8);
  const bytes = rest(view, header);
  return { firstFrame, frames, bins, levels: encoding === "uint8-log1p" ? bytes : wide(bytes) };
}

function encodingOf(number: number): Encoding | undefined {
  for (const encoding of KNOWN_ENCODINGS) if (ENCODINGS[encoding] === number) return encoding;
  return undefined;
}

const KNOWN_ENCODINGS = Object.keys(ENCODINGS) as Encoding[];

/** The same memory, or a copy where numbers of two bytes can't begin there. */
function wide(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset } = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(buffer, byteOffset, bytes.length / 2);
}

function decodeExplain(view: DataView): ExplainMessage {
  exactly(view, "explain", 16);
  zero(view, "explain", 1, 2, 3);
  return {
    type: "explain",
    request: requestNumber(view, "explain", 4),
    firstFrame: frameIndex(view, "explain", 8),
  };
}

function requestNumber(view: DataView, name: string, at: number): number {
  const request = view.getUint32(at, true);
  if (request === 0) throw malformed(name, "has the request number 0");
  return request;
}

function decodeExplanation(view: DataView): ExplanationMessage {
  atLeast(view, "explanation", 36);
  const begins = view.getUint8(1);
  if (begins > 1) throw malformed("explanation", `has ${begins} where 0 or 1 should be`);
  zero(view, "explanation", 34, 35);
  const classes = view.getUint16(2, true);
  const frames = view.getUint16(4, true);
  const bins = view.getUint16(6, true);
  const rows = view.getUint16(32, true);
  if (rows === 0) throw malformed("explanation", "has no row of probabilities");
  exactly(view, "explanation", 36 + 4 * rows * classes + frames * bins);
  return {
    type: "explanation",
    request: view.getUint32(8, true),
    dropped: view.getUint32(12, true),
    firstFrame: frameIndex(view, "explanation", 16),
    inferenceMs: view.getFloat32(24, true),
    serverMs: view.getFloat32(28, true),
    frames,
    bins,
    begins: begins === 1,
    rows,
    probabilities: new Float32Array(view.buffer as ArrayBuffer, 36, rows * classes).slice(),
    mask: rest(view, 36 + 4 * rows * classes),
  };
}

function decodeError(view: DataView): ErrorMessage {
  between(view, "error", 8, 8 + MAX_ERROR_BYTES);
  const code = wireErrorName(view.getUint8(1));
  if (!code) throw malformed("error", `has the unknown number ${view.getUint8(1)}`);
  return {
    type: "error",
    code,
    retrySeconds: view.getUint16(2, true),
    request: view.getUint32(4, true),
    message: new TextDecoder().decode(rest(view, 8)),
  };
}

/** A zeroed message of `header + body` bytes with its type written. */
function message(
  type: number,
  header: number,
  body: number,
): { bytes: Uint8Array<ArrayBuffer>; view: DataView } {
  const bytes = new Uint8Array(header + body);
  bytes[0] = type;
  return { bytes, view: new DataView(bytes.buffer) };
}

function rest(view: DataView, from: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + from, view.byteLength - from);
}

function frameIndex(view: DataView, name: string, at: number): number {
  const index = Number(view.getBigInt64(at, true));
  if (!Number.isSafeInteger(index)) throw malformed(name, `has a frame number beyond ±(2^53 - 1)`);
  return index;
}

function atLeast(view: DataView, name: string, bytes: number): void {
  if (view.byteLength < bytes)
    throw malformed(name, `is ${view.byteLength} bytes long, not ${bytes} or more`);
}

function exactly(view: DataView, name: string, bytes: number): void {
  if (view.byteLength !== bytes) throw malformed(name, `is ${view.byteLength} bytes long, not ${bytes}`);
}

function between(view: DataView, name: string, least: number, most: number): void {
  if (view.byteLength < least || view.byteLength > most) {
    throw malformed(name, `is ${view.byteLength} bytes long, not ${least} to ${most}`);
  }
}

function zero(view: DataView, name: string, ...at: number[]): void {
  for (const each of at) {
    if (view.getUint8(each) !== 0)
      throw malformed(name, `has ${view.getUint8(each)} in the reserved byte ${each}`);
  }
}

function unknownType(data: { readonly byteLength: number }, type: number): WireError {
  if (data.byteLength === 0) return new WireError("malformed", "the message is empty");
  return new WireError(
    "malformed",
    `the message has the unknown type 0x${type.toString(16).padStart(2, "0")}`,
  );
}

function malformed(name: string, what: string): WireError {
  return new WireError("malformed", `the ${name} message ${what}`);
}
