import { type AudioShape, hopMs } from "../../../protocol/audio-shape.ts";
import type { PageToProcessor, ProcessorToPage, RecentHops } from "../../../protocol/port.ts";
import { emptyHops, RECENT_MS, Recent } from "../../../worklets/recent.ts";
import type { Decision } from "../live-explainer.ts";
import { ProblemError } from "../problems.ts";
import type { Frozen } from "./moment.ts";

/** The audio thread answers within half a second, or it has stopped. */
const PATIENCE_MS = 5_000;
/** A reader is overtaken only if it stood still for half a second while it copied. */
const MOST_TRIES = 3;
/** More than the windows of ten seconds at the smallest stride. */
const MOST_DECISIONS = 2_048;

type Asked = { readonly method: string | undefined; readonly target: number };

interface FreezerParts {
  readonly shape: AudioShape;
  /** Shared with the audio thread, or null: then it is asked by `post`. */
  readonly memory: SharedArrayBuffer | null;
  readonly post: (message: PageToProcessor) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** The page's end of worklets/recent.ts: copies what went out lately, from shared memory or from the audio thread's answer. */
export class Freezer {
  readonly #parts: FreezerParts;
  readonly #recent: Recent | null;
  #decisions: Decision[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #freeze = 0;
  #receive: (message: Extract<ProcessorToPage, { type: "recent" }>) => void = () => {};
  #waiting: Promise<RecentHops> | null = null;

  constructor(parts: FreezerParts) {
    this.#parts = parts;
    this.#recent = parts.memory && new Recent(parts.memory, parts.shape);
  }

  /** A decision as it comes; the newest are kept. */
  decided(decision: Decision): void {
    this.#decisions.push(decision);
    if (this.#decisions.length > MOST_DECISIONS) this.#decisions.shift();
  }

  /** Another method or class is explained from now on. */
  asked(now: Asked, before: Asked): void {
    if (now.method !== before.method || now.target !== before.target) this.#askedAt = this.#parts.now();
  }

  /** An answer of the audio thread. */
  received(message: Extract<ProcessorToPage, { type: "recent" }>): void {
    this.#receive(message);
  }

  /** Rejects with a `ProblemError` when nothing went out yet or the audio thread doesn't answer. */
  async freeze(facts: Omit<Frozen["facts"], "mixed" | "frozenAt">): Promise<Frozen> {
    const { shape, now } = this.#parts;
    const mixed = now() - this.#askedAt < RECENT_MS;
    const frozenAt = Date.now();
    const hops = this.#recent ? this.#copy(this.#recent) : await this.#ask();
    if (hops.frames.length === 0) {
      throw new ProblemError("unexpected", "no sound has gone out yet, so there is no moment to keep");
    }
    return { shape, hops, decisions: [...this.#decisions], facts: { ...facts, mixed, frozenAt } };
  }

  #copy(recent: Recent): RecentHops {
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const { written } = recent;
      const count = Math.min(written, recent.wanted);
      const hops = emptyHops(count, this.#parts.shape);
      if (recent.copy((written - count) >>> 0, count, hops)) return hops;
    }
    throw new ProblemError("unexpected", "this page was too busy to copy the last seconds; try again");
  }

  /** Whoever asks while an answer is under way gets the same one. */
  #ask(): Promise<RecentHops> {
    this.#waiting ??= this.#gather().finally(() => {
      this.#waiting = null;
      this.#receive = () => {};
    });
    return this.#waiting;
  }

  #gather(): Promise<RecentHops> {
    const { shape, post } = this.#parts;
    const { bins, hop } = shape;
    const freeze = ++this.#freeze;
    const most = Math.ceil(RECENT_MS / hopMs(shape)) + 1;
    const target = emptyHops(most, shape);
    let at = 0;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new ProblemError("unexpected", "the audio thread does not tell what went out")),
        PATIENCE_MS,
      );
      this.#receive = ({ freeze: answered, hops, left, piece }) => {
        if (answered !== freeze) return;
        target.frames.set(piece.frames.subarray(0, hops), at);
        target.original.set(piece.original.subarray(0, hops * hop), at * hop);
        target.explanation.set(piece.explanation.subarray(0, hops * hop), at * hop);
        target.mask.set(piece.mask.subarray(0, hops * bins), at * bins);
        target.states.set(piece.states.subarray(0, hops), at);
        at += hops;
        if (left > 0) return;
        clearTimeout(timer);
        resolve({
          frames: target.frames.slice(0, at),
          original: target.original.slice(0, at * hop),
          explanation: target.explanation.slice(0, at * hop),
          mask: target.mask.slice(0, at * bins),
          states: target.states.slice(0, at),
        });
      };
      post({ type: "freeze", freeze });
    });
  }
}
