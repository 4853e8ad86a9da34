/**
 * Finds where frames of MPEG audio (Layer I to III) or of AAC in ADTS begin. One header is 11 or 12 bits of ones and a few fields,
 * which any data holds now and then; so a frame counts only where others of its kind follow it.
 * ISO/IEC 11172-3, section 2.4.1.3; ISO/IEC 14496-3, section 1.A.2.
 */
import type { ByteSource } from "../../../dsp/index.ts";

export interface FoundFrames {
  readonly kind: "mp3" | "aac";
  readonly at: number;
  /** Free format: no frame says how long it is. */
  readonly isFree: boolean;
}

/** A stream that was cut out somewhere begins within a frame; the longest has 8191 bytes. */
const SEARCHED = 1 << 16;
/** So many frames must follow one another where they do not begin at once, or the file ends before. */
const FRAMES_IN_MIDST = 6;
const FRAMES_AT_START = 2;
/** Bytes that are looked at of a frame. */
const MOST_HEADER = 6;
/** Before two frames of free format. */
const MOST_FREE_BYTES = 6_000;

interface Frame {
  readonly kind: "mp3" | "aac";
  /** Undefined in free format, where the next frame tells. */
  readonly bytes: number | undefined;
  /** What is alike in all frames of a stream. */
  readonly likeness: number;
}

/** From `from` on. */
export function findFrames(source: ByteSource, from: number): FoundFrames | undefined {
  const bytes = source.read(from, 4 * SEARCHED);
  const isWhole = from + bytes.length >= source.size;
  for (let at = 0; at < Math.min(SEARCHED, bytes.length); at++) {
    if (bytes[at] !== 0xff) continue;
    const frame = frameAt(bytes, at);
    const wanted = at === 0 ? FRAMES_AT_START : FRAMES_IN_MIDST;
    // Of free format any two like headers might be frames.
    if (frame && (at === 0 || frame.bytes !== undefined) && followed(bytes, at, frame, wanted, isWhole))
      return { kind: frame.kind, at: from + at, isFree: frame.bytes === undefined };
  }
  return undefined;
}

function followed(bytes: Uint8Array, at: number, first: Frame, wanted: number, isWhole: boolean): boolean {
  const length = first.bytes ?? freeLength(bytes, at, first);
  if (length === undefined) return false;
  let next = at;
  for (let count = 0; count < wanted; count++) {
    const frame = frameAt(bytes, next);
    if (!frame) return next + MOST_HEADER > bytes.length && isWhole && (at === 0 || count > 2);
    if (frame.likeness !== first.likeness) return false;
    // A stream in free format has frames of one length, some of them a slot longer.
    const slot = first.bytes === undefined ? paddingOf(bytes, next) - paddingOf(bytes, at) : 0;
    next += frame.bytes ?? length + slot;
  }
  return true;
}

function freeLength(bytes: Uint8Array, at: number, first: Frame): number | undefined {
  for (let length = 24; length < MOST_FREE_BYTES; length++) {
    if (bytes[at + length] === 0xff && frameAt(bytes, at + length)?.likeness === first.likeness)
      return length;
  }
  return undefined;
}

function paddingOf(bytes: Uint8Array, at: number): number {
  return (bytes[at + 2] >> 1) & 1;
}

function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1] & 0xe0) !== 0xe0) return undefined;
  return (bytes[at + 1] & 0xf6) === 0xf0 ? aacFrame(bytes, at) : mpegFrame(bytes, at);
}

/** Of the frame of AAC that begins here; undefined where none does. */
export function aacFrameLength(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== 0xff || (bytes[at + 1] & 0xf6) !== 0xf0) return undefined;
  if (at + 6 > bytes.length || ((bytes[at + 2] >> 2) & 15) > 12) return undefined;
  const length = ((bytes[at + 3] & 3) << 11) | (bytes[at + 4] << 3) | (bytes[at + 5] >> 5);
  return length < 8 ? undefined : length;
}

function aacFrame(bytes: Uint8Array, at: number): Frame | undefined {
  const length = aacFrameLength(bytes, at);
  if (length === undefined) return undefined;
  // Version, profile, rate and channels.
  const likeness = (bytes[at + 1] << 16) | ((bytes[at + 2] & 0xfd) << 8) | (bytes[at + 3] & 0xc0);
  return { kind: "aac", bytes: length, likeness };
}

/** Kilobits a second: MPEG 1 Layer I, II, III; MPEG 2 and 2.5 Layer I, II and III. */
const RATES = {
  v1: [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  v2: [
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
};

function mpegFrame(bytes: Uint8Array, at: number): Frame | undefined {
  const version = (bytes[at + 1] >> 3) & 3;
  const layer = 4 - ((bytes[at + 1] >> 1) & 3);
  const rateIndex = bytes[at + 2] >> 4;
  const hzIndex = (bytes[at + 2] >> 2) & 3;
  if (version === 1 || layer === 4 || rateIndex === 15 || hzIndex === 3 || (bytes[at + 3] & 3) === 2) {
    return undefined;
  }
  // Version, layer and rate; channels may change from "joint" to "plain", never to or from mono.
  const isMono = (bytes[at + 3] & 0xc0) === 0xc0;
  const isFree = rateIndex === 0;
  const likeness =
    ((bytes[at + 1] & 0xfe) << 8) | ((bytes[at + 2] & 0x0c) << 2) | (isMono ? 2 : 0) | (isFree ? 1 : 0);
  if (isFree) return { kind: "mp3", bytes: undefined, likeness };
  const hz = [44_100, 48_000, 32_000][hzIndex] / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const bits = 1000 * (version === 3 ? RATES.v1 : RATES.v2)[layer - 1][rateIndex - 1];
  const padding = paddingOf(bytes, at);
  const length =
    layer === 1
      ? 4 * (Math.floor((12 * bits) / hz) + padding)
      : Math.floor(((layer === 3 && version !== 3 ? 72 : 144) * bits) / hz) + padding;
  return { kind: "mp3", bytes: length, likeness };
}
