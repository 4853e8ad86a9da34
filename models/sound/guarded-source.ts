/**
 * Where mediabunny reads from, with a guard against its endless loops: version 1.61.0, looking for the next part of a
 * damaged WebM or Matroska file, asks for the last eight bytes again and again once it comes to them (`resync` in its
 * ebml.ts moves on by the slice's length less eight), or finds the same unreadable part for ever (`readSegment`), and
 * never lets the event loop run meanwhile. Such files turn up: one changed byte in a size is enough. The test of damaged
 * WebM in read-audio.test.ts tells when this can go: it is then green with a plain CustomSource too.
 */
import { CustomSource, type CustomSourceOptions } from "mediabunny";

/** A whole file is read with a read for some ten bytes of it; the constant is for small ones. */
const MOST_READS = 100_000;
const READS_PER_BYTE = 1;

type Read = (this: unknown, ...range: unknown[]) => unknown;
/** Marked as internal in mediabunny, and so not in its types. */
const plainRead = (CustomSource.prototype as unknown as { _read: Read })._read;

/** A source of `size` bytes whose reads throw an Error where mediabunny would go round for ever. */
export function guardedSource(size: number, options: Omit<CustomSourceOptions, "getSize">): CustomSource {
  const source = new CustomSource({ ...options, getSize: () => size });
  let left = MOST_READS + READS_PER_BYTE * size;
  const read: Read = (...range) => {
    if (left-- <= 0) throw new Error("it is damaged: what follows its broken part can't be found");
    return plainRead.apply(source, range);
  };
  return Object.assign(source, { _read: read });
}
