/** Small things about bytes that every reader here needs. */
import type { ByteSource } from "../../../dsp/index.ts";

/** The bytes [from, to) as a source of their own. */
export function partOf(source: ByteSource, from: number, to = source.size): ByteSource {
  const size = Math.max(0, Math.min(to, source.size) - from);
  return {
    size,
    read: (start, length) => source.read(from + start, Math.max(0, Math.min(length, size - start))),
  };
}

/** One character a byte. */
export function latin(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
