/** Keeps one address from taking all connections that the server has. */

export interface ShareRule {
  /** From this share of all connections on, addresses are counted... Default 5/8. */
  readonly from: number;
  /** ...and one that holds this share of them gets no more. Default 1/16. */
  readonly most: number;
}

/**
 * Much for whoever needs much while there is much: a class behind one address, or a proxy on this machine that nobody told
 * us of. Addresses of this machine count like any other.
 */
export const SHARE_RULE: ShareRule = { from: 5 / 8, most: 1 / 16 };

export class ConnectionShare {
  readonly #held = new Map<string, number>();
  #open = 0;

  /** @param connections that the server has for all. */
  constructor(
    private readonly connections: number,
    private readonly rule: ShareRule,
  ) {}

  get open(): number {
    return this.#open;
  }

  /** False when the address has its share; else `give` must follow. */
  take(address: string): boolean {
    const held = this.#held.get(address) ?? 0;
    const { from, most } = this.rule;
    if (this.#open >= from * this.connections && held >= most * this.connections) return false;
    this.#held.set(address, held + 1);
    this.#open++;
    return true;
  }

  give(address: string): void {
    const held = this.#held.get(address) ?? 0;
    if (held > 1) this.#held.set(address, held - 1);
    else this.#held.delete(address);
    this.#open--;
  }
}
