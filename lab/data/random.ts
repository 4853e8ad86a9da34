/** A seeded random generator (sfc32) whose state can be saved, so that a resumed run draws the same numbers. */
export class Random {
  private readonly state: Uint32Array;

  constructor(seed: number | Uint32Array) {
    if (typeof seed === "number") {
      this.state = new Uint32Array([0x9e3779b9 ^ seed, 0x243f6a88, 0xb7e15162 ^ (seed * 2654435761), 1]);
      // The first outputs of neighbouring seeds are alike; a dozen rounds part them.
      for (let round = 0; round < 16; round++) this.uint32();
    } else {
      this.state = Uint32Array.from(seed);
    }
  }

  save(): Uint32Array {
    return this.state.slice();
  }

  restore(state: ArrayLike<number>): void {
    this.state.set(state);
  }

  uint32(): number {
    const s = this.state;
    const sum = (s[0] + s[1] + s[3]) | 0;
    s[3] += 1;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + sum;
    return sum >>> 0;
  }

  /** Uniform in [from, to). */
  uniform(from = 0, to = 1): number {
    return from + ((to - from) * this.uint32()) / 4294967296;
  }

  /** Uniform on a logarithmic scale in [from, to); both must be positive. */
  logUniform(from: number, to: number): number {
    return Math.exp(this.uniform(Math.log(from), Math.log(to)));
  }

  /** A whole number in [0, below). */
  integer(below: number): number {
    return Math.floor(this.uniform(0, below));
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("cannot pick from an empty list");
    return items[this.integer(items.length)];
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}

/** A generator for what the words name (one clip in one setting), whatever was drawn for the others. */
export function seededBy(seed: number, ...words: readonly string[]): Random {
  let hash = 0x811c9dc5;
  for (const letter of words.join("\n")) {
    hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  }
  return new Random((Math.imul(seed, 1_000_003) ^ hash) >>> 0);
}
