/** Messages of the wire protocol, made from its grammar: right ones, ones with odd values, and damaged ones. */
import {
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
  PROTOCOL_VERSION,
} from "../../protocol/wire.ts";
import type { WireErrorName } from "../../protocol/wire-errors.ts";
import { mutate, type Random } from "./mutate.ts";

const NUMBERS = [0, 1, 2, 7, 255, 65_535, 2 ** 31 - 1, 2 ** 32 - 1];
const FRAMES = [0, -1, 1, 127, -128, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1)];
const TARGETS = [-1, 0, 1, 5, 2 ** 31 - 1, -(2 ** 31)];
const NAMES = ["", "bands", "all-ones", "l-mac", "a".repeat(64)];
const ERRORS: readonly WireErrorName[] = ["malformed", "too-large", "server-full", "internal", "local-only"];

export function clientMessage(random: Random): Uint8Array {
  switch (random.below(4)) {
    case 0:
      return encodeStart(random.pick(NAMES), random.pick(TARGETS), random.pick([0, 1, 33, 128, 65_535]));
    case 1: {
      const bins = 1 + random.below(9);
      return encodeFrames(random.pick(FRAMES), bins, someLevels(random, bins));
    }
    case 2: {
      const bins = 1 + random.below(9);
      const levels = someLevels(random, bins);
      return encodeBlocks(
        1 + random.below(2 ** 32 - 1),
        random.pick(FRAMES),
        bins,
        levels,
        random.pick(TARGETS),
      );
    }
    default:
      return encodeExplain(1 + random.below(2 ** 32 - 1), random.pick(FRAMES));
  }
}

function someLevels(random: Random, bins: number): Uint16Array | Uint8Array {
  const values = (1 + random.below(6)) * bins;
  const levels = random.chance(0.5) ? new Uint16Array(values) : new Uint8Array(values);
  for (let i = 0; i < values; i++) levels[i] = random.below(65_536);
  return levels;
}

export function serverMessage(random: Random): Uint8Array {
  const request = random.pick(NUMBERS);
  switch (random.below(6)) {
    case 5:
      return encodePace(random.below(65_536));
    case 0:
      return random.chance(0.3) ? oddHello(random) : encodeHello(HELLO);
    case 1:
      return encodeDropped(request, random.pick(NUMBERS));
    case 2:
      return encodeError(
        random.pick(ERRORS),
        random.pick(["", "why", "ü".repeat(700)]),
        request,
        random.below(100),
      );
    default: {
      const frames = random.below(5);
      const bins = random.below(7);
      const rows = 1 + random.below(3);
      return encodeExplanation({
        request,
        firstFrame: random.pick(FRAMES),
        frames,
        bins,
        begins: random.chance(0.3),
        rows,
        probabilities: Float32Array.from({ length: rows * random.below(5) }, () =>
          random.pick([0, 0.5, 1, Number.NaN, Number.POSITIVE_INFINITY]),
        ),
        mask: Uint8Array.from({ length: frames * bins }, () => random.below(256)),
        inferenceMs: random.pick([0, 1.5, Number.NaN]),
        serverMs: random.pick([0, 3.25]),
        dropped: random.pick(NUMBERS),
      });
    }
  }
}

/** As `mutate`, most often in the header, where the grammar is. */
export function damaged(message: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  return mutate(message, random, 32);
}

export const HELLO: Hello = {
  server: "listenable 0",
  backend: "none",
  pack: {
    name: "tiny",
    version: "1",
    title: "Tiny",
    labels: ["a", "b", "c"],
    answers: "exclusive",
    threshold: 0.5,
    sampleRate: 16_000,
    stft: { window: 8, hop: 2, bins: 5 },
    windowFrames: 4,
    masking: "linear",
    methods: [
      { name: "bands", title: "Bands", target: false },
      { name: "all-ones", title: "All", target: true },
    ],
  },
  limits: {
    maxMessageBytes: 96,
    keptFrames: 8,
    framesPerSecond: 2000,
    frameBurst: 512,
    messagesPerSecond: 500,
    messageBurst: 1000,
    idleSeconds: 600,
  },
};

/** The same as a streaming pack. */
export const STREAMING_HELLO: Hello = {
  ...HELLO,
  pack: { ...HELLO.pack, windowFrames: 2, streaming: true },
  limits: { ...HELLO.limits, maxMessageBytes: 104 },
};

/** Values that JSON can hold where something else is wanted. */
const ODD_VALUES = [null, true, "", "x", 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [null], { length: 3 }, "\ud800"];

/** A hello in which some value is another than it should be, missing, or far too deep. */
function oddHello(random: Random): Uint8Array {
  const hello = structuredClone(HELLO) as unknown as Record<string, unknown>;
  if (random.chance(0.05)) return withText(`${"[".repeat(30_000)}${"]".repeat(30_000)}`);
  let at = hello;
  for (;;) {
    const key = random.pick(Object.keys(at));
    const value = at[key];
    const inside = typeof value === "object" && value !== null && Object.keys(value).length > 0;
    if (inside && random.chance(0.8)) {
      at = value as Record<string, unknown>;
      continue;
    }
    if (random.chance(0.2)) delete at[key];
    else at[random.chance(0.1) ? "__proto__" : key] = random.pick(ODD_VALUES);
    return withText(JSON.stringify(hello));
  }
}

function withText(text: string): Uint8Array {
  const words = new TextEncoder().encode(text);
  const bytes = new Uint8Array(4 + words.length);
  bytes.set([0x01, PROTOCOL_VERSION, 0, 0]);
  bytes.set(words, 4);
  return bytes;
}
