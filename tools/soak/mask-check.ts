/** Whether the masks that a server sends are those of the windows that were asked for: the model is asked once more, here. */
import type { LoadSound } from "../../cli/bench/load/load-sound.ts";
import type { RunnablePack } from "../../models/runtime/runnable-pack.ts";
import type { ExplanationMessage } from "../../protocol/wire.ts";
import { encodeMask } from "../../protocol/wire-levels.ts";

/** Of 255: batches and cut graphs add in another order, and what lies between two steps may be rounded either way. */
const MOST_STEPS = 2;
/** Of a probability, for the same reason. */
const MOST_DIFFERENCE = 1e-3;

/** What looks at the answers that streams of a sound get. */
export interface AnswerCheck {
  readonly counts: MaskCounts;
  /**
   * For a stream that begins now, whose first frame lies at `offset` in the sound; to be given each of its answers in their
   * order.
   */
  follow(offset: number): (explanation: ExplanationMessage) => void;
  /** Resolves when everything that is to be compared was. */
  settle(): Promise<void>;
}

export interface MaskCounts {
  readonly compared: number;
  /** Masks or probabilities of another window, another sound, or none at all. */
  readonly unlike: number;
  /** The largest difference of a mask's value, of 255. */
  readonly largestSteps: number;
  /** Of streaming packs: answers without memory of what came before. */
  readonly begun: number;
  /** Answers that said so wrongly, or should have. */
  readonly untold: number;
}

export const NOTHING_COMPARED: MaskCounts = { compared: 0, unlike: 0, largestSteps: 0, begun: 0, untold: 0 };

/** One comparison more. */
export function comparedWith(
  counts: MaskCounts,
  answer: { readonly mask: Uint8Array; readonly probabilities: Float32Array },
  own: { readonly mask: Uint8Array; readonly probabilities: Float32Array },
): MaskCounts {
  const steps = largestDifference(answer.mask, own.mask);
  const difference = largestDifference(answer.probabilities, own.probabilities);
  const alike = steps <= MOST_STEPS && difference <= MOST_DIFFERENCE;
  return {
    ...counts,
    compared: counts.compared + 1,
    unlike: counts.unlike + (alike ? 0 : 1),
    largestSteps: Math.max(counts.largestSteps, steps),
  };
}

/** Of all answers so many are offered: every one would be as much work as the server has. */
const CHECKED_EVERY = 10;

/** Answers that come while one is being compared are let go: the server must not wait for whoever watches it. */
export class MaskCheck implements AnswerCheck {
  #counts = NOTHING_COMPARED;
  #comparing: Promise<void> | undefined;

  constructor(
    private readonly pack: RunnablePack,
    private readonly sound: LoadSound,
  ) {}

  get counts(): MaskCounts {
    return this.#counts;
  }

  follow(offset: number): (explanation: ExplanationMessage) => void {
    let answers = 0;
    return (explanation) => {
      if (++answers % CHECKED_EVERY === 0) this.offer(explanation, offset);
    };
  }

  /** @param offset of the stream in the sound, in frames. */
  offer(explanation: ExplanationMessage, offset: number): void {
    this.#comparing ??= this.#compare(explanation, offset).finally(() => {
      this.#comparing = undefined;
    });
  }

  async settle(): Promise<void> {
    await this.#comparing;
  }

  async #compare(
    { firstFrame, bins, mask, probabilities }: ExplanationMessage,
    offset: number,
  ): Promise<void> {
    // Both may lie in the message's memory, which is not ours for long.
    const [answered, believed] = [mask.slice(), probabilities.slice()];
    const { windowFrames } = this.pack.pack;
    const method = await this.pack.method();
    const own = await method.run(this.sound.magnitudes(offset + firstFrame, windowFrames), 1);
    const newest = encodeMask(own.masks.subarray(windowFrames * bins - answered.length));
    const [answer, right] = [
      { mask: answered, probabilities: believed },
      { mask: newest, probabilities: own.probabilities },
    ];
    this.#counts = comparedWith(this.#counts, answer, right);
  }
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length || a.length === 0) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let n = 0; n < a.length; n++) most = Math.max(most, Math.abs(a[n] - b[n]));
  return most;
}
