/** What one client's address may use, however many connections it spreads it over. Memory is bounded. */
import { RateLimit } from "./rate-limit.ts";

export interface AddressLimits {
  /** Sessions at the same time. */
  readonly sessions: number;
  /** New connections to the endpoint a minute, and how many at once after a pause. */
  readonly connectionsPerMinute: number;
  /** Of all its sessions together: messages and bytes a second; twice as much may come at once after a pause. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** HTTP requests a second; ten times as many may come at once. */
  readonly requestsPerSecond: number;
}

export const DEFAULT_ADDRESS_LIMITS: AddressLimits = {
  sessions: 16,
  connectionsPerMinute: 60,
  messagesPerSecond: 2_000,
  bytesPerSecond: 4_000_000,
  requestsPerSecond: 50,
};

/** Addresses remembered; beyond that the one heard of longest ago is forgotten, unless it has sessions. */
const MOST_ADDRESSES = 10_000;

interface Usage {
  sessions: number;
  readonly connections: RateLimit;
  readonly messages: RateLimit;
  readonly bytes: RateLimit;
  readonly requests: RateLimit;
}

export class AddressBook {
  /** The address heard of last comes last. */
  readonly #usage = new Map<string, Usage>();

  /** @param now a clock in milliseconds. */
  constructor(
    private readonly limits: AddressLimits,
    private readonly now: () => number,
    private readonly most = MOST_ADDRESSES,
  ) {}

  get size(): number {
    return this.#usage.size;
  }

  mayRequest(address: string): boolean {
    return this.#of(address).requests.take(1);
  }

  mayConnect(address: string): boolean {
    return this.#of(address).connections.take(1);
  }

  /** False when the address has all the sessions that it may have; else `closeSession` must follow. */
  openSession(address: string): boolean {
    const usage = this.#of(address);
    if (usage.sessions >= this.limits.sessions) return false;
    usage.sessions++;
    return true;
  }

  closeSession(address: string): void {
    const usage = this.#usage.get(address);
    if (usage) usage.sessions--;
  }

  /** What a message exceeds, in words, or undefined when it may be read. */
  excess(address: string, bytes: number): string | undefined {
    const { messages, bytes: budget } = this.#of(address);
    if (!messages.take(1)) return `more than ${this.limits.messagesPerSecond} messages a second`;
    if (!budget.take(bytes)) return `more than ${this.limits.bytesPerSecond} bytes a second`;
    return undefined;
  }

  #of(address: string): Usage {
    const known = this.#usage.get(address);
    if (known) this.#usage.delete(address);
    const usage = known ?? this.#fresh();
    this.#usage.set(address, usage);
    if (!known) this.#shrink();
    return usage;
  }

  #fresh(): Usage {
    const { connectionsPerMinute, messagesPerSecond, bytesPerSecond, requestsPerSecond } = this.limits;
    const limit = (rate: number, burst: number) => new RateLimit(rate, burst, this.now);
    return {
      sessions: 0,
      connections: limit(connectionsPerMinute / 60, connectionsPerMinute),
      messages: limit(messagesPerSecond, 2 * messagesPerSecond),
      bytes: limit(bytesPerSecond, 2 * bytesPerSecond),
      requests: limit(requestsPerSecond, 10 * requestsPerSecond),
    };
  }

  #shrink(): void {
    if (this.#usage.size <= this.most) return;
    for (const [address, { sessions }] of this.#usage) {
      if (sessions > 0) continue;
      this.#usage.delete(address);
      return;
    }
  }
}
