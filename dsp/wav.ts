/**
 * WAV reading and writing. Reading accepts what is found in the wild: chunks in any order, cut-off files, the
 * unfinished headers of streamed recordings; what was put up with is told in `notes`.
 */
import { type ByteSource, type PcmDecoder, type PcmFormat, pcmDecoder, unreadableWidth } from "./pcm.ts";
import { readWavHeader, WavError, type WavFormat } from "./wav-header.ts";

export { WavError } from "./wav-header.ts";

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

const PCM = 1;
const IEEE_FLOAT = 3;
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

/** Reads the header; `name` is named in errors. Throws a WavError that says what was found and what to do. */
export function openWav(source: ByteSource, name = "the file"): WavReader {
  if (!/^(RIFF|RF64|BW64)....WAVE/s.test(String.fromCharCode(...source.read(0, 12)))) {
    throw new WavError(`${name} is no WAV file: ${whatIsThis(source)}`);
  }
  const { format, parts, notes } = readWavHeader(source, name);
  const pcm = wavPcm(format);
  if (pcm === undefined) {
    throw new WavError(
      `${name} holds ${wavCodecName(format)}; convert it to PCM: ffmpeg -i INPUT -c:a pcm_s16le OUTPUT.wav`,
    );
  }
  const unreadable = unreadableWidth(pcm);
  if (unreadable) throw new WavError(`${name} holds ${unreadable}`);
  const frameBytes = pcm.width * pcm.channelCount;
  const samples = joinedParts(source, parts);
  const frames = Math.floor(samples.size / frameBytes);
  if (frames === 0) {
    throw new WavError(`${name} is a WAV file without a single sample; record or export it again`);
  }
  const decode: PcmDecoder = pcmDecoder(pcm);
  return {
    sampleRate: format.sampleRate,
    channelCount: format.channelCount,
    frames,
    notes,
    read(from, count, channels, at) {
      const bytes = samples.read(from * frameBytes, count * frameBytes);
      if (bytes.length < count * frameBytes) {
        throw new WavError(`${name} became shorter while it was read`);
      }
      return decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), count, channels, at);
    },
  };
}

/** How the samples stand in the file; undefined for what is compressed. */
export function wavPcm(format: WavFormat): PcmFormat | undefined {
  const { tag, channelCount, blockBytes, bits, bigEndian } = format;
  if (tag !== PCM && tag !== IEEE_FLOAT) return undefined;
  // Samples of odd depths stand at the top of a wider container; its width follows from the block size.
  const fromBlock = blockBytes / channelCount;
  const width =
    Number.isInteger(fromBlock) && fromBlock * 8 >= bits && fromBlock > 0 ? fromBlock : Math.ceil(bits / 8);
  // 8 bits are unsigned, as the format has it; the rest are signed.
  const encoding = tag === IEEE_FLOAT ? "float" : width === 1 ? "uint" : "int";
  return { encoding, channelCount, width, bigEndian };
}

/** What the samples are, for errors. */
export function wavCodecName({ tag }: WavFormat): string {
  return COMPRESSED[tag] ?? `format tag ${tag}`;
}

/** Parts of a source as one. */
export function joinedParts(
  source: ByteSource,
  parts: readonly { readonly start: number; readonly size: number }[],
): ByteSource {
  return {
    size: parts.reduce((sum, { size }) => sum + size, 0),
    read(start, length) {
      const pieces: Uint8Array[] = [];
      let skip = start;
      let wanted = length;
      for (const part of parts) {
        const count = Math.max(0, Math.min(part.size - skip, wanted));
        if (count > 0) pieces.push(source.read(part.start + skip, count));
        skip = Math.max(0, skip - part.size);
        wanted -= count;
      }
      return pieces.length === 1 ? pieces[0] : concatenated(pieces);
    },
  };
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
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
  const text = new TextDecoder().decode(start);
  // A character may be cut in two at the end; elsewhere what is no UTF-8 is no text.
  if (start.every((byte) => byte >= 9 && byte !== 127) && !text.slice(0, -3).includes("\ufffd")) {
    return `it holds text that begins "${text.replace(/\s+/g, " ").trim().slice(0, 24)}"; give a sound file`;
  }
  const hex = Array.from(start.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `it begins with the bytes ${hex}; give a sound file, or convert what it is: ffmpeg -i INPUT OUTPUT.wav`;
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
