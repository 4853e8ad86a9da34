/**
 * Whether a file says itself that all of it is there. Recorders that know the length beforehand, and those that fill it
 * in when they stop, make files that do; MP3, AAC, FLAC and WebM cannot, and neither does a file whose recorder broke off.
 */
import type { FileHandle } from "node:fs/promises";
import { readAt } from "./found-file.ts";

const MOST_BOXES = 10_000;
/** A page of Ogg is never longer. */
const OGG_PAGE = 27 + 255 + 255 * 255;
const OGG_LAST = 4;
const UNKNOWN = 0xffff_ffff;

export async function saysItIsWhole(file: FileHandle, size: number): Promise<boolean> {
  const start = await readAt(file, 0, 28);
  if (start.length < 28) return false;
  const kind = start.toString("latin1", 0, 4);
  if (kind === "RIFF") return holds(start.readUInt32LE(4), size);
  if (kind === "RF64" || kind === "BW64") {
    return start.toString("latin1", 12, 16) === "ds64" && holds(Number(start.readBigUInt64LE(20)), size);
  }
  if (kind === "FORM") return holds(start.readUInt32BE(4), size);
  if (kind === "OggS") return endsWithLastPage(file, size);
  if (start.toString("latin1", 4, 8) === "ftyp") return isWholeMp4(file, size);
  return false;
}

/** A RIFF or FORM of so many bytes after its first eight; its last byte of padding is often left out. */
function holds(bytes: number, size: number): boolean {
  return bytes > 4 && bytes !== UNKNOWN && 8 + bytes - (bytes % 2 === 0 ? 1 : 0) <= size;
}

async function endsWithLastPage(file: FileHandle, size: number): Promise<boolean> {
  const from = Math.max(0, size - OGG_PAGE);
  const end = await readAt(file, from, size - from);
  const page = end.subarray(Math.max(0, end.lastIndexOf("OggS")));
  if (page.length < 27) return false;
  const segments = page.subarray(27, 27 + page[26]!);
  const length = 27 + segments.length + segments.reduce((sum, each) => sum + each, 0);
  return (page[5]! & OGG_LAST) !== 0 && segments.length === page[26] && length <= page.length;
}

/** Boxes from the first byte to the last, an index and sound among them. */
async function isWholeMp4(file: FileHandle, size: number): Promise<boolean> {
  const found = new Set<string>();
  let at = 0;
  for (let boxes = 0; at < size && boxes < MOST_BOXES; boxes++) {
    const head = await readAt(file, at, 16);
    if (head.length < 8) return false;
    let length = head.readUInt32BE(0);
    if (length === 1 && head.length === 16) length = Number(head.readBigUInt64BE(8));
    if (length < 8) return false;
    found.add(head.toString("latin1", 4, 8));
    at += length;
  }
  return at === size && found.has("moov") && found.has("mdat");
}
