/**
 * A WebM or Matroska file that ends within its last cluster (a recorder was switched off, a download broke): mediabunny 1.61 leaves
 * out the whole cluster, which is five seconds of sound, or all of it. Here the cluster's size is made what is there.
 * https://www.rfc-editor.org/rfc/rfc8794 (EBML), https://www.rfc-editor.org/rfc/rfc9559 (Matroska)
 */
import type { ByteSource } from "../../dsp/index.ts";
import { partOf } from "./formats/bytes.ts";

const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
/** An hour of clusters is some 700; a damaged file may look like many more. */
const MOST_ELEMENTS = 1_000_000;

interface Element {
  readonly id: number;
  /** Where its size is written, and in how many bytes. */
  readonly sizeAt: number;
  readonly sizeBytes: number;
  readonly start: number;
  /** Infinite where it is not known, as in a live recording. */
  readonly end: number;
}

export function mendedWebm(source: ByteSource): { source: ByteSource; isCutOff: boolean } {
  const open = openElements(source);
  const cluster = open.at(-1);
  if (cluster?.id !== CLUSTER) return { source, isCutOff: false };
  const end = lastWholeChild(source, cluster);
  const mended = open.reduce(
    (from, element) => withBytes(from, element.sizeAt, sizeOf(end - element.start, element.sizeBytes)),
    partOf(source, 0, end),
  );
  return { source: mended, isCutOff: true };
}

/** The segment and its cluster that go on beyond the file's end by their sizes, outermost first. */
function openElements(source: ByteSource): Element[] {
  const open: Element[] = [];
  let at = 0;
  for (let elements = 0; elements < MOST_ELEMENTS; elements++) {
    const element = elementAt(source, at);
    if (!element) break;
    const isOpen = element.end > source.size && element.end !== Number.POSITIVE_INFINITY;
    if (isOpen && (element.id === SEGMENT || element.id === CLUSTER)) open.push(element);
    if (element.id === CLUSTER && element.end > source.size) break;
    at = element.id === SEGMENT ? element.start : element.end;
  }
  return open;
}

function lastWholeChild(source: ByteSource, cluster: Element): number {
  let at = cluster.start;
  for (;;) {
    const child = elementAt(source, at);
    if (!child || child.end > source.size) return at;
    at = child.end;
  }
}

function elementAt(source: ByteSource, at: number): Element | undefined {
  const head = source.read(at, 12).slice();
  const idBytes = Math.clz32(head[0] << 24) + 1;
  if (head.length < 2 || idBytes > 4) return undefined;
  const sizeAt = at + idBytes;
  const sizeBytes = Math.clz32(head[idBytes] << 24) + 1;
  if (sizeBytes > 8 || idBytes + sizeBytes > head.length) return undefined;
  const id = numberIn(head, 0, idBytes);
  head[idBytes] ^= 0x80 >> (sizeBytes - 1);
  const size = numberIn(head, idBytes, sizeBytes);
  const start = sizeAt + sizeBytes;
  const end = size === 2 ** (7 * sizeBytes) - 1 ? Number.POSITIVE_INFINITY : start + size;
  return { id, sizeAt, sizeBytes, start, end };
}

function numberIn(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let n = 0; n < length; n++) value = value * 256 + bytes[at + n];
  return value;
}

function sizeOf(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let n = length - 1, rest = value; n >= 0; n--, rest = Math.floor(rest / 256)) bytes[n] = rest % 256;
  bytes[0] |= 0x80 >> (length - 1);
  return bytes;
}

/** The source with other bytes at a place. */
function withBytes(source: ByteSource, at: number, other: Uint8Array): ByteSource {
  return {
    size: source.size,
    read(start, length) {
      const bytes = source.read(start, length);
      for (let n = 0; n < other.length; n++) {
        const place = at + n - start;
        if (place >= 0 && place < bytes.length) bytes[place] = other[n];
      }
      return bytes;
    },
  };
}
