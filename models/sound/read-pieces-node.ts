/**
 * Reads sound files of any common kind in Node, piece by piece: WAV, AIFF, CAF and AU by readers of our own, the compressed kinds by
 * libraries that bring their decoders along, so that nothing is fetched (docs/licences.md names them); the rest by the machine's
 * own ffmpeg, or not at all, and then with the reason.
 */
import { type ByteSource, WavError } from "../../dsp/index.ts";
import { aacPieces } from "./aac-file-node.ts";
import { AudioFileError, messageOf } from "./audio-file-error.ts";
import { type FilePart, ffmpegPieces } from "./ffmpeg-node.ts";
import { flacPieces } from "./flac.ts";
import { partOf } from "./formats/bytes.ts";
import {
  type ContainerKind,
  findSound,
  isLayoutKind,
  type LayoutKind,
  type StreamKind,
  whatElse,
} from "./formats/kinds.ts";
import { isSampleCodec, samplePieces } from "./formats/layout.ts";
import { readLayout } from "./formats/read-layout.ts";
import { openFile } from "./open-file-node.ts";
import type { Decoded } from "./packets.ts";
import { streamPieces } from "./stream-decoders-node.ts";

export interface ReadOptions {
  /** Sound after this many seconds is left out, which a note tells; 3600 when left out. */
  readonly maxSeconds?: number;
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
    const pieces = piecesOf(source, path, notes);
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

async function* piecesOf(file: ByteSource, path: string, notes: string[]): AsyncGenerator<Piece> {
  const found = findSound(file);
  if (found === undefined) {
    throw new AudioFileError(
      `${path} is none of WAV, MP3, Ogg, FLAC, M4A, AIFF, CAF, AU, WebM and WMA: ${whatElse(file)}`,
    );
  }
  const { kind, from, to } = found;
  const source = partOf(file, from, to);
  const part = source.size < file.size ? { from, to } : undefined;
  if (typeof kind === "object") {
    const why = `it is ${kind.what}, for which there is no decoder here`;
    if (kind.ffmpeg === undefined) throw new Error(`${why}; ${kind.instead}`);
    yield* decodedPieces(ffmpegPieces(path, { format: kind.ffmpeg, part, why, notes }));
  } else if (isLayoutKind(kind)) {
    yield* layoutPieces(kind, source, path, notes, part);
  } else {
    refuseHuge(source, kind, path);
    yield* decodedPieces(await compressedPieces(kind, source, path, notes, part));
  }
}

async function* layoutPieces(
  kind: LayoutKind,
  source: ByteSource,
  path: string,
  notes: string[],
  part?: FilePart,
): AsyncGenerator<Piece> {
  const layout = readLayout(kind, source, path);
  const { sound, sampleRate, channelCount } = layout;
  notes.push(...layout.notes);
  if (isSampleCodec(sound)) yield* samplePieces(layout, sound, path);
  else if (sound.stream) yield* decodedPieces(streamPieces(sound.stream, layout.data, path, notes));
  else {
    const why = `it holds ${sound.what}, for which there is no decoder here`;
    // Their names are ffmpeg's, but for Wave64.
    const format = source.read(0, 4)[0] === 0x72 ? "w64" : kind;
    yield* decodedPieces(
      ffmpegPieces(path, { format, part, why, notes, shape: { sampleRate, channelCount } }),
    );
  }
}

function refuseHuge(source: ByteSource, kind: string, path: string): void {
  if (source.size <= MOST_COMPRESSED_BYTES) return;
  throw new AudioFileError(
    `${path} has ${source.size} bytes, ${MOST_COMPRESSED_BYTES} are the most for ${kind}; ` +
      "convert its sound to WAV: ffmpeg -i INPUT OUTPUT.wav",
  );
}

async function compressedPieces(
  kind: StreamKind | ContainerKind,
  source: ByteSource,
  path: string,
  notes: string[],
  part?: FilePart,
): Promise<AsyncGenerator<Decoded>> {
  if (kind === "flac") return flacPieces(source, path, notes);
  if (kind === "aac") return aacPieces(source, path, notes, part);
  if (kind !== "m4a" && kind !== "webm") return streamPieces(kind, source, path, notes);
  // Loaded when a file needs it: the reader of containers is half a megabyte.
  const { containerPieces } = await import("./read-container.ts");
  return containerPieces(kind, source, path, notes, part);
}

async function* decodedPieces(decoded: AsyncIterable<Decoded>): AsyncGenerator<Piece> {
  for await (const { channelData, sampleRate } of decoded) {
    if (channelData.length === 0 || channelData[0].length === 0) continue;
    let replaced = 0;
    for (const channel of channelData) replaced += silenceNonNumbers(channel);
    yield { channels: channelData, sampleRate, replaced };
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

export function noSound(path: string): AudioFileError {
  return new AudioFileError(`${path} holds no sound that can be decoded; it is damaged, cut off or empty`);
}
