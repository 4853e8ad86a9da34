/**
 * WAV reading and writing. Reading accepts what is found in the wild: chunks in any order, cut-off files, the
 * unfinished headers of streamed recordings; what was put up with is told in `notes`.
 */

export class WavError extends Error {
  override name = "WavError";
}

/** Bytes that need not be in memory at once. `read` gives fewer bytes than asked only at the end. */
export interface ByteSource {
  readonly size: number;
  read(start: number, length: number): Uint8Array;
}

export interface Wav {
  /** One array per channel, all of the same length, full scale at 1; floats beyond it are kept. */
  readonly channels: Float32Array[];
  /** In Hz. */
  readonly sampleRate: number;
  /** Samples that were NaN or infinite and are now 0. */
  readonly replaced: number;
  /** What was wrong with the file and put up with, in sentences for people. */
  readonly notes: string[];
}

/** A WAV file whose header was read and whose samples can be read piece by piece. */
export interface WavReader {
  readonly sampleRate: number;
  readonly channelCount: number;
  /** Samples per channel. */
  readonly frames: number;
  readonly notes: string[];
  /**
   * Reads frames [from, from + count) into `channels` from index `at` on; returns how many samples were NaN or
   * infinite and became 0. Throws a WavError if the source became shorter meanwhile.
   */
  read(from: number, count: number, channels: readonly Float32Array[], at: number): number;
}

type Encoding = "int" | "float";

interface Format {
  readonly encoding: Encoding;
  readonly channelCount: number;
  readonly sampleRate: number;
  /** Bytes of one sample of one channel. */
  readonly width: number;
}

const PCM = 1;
const IEEE_FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Format tags that people meet, for the error message. */
const COMPRESSED: Record<number, string> = {
  2: "Microsoft ADPCM",
  6: "A-law",
  7: "mu-law",
  17: "IMA ADPCM",
  49: "GSM 6.10",
  80: "MPEG",
  85: "MP3",
  255: "AAC",
};
/** From here on a data size means "not known when the header was written". */
const UNKNOWN_SIZE = 0x7fff_0000;
const MOST_CHUNKS = 10_000;
const MOST_CHANNELS = 256;

/** Reads the header; `name` is named in errors. Throws a WavError that says what was found and what to do. */
export function openWav(source: ByteSource, name = "the file"): WavReader {
  const { format, dataStart, dataSize, notes } = readHeader(source, name);
  const frameBytes = format.width * format.channelCount;
  const frames = Math.floor(dataSize / frameBytes);
  if (frames === 0) {
    throw new WavError(`${name} is a WAV file without a single sample; record or export it again`);
  }
  const decode = decoder(format);
  return {
    sampleRate: format.sampleRate,
    channelCount: format.channelCount,
    frames,
    notes,
    read(from, count, channels, at) {
      const bytes = source.read(dataStart + from * frameBytes, count * frameBytes);
      if (bytes.length < count * frameBytes) {
        throw new WavError(`${name} became shorter while it was read`);
      }
      return decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), count, channels, at);
    },
  };
}

/** Reads a whole WAV file from memory; `name` is named in errors. */
export function readWav(bytes: Uint8Array, name?: string): Wav {
  const reader = openWav(
    { size: bytes.length, read: (start, length) => bytes.subarray(start, start + length) },
    name,
  );
  const channels = Array.from({ length: reader.channelCount }, () => new Float32Array(reader.frames));
  const replaced = reader.read(0, reader.frames, channels, 0);
  return { channels, sampleRate: reader.sampleRate, replaced, notes: reader.notes };
}

/**
 * A WAV file as bytes. "int16" rounds, clips to [-1, 1) and writes NaN as 0; "float32" writes what is given.
 * Throws a WavError when the channels differ in length or the file would exceed 4 GB.
 */
export function writeWav(
  channels: readonly Float32Array[],
  sampleRate: number,
  encoding: "int16" | "float32" = "int16",
): Uint8Array<ArrayBuffer> {
  const frames = channels[0]?.length ?? 0;
  if (channels.length === 0 || channels.some((channel) => channel.length !== frames)) {
    throw new WavError(
      `channels of ${channels.map((each) => each.length).join(", ")} samples make no WAV file`,
    );
  }
  const width = encoding === "int16" ? 2 : 4;
  const dataSize = frames * channels.length * width;
  if (dataSize > 0xffff_ff00) throw new WavError(`${dataSize} bytes of samples do not fit a WAV file (4 GB)`);
  const pad = dataSize % 2;
  const view = new DataView(new ArrayBuffer(44 + dataSize + pad));
  const text = (at: number, value: string) => {
    for (let i = 0; i < value.length; i++) view.setUint8(at + i, value.charCodeAt(i));
  };
  text(0, "RIFF");
  view.setUint32(4, 36 + dataSize + pad, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, encoding === "int16" ? PCM : IEEE_FLOAT, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels.length * width, true);
  view.setUint16(32, channels.length * width, true);
  view.setUint16(34, 8 * width, true);
  text(36, "data");
  view.setUint32(40, dataSize, true);
  let at = 44;
  for (let n = 0; n < frames; n++) {
    for (const channel of channels) {
      if (encoding === "float32") view.setFloat32(at, channel[n], true);
      else view.setInt16(at, Math.max(-32768, Math.min(32767, Math.round(channel[n] * 32768))), true);
      at += width;
    }
  }
  return new Uint8Array(view.buffer);
}

interface Header {
  readonly format: Format;
  readonly dataStart: number;
  readonly dataSize: number;
  readonly notes: string[];
}

function readHeader(source: ByteSource, name: string): Header {
  const start = source.read(0, 12);
  const kind = ascii(start, 0);
  if (!["RIFF", "RF64", "BW64"].includes(kind) || ascii(start, 8) !== "WAVE") {
    throw new WavError(`${name} is no WAV file: ${whatIsThis(source)}`);
  }
  const riffSize = view(start).getUint32(4, true);
  const notes: string[] = [];
  let format: Format | undefined;
  let data: { start: number; size: number } | undefined;
  let longDataSize: number | undefined;
  let at = 12;
  for (let chunks = 0; at + 8 <= source.size && !(format && data); chunks++) {
    if (chunks === MOST_CHUNKS) {
      throw new WavError(`${name} has ${MOST_CHUNKS} chunks and no sound among them; it is damaged`);
    }
    const head = source.read(at, 8);
    const id = ascii(head, 0);
    let size = view(head).getUint32(4, true);
    const rest = source.size - at - 8;
    if (id === "fmt ") {
      format = readFormat(source.read(at + 8, Math.min(size, rest, 64)), name);
    } else if (id === "ds64" && Math.min(size, rest) >= 16) {
      longDataSize = Number(view(source.read(at + 8, 16)).getBigUint64(8, true));
    } else if (id === "data") {
      if (size === 0xffff_ffff && longDataSize !== undefined) size = longDataSize;
      // A recorder that never came back to fill in the sizes leaves 0 in both or a "very large" number.
      const unfinished = size >= UNKNOWN_SIZE ? size > rest : size === 0 && riffSize <= at && rest > 0;
      if (unfinished) {
        notes.push(`${name} does not say how long it is; it was read to its end`);
        size = rest;
      } else if (size > rest) {
        notes.push(`${name} is cut off: ${rest} of ${size} bytes of sound are there`);
        size = rest;
      }
      data = { start: at + 8, size };
    }
    at += 8 + size + (size % 2);
  }
  if (!format) throw new WavError(`${name} is a WAV file without a "fmt " chunk; it is damaged or cut off`);
  if (!data) throw new WavError(`${name} is a WAV file without a "data" chunk; it is damaged or cut off`);
  return { format, dataStart: data.start, dataSize: data.size, notes };
}

function readFormat(chunk: Uint8Array, name: string): Format {
  if (chunk.length < 16) {
    throw new WavError(
      `${name} has a "fmt " chunk of ${chunk.length} bytes, 16 are the least; it is damaged or cut off`,
    );
  }
  const fields = view(chunk);
  let tag = fields.getUint16(0, true);
  if (tag === EXTENSIBLE && chunk.length >= 26) tag = fields.getUint16(24, true);
  const channelCount = fields.getUint16(2, true);
  const sampleRate = fields.getUint32(4, true);
  const blockBytes = fields.getUint16(12, true);
  const bits = fields.getUint16(14, true);
  if (tag !== PCM && tag !== IEEE_FLOAT) {
    const found = COMPRESSED[tag] ?? `format tag ${tag}`;
    throw new WavError(
      `${name} holds ${found}; convert it to PCM: ffmpeg -i INPUT -c:a pcm_s16le OUTPUT.wav`,
    );
  }
  if (channelCount === 0 || channelCount > MOST_CHANNELS || sampleRate === 0) {
    throw new WavError(`${name} claims ${channelCount} channels at ${sampleRate} Hz; its header is damaged`);
  }
  // Samples of odd depths stand at the top of a wider container; its width follows from the block size.
  const fromBlock = blockBytes / channelCount;
  const width =
    Number.isInteger(fromBlock) && fromBlock * 8 >= bits && fromBlock > 0 ? fromBlock : Math.ceil(bits / 8);
  const encoding: Encoding = tag === PCM ? "int" : "float";
  const known = encoding === "int" ? [1, 2, 3, 4] : [4, 8];
  if (!known.includes(width)) {
    throw new WavError(
      `${name} holds ${encoding === "int" ? "PCM" : "float"} samples of ${8 * width} bits; ` +
        `${known.map((bytes) => 8 * bytes).join(", ")} bits can be read`,
    );
  }
  return { encoding, channelCount, sampleRate, width };
}

type Decoder = (bytes: DataView, count: number, channels: readonly Float32Array[], at: number) => number;

function decoder({ encoding, channelCount, width }: Format): Decoder {
  const sampleAt = encoding === "float" ? FLOAT[width] : INT[width];
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

/** By bytes a sample. 8 bits are unsigned, as the format has it; the rest are signed. */
const INT: Record<number, SampleReader> = {
  1: (bytes, at) => (bytes.getUint8(at) - 128) / 128,
  2: (bytes, at) => bytes.getInt16(at, true) / 0x8000,
  3: (bytes, at) => (bytes.getUint16(at, true) | (bytes.getInt8(at + 2) << 16)) / 0x80_0000,
  4: (bytes, at) => bytes.getInt32(at, true) / 0x8000_0000,
};
const FLOAT: Record<number, SampleReader> = {
  4: (bytes, at) => bytes.getFloat32(at, true),
  8: (bytes, at) => bytes.getFloat64(at, true),
};

/** What the first bytes look like and what to do about it, for errors: "it is empty; …". */
export function whatIsThis(source: ByteSource): string {
  if (source.size === 0) return "it is empty; record or export it again";
  const start = source.read(0, 64);
  const found = ascii(start, 0);
  if (found === "RIFX") return "it is a big-endian RIFX file; convert it with ffmpeg";
  if (found === "RIFF" || found === "RF64") return `it is a RIFF file of kind "${ascii(start, 8)}"`;
  if (found.startsWith("ID3") || (start[0] === 0xff && (start[1] & 0xe0) === 0xe0)) {
    return "it looks like MP3; give it its right extension";
  }
  if (found === "OggS") return "it looks like Ogg; give it its right extension";
  if (found === "fLaC") return "it looks like FLAC; give it its right extension";
  if (ascii(start, 4) === "ftyp") return "it looks like MP4/M4A; give it its right extension";
  if (start.every((byte) => byte >= 9 && byte !== 127)) {
    const text = new TextDecoder().decode(start).replace(/\s+/g, " ").trim().slice(0, 24);
    return `it holds text that begins "${text}"; give a sound file`;
  }
  const hex = Array.from(start.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `it begins with the bytes ${hex}; give a sound file`;
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
