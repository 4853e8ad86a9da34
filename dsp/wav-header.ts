/**
 * Finds the format and the samples of a WAV file: RIFF, its big-endian form RIFX, RF64 and BW64 beyond 4 GB, and Sony's
 * Wave64. What recorders leave behind that never came back to fill in their sizes is read to its end.
 */
import type { ByteSource } from "./pcm.ts";

export class WavError extends Error {
  override name = "WavError";
}

export interface WavHeader {
  readonly format: WavFormat;
  /** Where the samples stand, in order: mostly one range of bytes. None of them is empty. */
  readonly parts: readonly { readonly start: number; readonly size: number }[];
  /** Samples per channel that a "fact" chunk promises, which compressed sound needs. */
  readonly promised?: number | undefined;
  /** What was wrong with the file and put up with, in sentences for people. */
  readonly notes: string[];
}

/** The "fmt " chunk as it is written. */
export interface WavFormat {
  /** What the samples are: 1 is PCM, 3 float. That of the extension where there is one. */
  readonly tag: number;
  readonly channelCount: number;
  /** In Hz. */
  readonly sampleRate: number;
  /** Bytes of a frame, or of a compressed block. */
  readonly blockBytes: number;
  readonly bits: number;
  readonly bigEndian: boolean;
  /** The chunk itself, for what compressed formats add. */
  readonly chunk: Uint8Array;
}

const EXTENSIBLE = 0xfffe;
/** From here on a data size means "not known when the header was written". */
const UNKNOWN_SIZE = 0x7fff_0000;
const MOST_CHUNKS = 10_000;
const MOST_CHANNELS = 256;
const MOST_FORMAT_BYTES = 1024;

/** Reads the header; `name` is named in errors. Throws a WavError that says what was found and what to do. */
export function readWavHeader(source: ByteSource, name: string): WavHeader {
  const walk = chunkWalk(source);
  if (walk === undefined) throw new WavError(`${name} is no WAV file`);
  const found = new FoundChunks(source, name, walk);
  let at: number | undefined = walk.first;
  for (let chunks = 0; at !== undefined && at < source.size; chunks++) {
    if (chunks === MOST_CHUNKS) {
      if (found.hasSound) break;
      throw new WavError(`${name} has ${MOST_CHUNKS} chunks and no sound among them; it is damaged`);
    }
    const chunk = walk.chunkAt(at);
    at = chunk && found.take(chunk);
  }
  return found.header();
}

interface Chunk {
  readonly id: string;
  /** Where its content starts. */
  readonly start: number;
  /** As written. */
  readonly size: number;
}

/** How the chunks of a kind of file follow one another. */
interface ChunkWalk {
  readonly bigEndian: boolean;
  readonly first: number;
  /** Where the file says that it ends; Infinity where it does not know. */
  readonly end: number;
  chunkAt(at: number): Chunk | undefined;
  /** Where the chunk after this one begins, whose content has `size` bytes. */
  after(chunk: Chunk, size: number): number;
}

function chunkWalk(source: ByteSource): ChunkWalk | undefined {
  const start = source.read(0, 40);
  const kind = ascii(start, 0);
  if (kind === "riff" && isWave64(start)) return wave64Walk(source, start);
  if (!["RIFF", "RIFX", "RF64", "BW64"].includes(kind) || ascii(start, 8) !== "WAVE") return undefined;
  const little = kind !== "RIFX";
  const size = view(start).getUint32(4, little);
  return {
    bigEndian: !little,
    first: 12,
    end: size >= UNKNOWN_SIZE ? Number.POSITIVE_INFINITY : 8 + size,
    chunkAt(at) {
      const head = source.read(at, 8);
      if (head.length < 8) return undefined;
      return { id: ascii(head, 0), start: at + 8, size: view(head).getUint32(4, little) };
    },
    after: (chunk, size) => chunk.start + size + (size % 2),
  };
}

const WAVE64_TAIL = "\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
const WAVE64_HEAD = 24;

function isWave64(start: Uint8Array): boolean {
  return ascii(start, 24) === "wave" && latin(start.subarray(28, 40)) === WAVE64_TAIL;
}

function wave64Walk(source: ByteSource, start: Uint8Array): ChunkWalk {
  const end = Number(view(start).getBigUint64(16, true));
  return {
    bigEndian: false,
    first: 40,
    end: end > 40 ? end : Number.POSITIVE_INFINITY,
    chunkAt(at) {
      const head = source.read(at, WAVE64_HEAD);
      if (head.length < WAVE64_HEAD) return undefined;
      const size = Number(view(head).getBigUint64(16, true)) - WAVE64_HEAD;
      return { id: ascii(head, 0), start: at + WAVE64_HEAD, size: Math.max(0, size) };
    },
    after: (chunk, size) => chunk.start + 8 * Math.ceil(size / 8),
  };
}

/** What was found so far, chunk by chunk. */
class FoundChunks {
  readonly #source: ByteSource;
  readonly #name: string;
  readonly #walk: ChunkWalk;
  readonly #notes: string[] = [];
  readonly #parts: { start: number; size: number }[] = [];
  #format: WavFormat | undefined;
  #longSize: number | undefined;
  #promised: number | undefined;
  #hasData = false;

  constructor(source: ByteSource, name: string, walk: ChunkWalk) {
    this.#source = source;
    this.#name = name;
    this.#walk = walk;
  }

  get hasSound(): boolean {
    return this.#format !== undefined && this.#hasData;
  }

  /** Gives where the next chunk begins; undefined where none can follow. */
  take(chunk: Chunk): number | undefined {
    const { start, size } = chunk;
    const rest = this.#source.size - start;
    const little = !this.#walk.bigEndian;
    const content = (most: number) => view(this.#source.read(start, Math.min(size, rest, most)));
    let used = size;
    if (chunk.id === "fmt ") {
      this.#format ??= readFormat(content(MOST_FORMAT_BYTES), this.#name, !little);
    } else if (chunk.id === "ds64" && Math.min(size, rest) >= 16) {
      this.#longSize = Number(content(16).getBigUint64(8, true));
    } else if (chunk.id === "fact" && Math.min(size, rest) >= 4) {
      this.#promised = content(4).getUint32(0, little);
    } else if (chunk.id === "data") {
      used = this.#takeData(chunk, rest);
    } else if (this.hasSound && !/^[\x20-\x7e]{4}$/.test(chunk.id)) {
      return undefined;
    } else if (this.hasSound && /^(RIF[FX]|RF64|BW64)$/.test(chunk.id)) {
      this.#notes.push(`${this.#name} has another sound behind its first, which alone was read`);
      return undefined;
    }
    return this.#walk.after(chunk, used);
  }

  /** Bytes of sound that are there. */
  #takeData(chunk: Chunk, rest: number): number {
    const first = !this.#hasData;
    this.#hasData = true;
    let { size } = chunk;
    if (size === 0xffff_ffff && this.#longSize) size = this.#longSize;
    // A recorder that never came back to fill in the sizes leaves 0 or a "very large" number.
    const unfinished =
      size === 0 ? first && this.#isSoundBehind(chunk, rest) : size >= UNKNOWN_SIZE && size > rest;
    if (unfinished) {
      this.#notes.push(`${this.#name} does not say how long it is; it was read to its end`);
      size = size === 0 && this.#walk.end > chunk.start ? Math.min(rest, this.#walk.end - chunk.start) : rest;
    } else if (size > rest) {
      this.#notes.push(`${this.#name} is cut off: ${rest} of ${size} bytes of sound are there`);
      size = rest;
    }
    if (size > 0) this.#parts.push({ start: chunk.start, size });
    return size;
  }

  /** Whether what follows an empty chunk is sound: it is none where chunk follows chunk to the end. */
  #isSoundBehind(chunk: Chunk, rest: number): boolean {
    if (rest <= 0) return false;
    let at = this.#walk.after(chunk, 0);
    for (let chunks = 0; chunks < MOST_CHUNKS && at < this.#source.size; chunks++) {
      const next = this.#walk.chunkAt(at);
      if (next === undefined || !/^[\x20-\x7e]{4}$/.test(next.id)) return true;
      at = this.#walk.after(next, next.size);
    }
    return at > this.#source.size + 1;
  }

  header(): WavHeader {
    const name = this.#name;
    if (!this.#format)
      throw new WavError(`${name} is a WAV file without a "fmt " chunk; it is damaged or cut off`);
    if (!this.#hasData)
      throw new WavError(`${name} is a WAV file without a "data" chunk; it is damaged or cut off`);
    return { format: this.#format, parts: this.#parts, promised: this.#promised, notes: this.#notes };
  }
}

function readFormat(fields: DataView, name: string, bigEndian: boolean): WavFormat {
  const little = !bigEndian;
  if (fields.byteLength < 16) {
    throw new WavError(
      `${name} has a "fmt " chunk of ${fields.byteLength} bytes, 16 are the least; it is damaged or cut off`,
    );
  }
  let tag = fields.getUint16(0, little);
  if (tag === EXTENSIBLE && fields.byteLength >= 26) tag = fields.getUint16(24, little);
  const channelCount = fields.getUint16(2, little);
  const sampleRate = fields.getUint32(4, little);
  if (channelCount === 0 || channelCount > MOST_CHANNELS || sampleRate === 0) {
    throw new WavError(`${name} claims ${channelCount} channels at ${sampleRate} Hz; its header is damaged`);
  }
  return {
    tag,
    channelCount,
    sampleRate,
    blockBytes: fields.getUint16(12, little),
    bits: fields.getUint16(14, little),
    bigEndian,
    chunk: new Uint8Array(fields.buffer, fields.byteOffset, fields.byteLength),
  };
}

function ascii(bytes: Uint8Array, at: number): string {
  return latin(bytes.subarray(at, at + 4));
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
