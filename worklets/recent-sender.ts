import type { AudioShape } from "../protocol/audio-shape.ts";
import type { ProcessorToPage, RecentHops } from "../protocol/port.ts";
import { emptyHops, type Recent } from "./recent.ts";

/**
 * Hops in a message, some 130 KB of them at the released pack's shape. More than go by in the largest block that a
 * polyfill asks for, so that the writer never catches up.
 */
export const PIECE_HOPS = 64;

/**
 * Answers a freeze where the page shares no memory with the audio thread: one message a block until all is told, of which
 * this code allocates nothing (the browser clones the message, which no code can avoid). One freeze at a time: a newer
 * one takes the place of the one under way, so nothing queues.
 */
export class RecentSender {
  readonly #recent: Recent;
  readonly #send: (message: ProcessorToPage) => void;
  readonly #piece: RecentHops;
  readonly #message: { type: "recent"; freeze: number; hops: number; left: number; piece: RecentHops };
  #next = 0;

  constructor(recent: Recent, shape: AudioShape, send: (message: ProcessorToPage) => void) {
    this.#recent = recent;
    this.#send = send;
    this.#piece = emptyHops(PIECE_HOPS, shape);
    this.#message = { type: "recent", freeze: 0, hops: 0, left: 0, piece: this.#piece };
  }

  /** Sends what has gone out until now, in the following blocks. `freeze` is told with every piece. */
  begin(freeze: number): void {
    const { written, wanted } = this.#recent;
    const hops = Math.min(wanted, written);
    this.#next = (written - hops) >>> 0;
    this.#message.freeze = freeze;
    this.#message.left = hops;
    if (hops > 0) return;
    this.#message.hops = 0;
    this.#send(this.#message);
  }

  /** Once a block. */
  step(): void {
    const message = this.#message;
    if (message.left === 0) return;
    message.hops = Math.min(PIECE_HOPS, message.left);
    message.left -= message.hops;
    this.#recent.copy(this.#next, message.hops, this.#piece);
    this.#next = (this.#next + message.hops) >>> 0;
    this.#send(message);
  }
}
