/** Sound files written by hand, right or odd, for the tests of what reads them. */

export const text = (value: string): Buffer => Buffer.from(value, "latin1");
export const joined = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);

export function little(value: number, bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, n) => Math.floor(value / 256 ** n) % 256));
}

export function big(value: number, bytes: number): Buffer {
  return little(value, bytes).reverse();
}

/** A chunk of RIFF with its padding; `size` overrides what its header says. */
export function chunk(id: string, content: Uint8Array, size = content.length): Buffer {
  return joined(text(id), little(size, 4), content, Buffer.alloc(content.length % 2));
}

export function riff(chunks: readonly Uint8Array[], size?: number, id = "RIFF"): Buffer {
  const content = joined(text("WAVE"), ...chunks);
  return joined(text(id), little(size ?? content.length, 4), content);
}

export interface WavShape {
  readonly tag?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
}

export function wavFormat({ tag = 1, channels = 1, rate = 8000, bits = 16 }: WavShape = {}): Buffer {
  const block = (channels * bits) / 8;
  const head = joined(little(tag, 2), little(channels, 2), little(rate, 4), little(rate * block, 4));
  return chunk("fmt ", joined(head, little(block, 2), little(bits, 2)));
}

export function wave64(
  chunks: readonly (readonly [id: string, content: Uint8Array, size?: number])[],
): Buffer {
  const tail = Buffer.from("f3acd3118cd100c04f8edb8a", "hex");
  const parts = chunks.map(([id, content, size = content.length + 24]) =>
    joined(text(id), tail, little(size, 8), content, Buffer.alloc((8 - (content.length % 8)) % 8)),
  );
  const body = joined(text("wave"), tail, ...parts);
  return joined(Buffer.from("726966662e91cf11a5d628db04c10000", "hex"), little(body.length + 24, 8), body);
}

function bigChunk(id: string, content: Uint8Array, size = content.length): Buffer {
  return joined(text(id), big(size, 4), content, Buffer.alloc(content.length % 2));
}

export interface AiffShape {
  readonly codec?: string;
  readonly channels?: number;
  readonly bits: number;
  /** What the sound's chunk says that it has. */
  readonly size?: number;
}

/** At 8 kHz. */
export function aiff(data: Uint8Array, { codec, channels = 1, bits, size }: AiffShape): Buffer {
  const frames = Math.floor((8 * data.length) / (bits * channels));
  const rate = Buffer.from("400bfa00000000000000", "hex");
  const common = joined(
    big(channels, 2),
    big(frames, 4),
    big(bits, 2),
    rate,
    codec ? text(`${codec}\0\0`) : text(""),
  );
  const sound = bigChunk("SSND", joined(Buffer.alloc(8), data), size ?? data.length + 8);
  const body = joined(text(codec ? "AIFC" : "AIFF"), bigChunk("COMM", common), sound);
  return joined(text("FORM"), big(body.length, 4), body);
}

export interface CafShape {
  readonly format?: string;
  readonly flags?: number;
  readonly channels?: number;
  readonly bytesPerPacket: number;
  readonly bits: number;
}

/** At 8 kHz. */
export function caf(data: Uint8Array, shape: CafShape): Buffer {
  const { format = "lpcm", flags = 0, channels = 1, bytesPerPacket, bits } = shape;
  const rate = Buffer.alloc(8);
  rate.writeDoubleBE(8000);
  const numbers = [flags, bytesPerPacket, 1, channels, bits].map((value) => big(value, 4));
  const description = joined(rate, text(format), ...numbers);
  const long = (id: string, content: Uint8Array) => joined(text(id), big(content.length, 8), content);
  return joined(
    text("caff\0\x01\0\0"),
    long("desc", description),
    long("data", joined(Buffer.alloc(4), data)),
  );
}

/** At 8 kHz. */
export function au(data: Uint8Array, encoding: number, size = data.length, channels = 1): Buffer {
  return joined(text(".snd"), ...[24, size, encoding, 8000, channels].map((value) => big(value, 4)), data);
}

/** An ID3v2.4 tag of `size` bytes, of which its head claims as many. */
export function id3(size: number, claimed = size, footer = false): Buffer {
  const bits = [21, 14, 7, 0].map((shift) => (claimed >> shift) & 0x7f);
  const head = Buffer.from([4, 0, footer ? 0x10 : 0, ...bits]);
  const frame = joined(text("TIT2"), Buffer.alloc(Math.max(0, size - 4), 0x41)).subarray(0, size);
  return joined(text("ID3"), head, frame, footer ? joined(text("3DI"), head) : text(""));
}

export const id3v1 = joined(text("TAG"), Buffer.alloc(125, 0x42));

/** APE's second version, with header and footer. */
export function apeTag(size: number): Buffer {
  const mark = (flags: number) =>
    joined(
      text("APETAGEX"),
      little(2000, 4),
      little(size + 32, 4),
      little(1, 4),
      little(flags, 4),
      Buffer.alloc(8),
    );
  return joined(mark(0xa000_0000), Buffer.alloc(size, 0x43), mark(0x8000_0000));
}

export function lyrics3(size: number): Buffer {
  const body = joined(text("LYRICSBEGIN"), Buffer.alloc(size, 0x44));
  return joined(body, text(`${body.length}`.padStart(6, "0")), text("LYRICS200"));
}

/** Samples as a file has them. */
export function samples(values: Float32Array, encoding: string, bigEndian: boolean): Buffer {
  const [, kind, bits] = /^([suf])(\d+)$/.exec(encoding) ?? [];
  const width = Number(bits) / 8;
  const bytes = Buffer.alloc(width * values.length);
  for (const [n, value] of values.entries()) {
    const at = n * width;
    if (kind === "f") {
      if (width === 4) bigEndian ? bytes.writeFloatBE(value, at) : bytes.writeFloatLE(value, at);
      else bigEndian ? bytes.writeDoubleBE(value, at) : bytes.writeDoubleLE(value, at);
      continue;
    }
    const half = 2 ** (8 * width - 1);
    const whole = Math.max(-half, Math.min(half - 1, Math.round(value * half))) + (kind === "u" ? half : 0);
    const raw = whole < 0 ? whole + 2 * half : whole;
    bytes.set(bigEndian ? big(raw, width) : little(raw, width), at);
  }
  return bytes;
}

/** By the recommendation's own algorithm (ITU-T G.191, ulaw_compress and alaw_compress). */
export function telephone(values: Float32Array, law: "ulaw" | "alaw"): Buffer {
  return Buffer.from(Array.from(values, (value) => (law === "ulaw" ? ulawCode(value) : alawCode(value))));
}

function ulawCode(value: number): number {
  const sign = value < 0 ? 0x80 : 0;
  const size = Math.min(32_635, Math.abs(Math.round(32_768 * value))) + 0x84;
  const segment = Math.floor(Math.log2(size)) - 7;
  return ~(sign | (segment << 4) | ((size >> (segment + 3)) & 15)) & 0xff;
}

function alawCode(value: number): number {
  const sign = value < 0 ? 0 : 0x80;
  const size = Math.min(32_767, Math.abs(Math.round(32_768 * value))) >> 4;
  const segment = size < 16 ? 0 : Math.floor(Math.log2(size)) - 3;
  const mantissa = segment <= 1 ? size & 15 : (size >> (segment - 1)) & 15;
  return (sign | (segment << 4) | mantissa) ^ 0x55;
}
