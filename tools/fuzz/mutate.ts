/** Seeded damage to bytes: what bad memory, cut downloads and bad intentions do to them. */

export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
}

export function randomNumbers(next: () => number): Random {
  const below = (most: number) => Math.floor(next() * most);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (values) => values[below(values.length)],
  };
}

/** Values at which sizes and signs turn over. */
const EDGES_8 = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
const EDGES_16 = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff];
const EDGES_32 = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, 0x1_0000, 0x7f80_0000];

/** A damaged copy. `header` bytes at the start are hit as often as all the others together. */
export function mutate(bytes: Uint8Array, random: Random, header = 64): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(bytes);
  for (let n = 1 + random.below(4); n > 0; n--) out = mutateOnce(out, random, header);
  return out;
}

function mutateOnce(bytes: Uint8Array<ArrayBuffer>, random: Random, header: number): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  if (length === 0) return Uint8Array.of(random.below(256));
  const at = random.below(random.chance(0.5) ? Math.min(header, length) : length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const little = random.chance(0.5);
  switch (random.below(9)) {
    case 0:
      bytes[at] ^= 1 << random.below(8);
      return bytes;
    case 1:
      bytes[at] = random.chance(0.5) ? random.below(256) : random.pick(EDGES_8);
      return bytes;
    case 2:
      if (at + 2 <= length) view.setUint16(at, random.pick(EDGES_16), little);
      return bytes;
    case 3:
      if (at + 4 <= length) view.setUint32(at, random.pick(EDGES_32), little);
      return bytes;
    case 4:
      // A count or size that is off by little.
      if (at + 2 <= length) view.setUint16(at, view.getUint16(at, little) + random.below(5) - 2, little);
      return bytes;
    case 5:
      return bytes.slice(0, at);
    case 6:
      return joined(bytes, noise(random, random.below(40)));
    case 7: {
      const size = random.below(Math.min(64, length - at) + 1);
      return random.chance(0.5)
        ? joined(bytes.subarray(0, at), bytes.subarray(at + size))
        : joined(bytes.subarray(0, at + size), bytes.subarray(at));
    }
    default: {
      bytes.set(noise(random, random.below(Math.min(16, length - at) + 1)), at);
      return bytes;
    }
  }
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
