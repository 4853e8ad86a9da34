/**
 * Reads sound files of any common kind in Node. WAV by our own reader, the compressed kinds by libraries that bring
 * their decoders along, so that nothing is fetched; docs/licences.md names them.
 * Files are read piece by piece, so an hour of sound costs the samples that are kept and little more.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import { type ByteSource, openWav, StreamingResampler, WavError, whatIsThis } from "../../dsp/index.ts";
import { monoOf } from "./mono.ts";
import type { Decoded } from "./packets.ts";
import type { ContainerKind } from "./read-container.ts";

export class AudioFileError extends Error {
  override name = "AudioFileError";
}

export interface ReadOptions {
  /** Sound after this many seconds is left out, which a note tells; 3600 when left out. */
  readonly maxSeconds?: number;
}

export interface MonoOptions extends ReadOptions {
  /** Which channel is heard. Default "mix": the mean of all, or of those that can be mixed, which a note tells. */
  readonly channel?: ChannelChoice | undefined;
}

interface MonoAudio {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  /** What was wrong with the file and put up with, in sentences for people. */
  readonly notes: string[];
  /** Those of them that tell which channels were heard, where it is not all. */
  readonly channelNotes: readonly string[];
}

/**
 * One channel at the wanted rate, aligned with the file's start. Holds the result alone in memory:
 * an hour at 16 kHz is 230 MB whatever the file.
 * Rejects with an AudioFileError that names the file, what was found and what to do.
 */
export async function readMono(
  path: string,
  sampleRate: number,
  options: MonoOptions = {},
): Promise<MonoAudio> {
  const notes: string[] = [];
  const channelNotes: string[] = [];
  let collected = new Collector();
  let resampler: StreamingResampler | undefined;
  let out = new Float32Array(0);
  let taken = 0;
  let late = 0;
  const push = (stream: StreamingResampler, samples: Float32Array) => {
    const needed = stream.maxOutput(samples.length);
    if (out.length < needed) out = new Float32Array(needed);
    const written = stream.push(samples, out);
    const skipped = Math.min(late, written);
    late -= skipped;
    collected.add(out.slice(skipped, written));
  };
  async function* pieces() {
    for await (const piece of readPieces(path, notes, options)) {
      if (resampler === undefined) {
        resampler = resamplerFor(path, piece.sampleRate, sampleRate);
        late = resampler.delay;
        if (piece.expected !== undefined) collected = new Collector(resampler.maxOutput(piece.expected));
      }
      taken += piece.channels[0].length;
      yield piece;
    }
  }
  for await (const samples of monoOf(pieces(), path, channelNotes, options.channel)) {
    push(resampler!, samples);
  }
  if (resampler === undefined) throw noSound(path);
  const wanted = resampler.maxOutput(taken);
  const silence = new Float32Array(4096);
  while (collected.length < wanted) push(resampler, silence);
  notes.push(...channelNotes);
  return { samples: collected.finish(wanted), sampleRate, notes, channelNotes };
}

function resamplerFor(path: string, from: number, to: number): StreamingResampler {
  try {
    return new StreamingResampler(from, to);
  } catch (error) {
    throw new AudioFileError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** A part of a sound, as long as it pleases the decoder. */
export interface Piece {
  /** One array per channel, all of the same length; ours to keep. */
  readonly channels: Float32Array[];
  readonly sampleRate: number;
  /** Samples per channel of the whole sound, where that is certain. */
  readonly expected?: number | undefined;
  /** Samples that were NaN or infinite and are now 0. */
  readonly replaced: number;
}

/** Bytes read at a time. */
const PIECE_BYTES = 1 << 18;
/** Compressed files beyond this are refused: more than a day of MP3, or the video of a film. */
const MOST_COMPRESSED_BYTES = 2 ** 30;

/** The sound in order, free of NaN and no longer than allowed; at least one piece, none of them empty. */
export async function* readPieces(
  path: string,
  notes: string[],
  options: ReadOptions = {},
): AsyncGenerator<Piece> {
  const { maxSeconds = 3600 } = options;
  const file = openFile(path);
  try {
    const source: ByteSource = { size: file.size, read: file.read };
    const kind = kindOf(source);
    if (kind === undefined) {
      throw new AudioFileError(
        `${path} is none of WAV, MP3, Ogg, FLAC, M4A, AIFF, CAF, WebM and WMA: ${whatIsThis(source)}`,
      );
    }
    const pieces = kind === "wav" ? wavPieces(source, path, notes) : decodedPieces(kind, source, path);
    let taken = 0;
    let replaced = 0;
    let sampleRate = 0;
    for await (const piece of pieces) {
      if (sampleRate !== 0 && piece.sampleRate !== sampleRate) {
        throw new AudioFileError(
          `${path} changes from ${sampleRate} to ${piece.sampleRate} Hz midway; convert it to one rate: ` +
            `ffmpeg -i INPUT -ar ${sampleRate} OUTPUT.wav`,
        );
      }
      sampleRate = piece.sampleRate;
      if (!(sampleRate > 0 && sampleRate < Number.POSITIVE_INFINITY)) {
        throw new AudioFileError(`${path} claims a rate of ${sampleRate} Hz; its header is damaged`);
      }
      replaced += piece.replaced;
      const most = Math.ceil(maxSeconds * sampleRate);
      const length = piece.channels[0].length;
      const expected = piece.expected === undefined ? undefined : Math.min(most, piece.expected);
      const room = most - taken;
      if (length > room) {
        notes.push(`${path} is longer than ${maxSeconds} s; only its beginning was read`);
        if (room > 0)
          yield { ...piece, channels: piece.channels.map((each) => each.subarray(0, room)), expected };
        taken = most;
        break;
      }
      taken += length;
      yield { ...piece, expected };
    }
    if (taken === 0) throw noSound(path);
    if (replaced > 0) notes.push(`${path} held ${replaced} samples that are no numbers; they were set to 0`);
  } catch (error) {
    if (error instanceof AudioFileError) throw error;
    const reason = error instanceof WavError ? error.message : `${path} can't be read: ${messageOf(error)}`;
    throw new AudioFileError(reason, { cause: error });
  } finally {
    file.close();
  }
}

function* wavPieces(source: ByteSource, path: string, notes: string[]): Generator<Piece> {
  const reader = openWav(source, path);
  notes.push(...reader.notes);
  const most = Math.ceil(PIECE_BYTES / (4 * reader.channelCount));
  for (let at = 0; at < reader.frames; at += most) {
    const count = Math.min(most, reader.frames - at);
    const channels = Array.from({ length: reader.channelCount }, () => new Float32Array(count));
    const replaced = reader.read(at, count, channels, 0);
    yield { channels, sampleRate: reader.sampleRate, expected: reader.frames, replaced };
  }
}

async function* decodedPieces(kind: CompressedKind, file: ByteSource, path: string): AsyncGenerator<Piece> {
  if (file.size > MOST_COMPRESSED_BYTES) {
    throw new AudioFileError(
      `${path} has ${file.size} bytes, ${MOST_COMPRESSED_BYTES} are the most for ${kind}; ` +
        "convert its sound to WAV: ffmpeg -i INPUT OUTPUT.wav",
    );
  }
  const pieces = isContainer(kind) ? await piecesOfContainer(kind, file, path) : streamPieces(kind, file);
  for await (const piece of pieces) yield* decodedPiece(piece);
}

/** A decoder that takes a file's bytes in pieces of any length. */
interface StreamDecoder {
  decode(bytes: Uint8Array): Decoded;
  flush?(): Decoded;
  free(): void;
}

type StreamKind = "mp3" | "flac" | "opus" | "oga" | "aiff" | "caf" | "wma";
type CompressedKind = StreamKind | ContainerKind;

/** Loaded when a file needs it: the reader of containers is half a megabyte. */
async function piecesOfContainer(kind: ContainerKind, file: ByteSource, path: string) {
  const { containerPieces } = await import("./read-container.ts");
  return containerPieces(kind, file, path);
}

function isContainer(kind: CompressedKind): kind is ContainerKind {
  return kind === "m4a" || kind === "webm" || kind === "aac";
}

/** Loaded when a file needs them: each is up to a few hundred kilobytes of WebAssembly. */
const STREAM_DECODERS: Record<StreamKind, () => Promise<StreamDecoder>> = {
  mp3: async () => mono(await (await import("@audio/decode-mp3")).decoder()),
  flac: async () => (await import("@audio/decode-flac")).decoder(),
  opus: async () => (await import("@audio/decode-opus")).decoder(),
  oga: async () => (await import("@audio/decode-vorbis")).decoder(),
  aiff: async () => (await import("@audio/decode-aiff")).decoder(),
  caf: async () => (await import("@audio/decode-caf")).decoder(),
  wma: async () => (await import("@audio/decode-wma")).decoder(),
};

async function* streamPieces(kind: StreamKind, source: ByteSource): AsyncGenerator<Decoded> {
  const decoder = await STREAM_DECODERS[kind]();
  try {
    for (let at = 0; at < source.size; ) {
      let bytes = source.read(at, PIECE_BYTES);
      if (bytes.length === 0) break;
      if (kind === "flac" && at + bytes.length < source.size) bytes = bytes.subarray(0, flacCut(bytes));
      at += bytes.length;
      yield decoder.decode(bytes);
    }
    if (decoder.flush) yield decoder.flush();
  } finally {
    decoder.free();
  }
}

/** mpg123 gives mono as two like channels. One of them is given here for as long as the other is the same. */
function mono(decoder: StreamDecoder): StreamDecoder {
  let alike = true;
  return {
    decode(bytes) {
      const decoded = decoder.decode(bytes);
      const [left, right] = decoded.channelData;
      alike &&= left === undefined || right === undefined || left.every((value, n) => value === right[n]);
      return alike ? { ...decoded, channelData: decoded.channelData.slice(0, 1) } : decoded;
    },
    free: () => decoder.free(),
  };
}

/**
 * Where to end a piece of FLAC so that no frame's header (at most 16 bytes, 0xFFF8 or 0xFFF9 first) is cut in two.
 * @audio/decode-flac 1.3.5 does not see a frame whose header comes in two pieces and loses the sound's last frame
 * over it; the test of FLAC in small pieces tells when this can go.
 */
function flacCut(bytes: Uint8Array): number {
  for (let at = Math.max(1, bytes.length - 16); at < bytes.length; at++) {
    if (bytes[at] === 0xff && (at + 1 === bytes.length || (bytes[at + 1] & 0xfe) === 0xf8)) return at;
  }
  return bytes.length;
}

function* decodedPiece({ channelData, sampleRate }: Decoded): Generator<Piece> {
  if (channelData.length === 0 || channelData[0].length === 0) return;
  let replaced = 0;
  for (const channel of channelData) replaced += silenceNonNumbers(channel);
  yield { channels: channelData, sampleRate, replaced };
}

/** By the first bytes; names lie, bytes don't. */
function kindOf(source: ByteSource): CompressedKind | "wav" | undefined {
  const start = Buffer.from(source.read(0, 128));
  const text = start.toString("latin1");
  if (/^(RIFF|RF64|BW64)....WAVE/s.test(text)) return "wav";
  if (text.startsWith("fLaC")) return "flac";
  if (text.startsWith("OggS")) {
    if (text.includes("OpusHead")) return "opus";
    return text.includes("\x7fFLAC") ? "flac" : "oga";
  }
  if (/^....ftyp/s.test(text)) return "m4a";
  if (/^FORM....AIF[FC]/s.test(text)) return "aiff";
  if (text.startsWith("caff")) return "caf";
  if (text.startsWith("\x1a\x45\xdf\xa3")) return "webm";
  if (text.startsWith("\x30\x26\xb2\x75")) return "wma";
  if (text.startsWith("ID3")) return "mp3";
  // Frames of MPEG audio begin with 11 set bits; those of AAC have the layer bits 00.
  if (start[0] === 0xff && (start[1] & 0xe0) === 0xe0) return (start[1] & 0x06) === 0 ? "aac" : "mp3";
  return undefined;
}

function noSound(path: string): AudioFileError {
  return new AudioFileError(`${path} holds no sound that can be decoded; it is damaged, cut off or empty`);
}

interface OpenFile extends ByteSource {
  close(): void;
}

function openFile(path: string): OpenFile {
  // Asked before opening: opening a named pipe would wait for its writer.
  const status = attempt(path, () => statSync(path));
  if (!status.isFile()) {
    throw new AudioFileError(
      `${path} is ${status.isDirectory() ? "a folder" : "no plain file"}; name a sound file`,
    );
  }
  const handle = attempt(path, () => openSync(path, "r"));
  return {
    size: status.size,
    read(start, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, status.size - start)));
      let filled = 0;
      while (filled < bytes.length) {
        const count = readSync(handle, bytes, filled, bytes.length - filled, start + filled);
        if (count === 0) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    },
    close: () => closeSync(handle),
  };
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EACCES"
          ? "reading it is not allowed"
          : messageOf(error);
    throw new AudioFileError(`${path}: ${reason}`, { cause: error });
  }
}

/**
 * Gathers pieces into one array: in place where the length is known before, and what exceeds it is left out; else
 * joined at the end.
 */
class Collector {
  length = 0;
  #pieces: Float32Array[] = [];
  readonly #whole?: Float32Array;

  constructor(expected?: number) {
    if (expected !== undefined) this.#whole = new Float32Array(expected);
  }

  add(piece: Float32Array): void {
    if (this.#whole) {
      const room = Math.max(0, this.#whole.length - this.length);
      this.#whole.set(piece.subarray(0, room), this.length);
    } else {
      this.#pieces.push(piece);
    }
    this.length += piece.length;
  }

  /** The first `length` samples; this collector is empty afterwards. */
  finish(length = this.length): Float32Array {
    if (this.#whole) return this.#whole;
    const joined = new Float32Array(length);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece.subarray(0, length - at), at);
      at += piece.length;
    }
    this.#pieces = [];
    return joined;
  }
}

function silenceNonNumbers(samples: Float32Array): number {
  let replaced = 0;
  for (let n = 0; n < samples.length; n++) {
    if (!Number.isFinite(samples[n])) {
      samples[n] = 0;
      replaced++;
    }
  }
  return replaced;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
