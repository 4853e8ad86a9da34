/**
 * Where the sound stands in a file between the tags that programs put around it, whatever the file's kind: ID3v2 and APE in
 * front; ID3v1, APE, Lyrics3 and ID3v2 with a footer behind. https://id3.org/id3v2.4.0-structure, https://wiki.hydrogenaud.io/
 */
import type { ByteSource } from "../../../dsp/index.ts";
import { latin, viewOf } from "./bytes.ts";

export interface SoundRange {
  readonly from: number;
  readonly to: number;
}

/** Tags stacked higher than this are no accident of taggers. */
const MOST_TAGS = 32;

export function withoutTags(source: ByteSource): SoundRange {
  let from = 0;
  for (let tags = 0; tags < MOST_TAGS; tags++) {
    const size = sizeInFront(source, from);
    if (size === 0) break;
    from = Math.min(source.size, from + size);
  }
  let to = source.size;
  for (let tags = 0; tags < MOST_TAGS; tags++) {
    const size = sizeBehind(source, to);
    if (size === 0 || to - size < from) break;
    to -= size;
  }
  return { from, to };
}

/** Of the tag that begins here; 0 where none does. */
function sizeInFront(source: ByteSource, at: number): number {
  const head = source.read(at, 32);
  if (latin(head, 0, 3) === "ID3" && head.length >= 10) return id3Size(head);
  if (latin(head, 0, 8) === "APETAGEX" && head.length === 32) {
    // The header itself is not counted; its flag says that it is one.
    const isHeader = (head[23] & 0x20) !== 0;
    return viewOf(head).getUint32(12, true) + (isHeader ? 32 : 0);
  }
  return 0;
}

/** Of the tag that ends here; 0 where none does. */
function sizeBehind(source: ByteSource, end: number): number {
  const tail = (length: number) => source.read(Math.max(0, end - length), Math.min(length, end));
  const last = tail(128);
  if (last.length === 128 && latin(last, 0, 3) === "TAG") {
    return latin(source.read(Math.max(0, end - 355), 4)) === "TAG+" ? 355 : 128;
  }
  const foot = tail(32);
  if (foot.length === 32 && latin(foot, 0, 8) === "APETAGEX") {
    const hasHeader = (foot[23] & 0x80) !== 0;
    return viewOf(foot).getUint32(12, true) + (hasHeader ? 32 : 0);
  }
  const id3 = tail(10);
  if (id3.length === 10 && latin(id3, 0, 3) === "3DI") return id3Size(id3);
  const lyrics = latin(tail(15));
  const lyricsBytes = /^(\d{6})LYRICS200$/.exec(lyrics);
  return lyricsBytes ? Number(lyricsBytes[1]) + 15 : 0;
}

/** Seven bits a byte; ten bytes of header are not counted, nor ten of the footer that a flag tells of. */
function id3Size(head: Uint8Array): number {
  const size = (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9];
  const isTag = head[3] < 0xff && head[4] < 0xff && ((head[6] | head[7] | head[8] | head[9]) & 0x80) === 0;
  if (!isTag) return 0;
  return 10 + size + ((head[5] & 0x10) !== 0 ? 10 : 0);
}
