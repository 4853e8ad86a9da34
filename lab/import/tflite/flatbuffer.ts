/**
 * Tables of a FlatBuffers file. Every place is checked before it is read: the library reads past the end of the bytes without
 * a word, as its files are meant to be trusted, and these come from anywhere.
 */
import { ByteBuffer } from "flatbuffers";

const SIZES = { int8: 1, uint8: 1, bool: 1, int32: 4, uint32: 4, float32: 4, int64: 8, uint64: 8 } as const;
export type Kind = keyof typeof SIZES;

const MOST_IN_A_LIST = 100_000;
/** Of all lists together: many tables may point to one list, so that a small file could be read for hours. */
const MOST_ENTRIES = 5_000_000;
const LONGEST_TEXT = 1000;

export class Table {
  readonly #buffer: ByteBuffer;
  readonly #at: number;
  /** Shared by all tables of the file. */
  readonly #count: { entries: number };

  private constructor(buffer: ByteBuffer, at: number, count: { entries: number }) {
    this.#buffer = buffer;
    this.#at = at;
    this.#count = count;
  }

  /** @throws Error when the bytes are no such file. */
  static root(bytes: Uint8Array, identifier: string): Table {
    if (!hasIdentifier(bytes, identifier)) throw new Error("the file does not begin as it should");
    const buffer = new ByteBuffer(bytes);
    return new Table(buffer, 0, { entries: 0 }).#tableAt(0);
  }

  number(field: number, kind: Kind, fallback = 0): number {
    const place = this.#place(field, SIZES[kind]);
    return place === undefined ? fallback : this.#read(place, kind);
  }

  flag(field: number): boolean {
    return this.number(field, "bool") !== 0;
  }

  text(field: number): string {
    const list = this.#list(field, 1, Number.POSITIVE_INFINITY);
    if (!list) return "";
    const length = Math.min(list.length, LONGEST_TEXT);
    this.#spend(length / 8);
    return new TextDecoder().decode(this.#buffer.bytes().subarray(list.start, list.start + length));
  }

  table(field: number): Table | undefined {
    const place = this.#place(field, 4);
    return place === undefined ? undefined : this.#tableAt(place);
  }

  tables(field: number): Table[] {
    const list = this.#list(field, 4, MOST_IN_A_LIST);
    return Array.from({ length: list?.length ?? 0 }, (_, i) => this.#tableAt((list?.start ?? 0) + 4 * i));
  }

  numbers(field: number, kind: Kind): number[] {
    const list = this.#list(field, SIZES[kind], MOST_IN_A_LIST);
    return Array.from({ length: list?.length ?? 0 }, (_, i) =>
      this.#read((list?.start ?? 0) + SIZES[kind] * i, kind),
    );
  }

  /** A view of the file's own bytes. */
  bytes(field: number): Uint8Array | undefined {
    const list = this.#list(field, 1, Number.POSITIVE_INFINITY);
    return list && this.#buffer.bytes().subarray(list.start, list.start + list.length);
  }

  /** Where a field lies; undefined where it was left out. */
  #place(field: number, size: number): number | undefined {
    const about = this.#at - this.#read(this.#at, "int32");
    const length = this.#short(about);
    const entry = 4 + 2 * field;
    if (entry + 2 > length) return undefined;
    const offset = this.#short(about + entry);
    if (offset === 0) return undefined;
    this.#require(this.#at + offset, size);
    return this.#at + offset;
  }

  #list(field: number, size: number, most: number): { start: number; length: number } | undefined {
    const place = this.#place(field, 4);
    if (place === undefined) return undefined;
    const start = place + this.#read(place, "uint32");
    const length = this.#read(start, "uint32");
    if (length > most) throw new Error(`a list in it has ${length} entries; ${most} are the most`);
    this.#require(start + 4, length * size);
    if (most !== Number.POSITIVE_INFINITY) this.#spend(length);
    return { start: start + 4, length };
  }

  #spend(entries: number): void {
    this.#count.entries += entries;
    if (this.#count.entries > MOST_ENTRIES)
      throw new Error(`its lists have more than ${MOST_ENTRIES} entries; no classifier needs as many`);
  }

  #tableAt(place: number): Table {
    const at = place + this.#read(place, "uint32");
    this.#require(at, 4);
    return new Table(this.#buffer, at, this.#count);
  }

  #short(place: number): number {
    this.#require(place, 2);
    return this.#buffer.readUint16(place);
  }

  #read(place: number, kind: Kind): number {
    this.#require(place, SIZES[kind]);
    switch (kind) {
      case "int8":
        return this.#buffer.readInt8(place);
      case "uint8":
      case "bool":
        return this.#buffer.readUint8(place);
      case "int32":
        return this.#buffer.readInt32(place);
      case "uint32":
        return this.#buffer.readUint32(place);
      case "float32":
        return this.#buffer.readFloat32(place);
      case "int64":
        return Number(this.#buffer.readInt64(place));
      case "uint64":
        return Number(this.#buffer.readUint64(place));
      default:
        return kind satisfies never;
    }
  }

  #require(place: number, size: number): void {
    const end = this.#buffer.capacity();
    if (place < 0 || place + size > end) {
      throw new Error(
        `something in it should lie at the bytes ${place} to ${place + size}, and the file has ${end}; it is cut off or ` +
          "damaged, copy it again",
      );
    }
  }
}

/** The four letters behind the first offset, which tell what a FlatBuffers file holds. */
export function hasIdentifier(bytes: Uint8Array, identifier: string): boolean {
  if (bytes.length < 8) return false;
  return [...identifier].every((letter, i) => bytes[4 + i] === letter.charCodeAt(0));
}
