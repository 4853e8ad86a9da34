/**
 * Where mediabunny reads from, with a guard against its endless loop: version 1.61.0, looking for the next part of a
 * damaged WebM or Matroska file, asks for the last eight bytes again and again once it comes to them (`resync` in its
 * ebml.ts moves on by the slice's length less eight), and never lets the event loop run meanwhile. Such files turn up:
 * one changed byte in a size is enough. The test of damaged WebM in read-audio.test.ts tells when this can go: it is
 * then green with a plain CustomSource too.
 */
import { CustomSource, type CustomSourceOptions } from "mediabunny";

/** Nothing that is going on reads the same bytes so often without reading others in between. */
const MOST_REPEATS = 10_000;

type Read = (this: unknown, start: number, end: number, ...rest: unknown[]) => unknown;
/** Marked as internal in mediabunny, and so not in its types. */
const plainRead = (CustomSource.prototype as unknown as { _read: Read })._read;

/** A source whose reads throw an Error where mediabunny would go round for ever. */
export function guardedSource(options: CustomSourceOptions): CustomSource {
  const source = new CustomSource(options);
  let repeats = 0;
  let last = { start: -1, end: -1 };
  const read: Read = (start, end, ...rest) => {
    repeats = start === last.start && end === last.end ? repeats + 1 : 0;
    if (repeats > MOST_REPEATS) throw new Error("it is damaged: what follows its broken part can't be found");
    last = { start, end };
    return plainRead.call(source, start, end, ...rest);
  };
  return Object.assign(source, { _read: read });
}
