/**
 * Whether the answers that a server gives to streams of a streaming pack are those of the blocks that were sent, heard with what is
 * remembered of that very sound: the model hears the same blocks once more, here, each stream by a state of its own. Somebody
 * else's memory, an old one or none would answer otherwise. And whether each answer rightly says that nothing was remembered.
 */
import type { LoadSound } from "../../cli/bench/load/load-sound.ts";
import type { RunnablePack } from "../../models/runtime/runnable-pack.ts";
import type { StreamState } from "../../models/runtime/streaming.ts";
import type { ExplanationMessage } from "../../protocol/wire.ts";
import { encodeMask } from "../../protocol/wire-levels.ts";
import { type AnswerCheck, comparedWith, type MaskCounts, NOTHING_COMPARED } from "./mask-check.ts";

/** Answers that may wait to be compared. With more of them a stream is let go until it begins anew. */
const MOST_WAITING = 256;

type Answer = Pick<ExplanationMessage, "firstFrame" | "frames" | "begins" | "mask" | "probabilities">;

export class StreamCheck implements AnswerCheck {
  #counts = NOTHING_COMPARED;
  #waiting = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly pack: RunnablePack,
    private readonly sound: LoadSound,
  ) {}

  get counts(): MaskCounts {
    return this.#counts;
  }

  async settle(): Promise<void> {
    await this.#work;
  }

  follow(offset: number): (explanation: ExplanationMessage) => void {
    /** The frame behind those of the answer before. */
    let next: number | undefined;
    let letGo = true;
    const memory: Memory = { state: undefined };
    return ({ firstFrame, frames, begins, mask, probabilities }) => {
      // Whoever misses frames, or was answered nothing about them, is not heard on with.
      const goesOn = firstFrame === next;
      next = firstFrame + frames;
      const { begun, untold } = this.#counts;
      this.#counts = {
        ...this.#counts,
        begun: begun + (begins ? 1 : 0),
        untold: untold + (begins === goesOn ? 1 : 0),
      };
      letGo = this.#waiting >= MOST_WAITING || (letGo && !begins);
      if (letGo) return;
      // All may lie in the message's memory, which is not ours for long.
      const answer = { firstFrame, frames, begins, mask: mask.slice(), probabilities: probabilities.slice() };
      this.#waiting++;
      this.#work = this.#work
        .then(() => this.#compare(answer, offset, memory))
        .finally(() => this.#waiting--);
    };
  }

  async #compare(answer: Answer, offset: number, memory: Memory): Promise<void> {
    const { firstFrame, frames, begins } = answer;
    const { streaming } = await this.pack.method();
    const state = begins ? streaming!.begin() : memory.state!;
    const heard = await streaming!.hear(this.sound.magnitudes(offset + firstFrame, frames), [state]);
    [memory.state] = heard.states;
    const own = { mask: encodeMask(heard.masks), probabilities: heard.probabilities };
    this.#counts = comparedWith(this.#counts, answer, own);
  }
}

interface Memory {
  state: StreamState | undefined;
}
