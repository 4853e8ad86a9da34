/** Whether the masks that a server sends are those of the windows that were asked for: the model is asked once more, here. */
import type { LoadSound } from "../../cli/bench/load/load-sound.ts";
import type { RunnablePack } from "../../models/runtime/runnable-pack.ts";
import type { ExplanationMessage } from "../../protocol/wire.ts";
import { encodeMask } from "../../protocol/wire-levels.ts";

/** Of 255: batches and cut graphs add in another order, and what lies between two steps may be rounded either way. */
const MOST_STEPS = 2;
/** Of a probability, for the same reason. */
const MOST_DIFFERENCE = 1e-3;

export interface MaskCounts {
  readonly compared: number;
  /** Masks or probabilities of another window, another sound, or none at all. */
  readonly unlike: number;
  /** The largest difference of a mask's value, of 255. */
  readonly largestSteps: number;
}

/** Answers that come while one is being compared are let go: the server must not wait for whoever watches it. */
export class MaskCheck {
  #counts = { compared: 0, unlike: 0, largestSteps: 0 };
  #comparing: Promise<void> | undefined;

  constructor(
    private readonly pack: RunnablePack,
    private readonly sound: LoadSound,
  ) {}

  get counts(): MaskCounts {
    return this.#counts;
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
    const steps = largestDifference(answered, newest);
    const difference = largestDifference(believed, own.probabilities);
    this.#counts.compared++;
    this.#counts.largestSteps = Math.max(this.#counts.largestSteps, steps);
    if (!(steps <= MOST_STEPS && difference <= MOST_DIFFERENCE)) this.#counts.unlike++;
  }
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length || a.length === 0) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let n = 0; n < a.length; n++) most = Math.max(most, Math.abs(a[n] - b[n]));
  return most;
}
