/**
 * FLAC, frame by frame. Frames are found by their checksums, so that tags, junk or a second file behind the sound cost none of it,
 * and a damaged part is silence of its own length; @audio/decode-flac, which gives up there, decodes them.
 * https://www.rfc-editor.org/rfc/rfc9639
 */
import type { ByteSource } from "../../dsp/index.ts";
import { joinedBytes, latin, viewOf } from "./formats/bytes.ts";
import type { Decoded, PacketDecoder } from "./packets.ts";
import { silence } from "./silence.ts";

/** The 34 bytes that every FLAC begins with, behind "fLaC" and the block's head. */
export interface FlacInfo {
  readonly bytes: Uint8Array;
  readonly sampleRate: number;
  readonly channelCount: number;
  /** Samples per channel; 0 where unknown. */
  readonly samples: number;
  /** Samples of each frame but the last; 0 where they vary. */
  readonly blockSamples: number;
}

interface FlacFrame {
  readonly bytes: Uint8Array;
  /** Samples per channel before it, and in it. */
  readonly at: number;
  readonly samples: number;
}

const INFO_BYTES = 34;
/** Frames decoded at a time: a second or two. */
const BATCH = 32;
const PIECE_BYTES = 1 << 18;
/** No frame of sane settings is longer: a block of 65,535 samples of 8 channels of 32 bits would have 2 MB. */
const MOST_FRAME_BYTES = 1 << 21;
/** A checksum of 16 bits is right by chance once in 65,536: only so many headers on are looked at for a frame's end. */
const MOST_HEADERS = 8;
const MOST_HEADER_BYTES = 16;
/** A longer hole is a damaged number rather than lost sound. */
const MOST_HOLE_SECONDS = 3600;

/** Undefined for what is no STREAMINFO. */
export function flacInfo(bytes: Uint8Array): FlacInfo | undefined {
  if (bytes.length < INFO_BYTES) return undefined;
  const fields = viewOf(bytes);
  const sampleRate = fields.getUint32(10, false) >>> 12;
  const least = fields.getUint16(0, false);
  const most = fields.getUint16(2, false);
  if (sampleRate === 0 || least < 16 || most < least) return undefined;
  return {
    bytes: bytes.slice(0, INFO_BYTES),
    sampleRate,
    channelCount: ((bytes[12] >> 1) & 7) + 1,
    samples: (bytes[13] & 15) * 2 ** 32 + fields.getUint32(14, false),
    blockSamples: least === most ? least : 0,
  };
}

/** The sound of a FLAC file in order. Throws an Error whose message goes on from "can't be read:". */
export async function* flacPieces(
  source: ByteSource,
  name: string,
  notes: string[],
): AsyncGenerator<Decoded> {
  const head = readHead(source);
  if (!head) throw new Error("its header is damaged or cut off");
  const { info } = head;
  const decoder = await flacDecoder(info);
  let batch: FlacFrame[] = [];
  let written = 0;
  let lost = 0;
  const decode = async () => decoder.decode(batch.map(({ bytes }) => bytes));
  try {
    for (const frame of flacFrames(source, head.end, info)) {
      const hole = frame.at - written;
      if (hole !== 0 || batch.length === BATCH) {
        if (batch.length > 0) yield await decode();
        batch = [];
        if (hole > 0 && hole < MOST_HOLE_SECONDS * info.sampleRate) {
          yield* silence(hole, info.channelCount, info.sampleRate);
          lost += hole;
        }
      }
      batch.push(frame);
      written = frame.at + frame.samples;
    }
    if (batch.length > 0) yield await decode();
  } finally {
    decoder.free();
  }
  if (lost > 0) notes.push(`${name} is damaged: ${lost} samples were lost and are silence`);
  if (written > 0 && written < info.samples) {
    notes.push(`${name} is cut off or damaged: ${written} of ${info.samples} samples are there`);
  }
}

/** Decodes frames: each call is a small FLAC file of its own to the library. */
export async function flacDecoder(info: FlacInfo): Promise<PacketDecoder> {
  const { decoder } = await import("@audio/decode-flac");
  const head = joinedBytes([Uint8Array.from([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, INFO_BYTES]), info.bytes]);
  let library = await decoder();
  return {
    skip: 0,
    secondsIn: (packet) => samplesIn(packet) / info.sampleRate,
    async decode(packets) {
      const samples = packets.reduce((sum, packet) => sum + samplesIn(packet), 0);
      // The length of these frames alone, so that the library knows that they are all.
      head[21] &= 0xf0;
      viewOf(head).setUint32(22, samples, false);
      const decoded = library.decode(joinedBytes([head, ...packets]));
      if (decoded.channelData[0]?.length === samples) return decoded;
      // It waits for more, or stumbled: what it kept would stand before the next frames.
      library.free();
      library = await decoder();
      return decoded;
    },
    free: () => library.free(),
  };
}

function samplesIn(frame: Uint8Array): number {
  return headerOf(frame, 0)?.samples ?? 0;
}

function readHead(source: ByteSource): { info: FlacInfo; end: number } | undefined {
  let info: FlacInfo | undefined;
  for (let at = 4; ; ) {
    const head = source.read(at, 4);
    if (head.length < 4) break;
    const size = (head[1] << 16) | (head[2] << 8) | head[3];
    if ((head[0] & 0x7f) === 0) info ??= flacInfo(source.read(at + 4, size));
    at += 4 + size;
    if ((head[0] & 0x80) !== 0) return info && { info, end: at };
  }
  // A damaged size within the head: frames are looked for behind the first block.
  return info && { info, end: 4 + 4 + INFO_BYTES };
}

/** Frames in order, each whole and right by its checksum; what lies between them is left out. */
function* flacFrames(source: ByteSource, from: number, info: FlacInfo): Generator<FlacFrame> {
  let bytes: Uint8Array = new Uint8Array(0);
  let read = from;
  let base = 0;
  let expected = 0;
  for (let isLast = false; !isLast; ) {
    const more = source.read(read, PIECE_BYTES);
    read += more.length;
    isLast = more.length === 0 || read >= source.size;
    bytes = joinedBytes([bytes, more]);
    let at = 0;
    for (;;) {
      const { start, end, header } = nextFrame(bytes, at, info, isLast);
      at = end ?? start;
      if (end === undefined || header === undefined) break;
      const place = header.isSample ? header.number : header.number * (info.blockSamples || header.samples);
      // Numbers that begin anew: another file was put behind.
      if (base + place < expected) base = expected - place;
      expected = base + place + header.samples;
      yield { bytes: bytes.slice(start, end), at: base + place, samples: header.samples };
    }
    bytes = bytes.subarray(at);
  }
}

interface FoundFrame {
  /** Of the frame, or what need not be looked at again. */
  readonly start: number;
  /** Undefined where more bytes are needed, or none are left. */
  readonly end?: number;
  readonly header?: FrameHeader;
}

/** The next frame from `at` on. */
function nextFrame(bytes: Uint8Array, at: number, info: FlacInfo, isLast: boolean): FoundFrame {
  for (let start = at; start < bytes.length; start++) {
    if (bytes[start] !== 0xff) continue;
    if (start + MOST_HEADER_BYTES > bytes.length && !isLast) return { start };
    const header = headerOf(bytes, start, info);
    if (header === undefined) continue;
    const end = frameEnd(bytes, start, header, info, isLast);
    if (end === "more") return { start };
    if (end !== undefined) return { start, end, header };
  }
  return { start: bytes.length };
}

/** Where the frame's checksum says that it ends; undefined for one that is damaged. */
function frameEnd(
  bytes: Uint8Array,
  start: number,
  header: FrameHeader,
  info: FlacInfo,
  isLast: boolean,
): number | "more" | undefined {
  let sum = 0;
  let headers = 0;
  let rightAt: number | undefined;
  const least = start + header.bytes + info.channelCount + 2;
  const most = Math.min(bytes.length, start + MOST_FRAME_BYTES);
  for (let at = start; at < most; at++) {
    if (bytes[at] === 0xff && at >= least) {
      if (at + MOST_HEADER_BYTES > bytes.length && !isLast) return "more";
      if (headerOf(bytes, at, info)) {
        if (sum === 0) return at;
        if (++headers === MOST_HEADERS) return undefined;
      }
    }
    if (sum === 0 && at >= least) {
      // The head of another file that was put behind.
      if (latin(bytes, at, at + 4) === "fLaC") return at;
      rightAt ??= at;
    }
    sum = ((sum << 8) & 0xffff) ^ CRC16[(sum >> 8) ^ bytes[at]];
  }
  if (!isLast && most === bytes.length) return "more";
  // The last one: right to the very end, or with something else behind it.
  return sum === 0 ? most : headers === 0 ? rightAt : undefined;
}

interface FrameHeader {
  /** Of the header. */
  readonly bytes: number;
  readonly samples: number;
  /** Counts samples, or frames where all are of one length. */
  readonly number: number;
  readonly isSample: boolean;
}

/** Right by its checksum, and of a kind with `info`. */
function headerOf(bytes: Uint8Array, at: number, info?: FlacInfo): FrameHeader | undefined {
  if (bytes[at] !== 0xff || (bytes[at + 1] & 0xfe) !== 0xf8) return undefined;
  const sizeCode = bytes[at + 2] >> 4;
  const rateCode = bytes[at + 2] & 15;
  const channelCode = bytes[at + 3] >> 4;
  if (sizeCode === 0 || rateCode === 15 || channelCode > 10 || (bytes[at + 3] & 1) !== 0) return undefined;
  if (info && (channelCode < 8 ? channelCode + 1 : 2) !== info.channelCount) return undefined;
  const coded = codedNumber(bytes, at + 4);
  if (coded === undefined) return undefined;
  let end = coded.end;
  const samples = samplesOf(sizeCode, bytes, end);
  end += sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0;
  const rate = rateOf(rateCode, bytes, end);
  if (info && rate !== undefined && rate !== info.sampleRate) return undefined;
  end += rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0;
  if (crc8(bytes, at, end) !== bytes[end]) return undefined;
  return { bytes: end + 1 - at, samples, number: coded.number, isSample: (bytes[at + 1] & 1) !== 0 };
}

function samplesOf(code: number, bytes: Uint8Array, at: number): number {
  if (code === 1) return 192;
  if (code <= 5) return 576 << (code - 2);
  if (code === 6) return bytes[at] + 1;
  if (code === 7) return ((bytes[at] << 8) | bytes[at + 1]) + 1;
  return 256 << (code - 8);
}

const RATES = [88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

/** Undefined where the file's head tells. */
function rateOf(code: number, bytes: Uint8Array, at: number): number | undefined {
  if (code === 0) return undefined;
  if (code <= RATES.length) return RATES[code - 1];
  if (code === 12) return 1000 * bytes[at];
  return ((bytes[at] << 8) | bytes[at + 1]) * (code === 14 ? 10 : 1);
}

/** As UTF-8 codes numbers, up to 36 bits. */
function codedNumber(bytes: Uint8Array, at: number): { number: number; end: number } | undefined {
  const first = bytes[at];
  if (first < 0x80) return { number: first, end: at + 1 };
  const length = Math.clz32(~(first << 24));
  if (length < 2 || length > 7) return undefined;
  let number = first & (0x7f >> length);
  for (let n = 1; n < length; n++) {
    if ((bytes[at + n] & 0xc0) !== 0x80) return undefined;
    number = number * 64 + (bytes[at + n] & 0x3f);
  }
  return { number, end: at + length };
}

function crc8(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) {
    sum ^= bytes[at];
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x80 ? ((sum << 1) ^ 0x07) & 0xff : sum << 1;
  }
  return sum;
}

const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 8;
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? ((sum << 1) ^ 0x8005) & 0xffff : sum << 1;
  return sum;
});
