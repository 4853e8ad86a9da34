/**
 * How many may take part, and who counts. A place is held by whoever has finished, and by whoever joined or answered within
 * the last hour. Whoever's place has ended is not sent away: they go on where they were whenever they come back, and count
 * again; only new names are turned away when all places are held.
 *
 * So that nobody keeps others out by joining many times, a newcomer takes the place of somebody unfinished at the address
 * that holds the most of them, where that is at least two more than at the newcomer's own: of those the one silent longest.
 */

/** Silent for so long, somebody unfinished holds no place any more. */
export const PLACE_MS = 60 * 60_000;

interface Holder {
  readonly id: string;
  readonly finished: boolean;
  /** When they joined or last answered, in milliseconds since 1970. */
  readonly actedAt: number;
}

export class Places {
  /** By name, of those who joined or came back in this run: nothing of it is ever written. */
  readonly #addresses = new Map<string, string>();
  /** By name, when a newcomer took their place. */
  readonly #displaced = new Map<string, number>();

  constructor(
    private readonly most: number,
    private readonly now: () => number,
  ) {}

  /** False when no place is left for somebody new. */
  take(id: string, address: string, holders: Iterable<Holder>): boolean {
    const { finished, open } = this.#held(holders);
    if (finished + open.length >= this.most) {
      const longest = this.#longestOfMost(open, address);
      if (!longest) return false;
      this.#displaced.set(longest.id, this.now());
    }
    this.seen(id, address);
    return true;
  }

  /** Somebody who has joined comes from this address now. */
  seen(id: string, address: string): void {
    this.#addresses.set(id, address);
  }

  #held(holders: Iterable<Holder>): { readonly finished: number; readonly open: readonly Holder[] } {
    let finished = 0;
    const open: Holder[] = [];
    const since = this.now() - PLACE_MS;
    for (const holder of holders) {
      if (holder.finished) finished++;
      else if (holder.actedAt > Math.max(since, this.#displaced.get(holder.id) ?? 0)) open.push(holder);
    }
    return { finished, open };
  }

  #longestOfMost(open: readonly Holder[], newcomer: string): Holder | undefined {
    const byAddress = new Map<string, Holder[]>();
    for (const holder of open) {
      const address = this.#addresses.get(holder.id) ?? "";
      const others = byAddress.get(address);
      if (others) others.push(holder);
      else byAddress.set(address, [holder]);
    }
    const own = byAddress.get(newcomer)?.length ?? 0;
    const [most = []] = [...byAddress.values()].sort((a, b) => b.length - a.length);
    if (most.length < own + 2) return undefined;
    return most.reduce((longest, each) => (each.actedAt < longest.actedAt ? each : longest));
  }
}
