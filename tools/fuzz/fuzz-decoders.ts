/** The decoders of both sides under generated and damaged messages. */
import { isDeepStrictEqual } from "node:util";
import {
  type ClientMessage,
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
  type ServerMessage,
} from "../../protocol/wire.ts";
import { WireError } from "../../protocol/wire-errors.ts";
import { clientMessage, damaged, serverMessage } from "./messages.ts";
import type { Random } from "./mutate.ts";

/** "decoded", or the name of the WireError. Anything else is thrown, with the message in hexadecimal. */
export function fuzzDecoder(random: Random): string {
  const client = random.chance(0.5);
  const whole = client ? clientMessage(random) : serverMessage(random);
  const right = random.chance(0.2);
  const bytes = right ? new Uint8Array(whole) : damaged(whole, random);
  try {
    if (client) return again(bytes, decodeClientMessage, encodeClient);
    return again(bytes, decodeServerMessage, encodeServer);
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw new Error(`${client ? "client" : "server"} message ${hex(bytes)}: ${(error as Error).stack}`);
  }
}

/** What was decoded must come out the same when it is encoded and decoded once more. */
function again<M extends ClientMessage | ServerMessage>(
  bytes: Uint8Array<ArrayBuffer>,
  decode: (data: ArrayBuffer) => M,
  encode: (message: M) => Uint8Array,
): string {
  const message = decode(bytes.buffer);
  let second: M;
  try {
    second = decode(encode(message).buffer as ArrayBuffer);
  } catch (error) {
    throw new Error(`decodes, but not once more: ${(error as Error).message}`);
  }
  // Texts with broken characters come out with replacement characters, which take more room.
  if (message.type !== "error" && !isDeepStrictEqual(second, message)) {
    throw new Error("is another message when it is encoded and decoded once more");
  }
  return "decoded";
}

function encodeClient(message: ClientMessage): Uint8Array {
  switch (message.type) {
    case "start":
      return encodeStart(message.method, message.target, message.maskFrames, message.version);
    case "frames":
      return encodeFrames(message.firstFrame, message.bins, message.levels);
    case "explain":
      return encodeExplain(message.request, message.firstFrame);
    case "blocks":
      return encodeBlocks(message.request, message.firstFrame, message.bins, message.levels, message.target);
  }
}

function encodeServer(message: ServerMessage): Uint8Array {
  switch (message.type) {
    case "hello":
      return encodeHello(message.hello);
    case "explanation":
      return encodeExplanation(message);
    case "dropped":
      return encodeDropped(message.request, message.dropped);
    case "error":
      return encodeError(message.code, message.message, message.request, message.retrySeconds);
    case "pace":
      return encodePace(message.leastMs);
  }
}

export function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 200)).toString("hex");
  return bytes.length > 200 ? `${shown}… (${bytes.length} bytes)` : shown;
}
