/**
 * MP4 and M4A files keep their index ("moov") at the end as often as at the beginning. With the index first they can
 * be decoded piece by piece; otherwise the whole file, and its whole sound, would have to be in memory.
 * Layout: ISO/IEC 14496-12, sections 4.2 (boxes) and 8.7.5 (chunk offsets).
 */
import type { ByteSource } from "../../dsp/index.ts";

/** Indexes of hours of sound take a few megabytes; more than this is damage. */
const MOST_INDEX_BYTES = 1 << 26;
const MOST_BOXES = 100_000;

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** The same file with its index first; throws an Error when it has none. */
export function moovFirst(source: ByteSource): ByteSource {
  let sound = false;
  let start = 0;
  for (let boxes = 0; boxes < MOST_BOXES && start + 8 <= source.size; boxes++) {
    const box = boxAt(source.read(start, 16), 0, start, source.size);
    if (box === undefined) break;
    if (box.type === "mdat") sound = true;
    if (box.type === "moov" && box.end <= source.size) return sound ? reordered(source, box) : source;
    start = box.end;
  }
  throw new Error("its index is missing, so it was cut off or never finished; record or download it again");
}

function reordered(source: ByteSource, moov: Box): ByteSource {
  const moved = moov.end - moov.start;
  if (moved > MOST_INDEX_BYTES) throw new Error(`its index of ${moved} bytes is damaged`);
  const index = source.read(moov.start, moved).slice();
  // What lay before the index moves back by its length, what lay behind it stays.
  const move = (offset: number) => (offset < moov.start ? offset + moved : offset);
  moveChunks(index, { ...moov, start: 0, end: moved }, move);
  return {
    size: source.size,
    read(start, length) {
      const end = Math.min(start + length, source.size);
      const bytes = new Uint8Array(Math.max(0, end - start));
      const copy = (from: number, to: number, read: (at: number, count: number) => Uint8Array) => {
        const first = Math.max(start, from);
        const last = Math.min(end, to);
        if (first < last) bytes.set(read(first, last - first), first - start);
      };
      copy(0, moved, (at, count) => index.subarray(at, at + count));
      copy(moved, moov.end, (at, count) => source.read(at - moved, count));
      copy(moov.end, source.size, (at, count) => source.read(at, count));
      return bytes;
    },
  };
}

const CONTAINERS = ["moov", "trak", "mdia", "minf", "stbl"];

/** Applies `move` to every chunk offset inside the box, in place. */
function moveChunks(bytes: Uint8Array, box: Box, move: (offset: number) => number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = box.start + 8;
  while (start + 8 <= box.end) {
    const inner = boxAt(bytes, start, start, box.end);
    if (inner === undefined || inner.end > box.end) return;
    if (CONTAINERS.includes(inner.type)) moveChunks(bytes, inner, move);
    const wide = inner.type === "co64";
    if ((wide || inner.type === "stco") && start + 16 <= inner.end) {
      const width = wide ? 8 : 4;
      const count = Math.min(view.getUint32(start + 12), Math.floor((inner.end - start - 16) / width));
      for (let n = 0; n < count; n++) {
        const at = start + 16 + n * width;
        if (wide) view.setBigUint64(at, BigInt(move(Number(view.getBigUint64(at)))));
        else view.setUint32(at, move(view.getUint32(at)));
      }
    }
    start = inner.end;
  }
}

/** The box whose header stands in `bytes` at `at` and in the file at `start`; undefined when it is none. */
function boxAt(bytes: Uint8Array, at: number, start: number, end: number): Box | undefined {
  if (at + 8 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  let size = view.getUint32(at);
  if (size === 1 && at + 16 <= bytes.length) size = Number(view.getBigUint64(at + 8));
  else if (size === 0) size = end - start;
  return size < 8 ? undefined : { type, start, end: start + size };
}
