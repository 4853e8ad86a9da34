/** Samples as they stand in files, one after the other: what a byte pattern means as a number, full scale at 1. */

/** Bytes that need not be in memory at once. `read` gives fewer bytes than asked only at the end. */
export interface ByteSource {
  readonly size: number;
  read(start: number, length: number): Uint8Array;
}

export interface PcmFormat {
  /** `uint` is offset binary: the middle of the range is silence. */
  readonly encoding: "int" | "uint" | "float" | "ulaw" | "alaw";
  readonly channelCount: number;
  /** Bytes of one sample of one channel. Samples of odd depths stand at the top of them. */
  readonly width: number;
  readonly bigEndian?: boolean;
}

/** How many bits a sample may have, for errors; undefined for what can be read. */
export function unreadableWidth({ encoding, width }: PcmFormat): string | undefined {
  const known = WIDTHS[encoding];
  if (known.includes(width)) return undefined;
  const name = encoding === "float" ? "float" : "PCM";
  const bits = known.map((bytes) => 8 * bytes).join(", ");
  return `${name} samples of ${8 * width} bits; ${bits} bits can be read`;
}

const WIDTHS: Record<PcmFormat["encoding"], readonly number[]> = {
  int: [1, 2, 3, 4],
  uint: [1, 2, 3, 4],
  float: [4, 8],
  ulaw: [1],
  alaw: [1],
};

/**
 * Puts `count` interleaved frames of `bytes` into `channels` from index `at` on; returns how many samples were NaN or
 * infinite and became 0.
 */
export type PcmDecoder = (
  bytes: DataView,
  count: number,
  channels: readonly Float32Array[],
  at: number,
) => number;

/** Of a format whose width can be read. */
export function pcmDecoder(format: PcmFormat): PcmDecoder {
  const sampleAt = sampleReader(format);
  const { channelCount, width } = format;
  const stride = width * channelCount;
  return (bytes, count, channels, at) => {
    let replaced = 0;
    for (let c = 0; c < channelCount; c++) {
      const channel = channels[c];
      for (let n = 0, from = c * width; n < count; n++, from += stride) {
        const value = Math.fround(sampleAt(bytes, from));
        const finite = Number.isFinite(value);
        channel[at + n] = finite ? value : 0;
        if (!finite) replaced++;
      }
    }
    return replaced;
  };
}

type SampleReader = (bytes: DataView, at: number) => number;

function sampleReader({ encoding, width, bigEndian = false }: PcmFormat): SampleReader {
  const little = !bigEndian;
  switch (encoding) {
    case "int":
      return intReader(width, little);
    case "uint": {
      if (width === 1) return (bytes, at) => (bytes.getUint8(at) - 128) / 128;
      const signed = intReader(width, little);
      return (bytes, at) => {
        const value = signed(bytes, at);
        return value < 0 ? value + 1 : value - 1;
      };
    }
    case "float":
      return width === 4
        ? (bytes, at) => bytes.getFloat32(at, little)
        : (bytes, at) => bytes.getFloat64(at, little);
    case "ulaw":
      return (bytes, at) => ULAW[bytes.getUint8(at)];
    case "alaw":
      return (bytes, at) => ALAW[bytes.getUint8(at)];
    default:
      return encoding satisfies never;
  }
}

function intReader(width: number, little: boolean): SampleReader {
  switch (width) {
    case 1:
      return (bytes, at) => bytes.getInt8(at) / 0x80;
    case 2:
      return (bytes, at) => bytes.getInt16(at, little) / 0x8000;
    case 3:
      return little
        ? (bytes, at) => (bytes.getUint16(at, true) | (bytes.getInt8(at + 2) << 16)) / 0x80_0000
        : (bytes, at) => ((bytes.getInt8(at) << 16) | bytes.getUint16(at + 1, false)) / 0x80_0000;
    default:
      return (bytes, at) => bytes.getInt32(at, little) / 0x8000_0000;
  }
}

/** ITU-T G.711, the two laws of the telephone: 13 and 12 bits with a sign, here in 16. */
const ULAW = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const size = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80 ? -size : size) / 0x8000;
});
const ALAW = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const step = (bits >> 4) & 7;
  const size = ((bits & 0x0f) << 4) + (step === 0 ? 8 : 0x108);
  return ((bits & 0x80 ? 1 : -1) * (step === 0 ? size : size << (step - 1))) / 0x8000;
});
