/**
 * Follows the monitor for as long as the page is open. Browsers connect again by themselves when a stream breaks off, and
 * give up for ever when its answer is an error, as when all places are taken: then the page tries again itself.
 */
import type { StreamMessage } from "../protocol.ts";
import { Again, type AgainOptions } from "./again.ts";
import { ApiError } from "./api.ts";

/** "lost": no answer. "full": it answers, but has no place for one more who follows. "denied": it wants a token. */
export type Connection = "open" | "lost" | "full" | "denied";

/** The part of EventSource that is used here. */
export interface Source {
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  readonly readyState: number;
  close(): void;
}
const CLOSED = 2;

interface FollowingParts extends AgainOptions {
  /** Fetches what there is now; rejects when there is no answer, or another than the one asked for. */
  readonly load: () => Promise<void>;
  readonly open: () => Source;
  readonly onMessage: (message: StreamMessage) => void;
  readonly onConnection: (connection: Connection) => void;
}

export class Following {
  #source: Source | undefined;
  #stopped = false;
  readonly #again: Again;

  constructor(private readonly parts: FollowingParts) {
    this.#again = new Again(() => void this.start(), parts);
  }

  async start(): Promise<void> {
    try {
      await this.parts.load();
    } catch (error) {
      const denied = error instanceof ApiError && error.status === 401;
      this.#lose(denied ? "denied" : "lost", error);
      return;
    }
    if (!this.#stopped) this.#follow();
  }

  stop(): void {
    this.#stopped = true;
    this.#source?.close();
    this.#again.stop();
  }

  #follow(): void {
    this.#source?.close();
    const source = this.parts.open();
    this.#source = source;
    /** Whether the stream was refused or broke off since it was last open. */
    let broken = false;
    source.onmessage = ({ data }) => this.parts.onMessage(JSON.parse(String(data)) as StreamMessage);
    source.onopen = () => {
      this.#again.worked();
      this.#set("open");
      // What happened while nobody listened is fetched anew.
      if (broken) void this.parts.load().catch(() => {});
      broken = false;
    };
    source.onerror = () => {
      if (source.readyState !== CLOSED) this.#set("lost");
      // Refused right after an answer: it is there, and full. Else nobody knows until it is asked again.
      else this.#lose(broken ? "lost" : "full");
      broken = true;
    };
  }

  #lose(how: Connection, problem?: unknown): void {
    if (this.#stopped) return;
    this.#source?.close();
    this.#set(how);
    this.#again.later(problem);
  }

  #set(connection: Connection): void {
    if (!this.#stopped) this.parts.onConnection(connection);
  }
}
