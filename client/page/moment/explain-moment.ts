/** Explains a frozen sound anew, by any method and class of the pack, and asks the classifier again of both parts. */
import { explainSound } from "../../../models/explain/explain-sound.ts";
import { hearSound, type JudgedWindow, judgeParts } from "../../../models/explain/judge-parts.ts";
import { windowCount } from "../../../models/explain/signal-explainer.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";

export interface MomentQuestion {
  /** At the pack's rate. */
  readonly original: Float32Array;
  /** Class to explain; -1 is the winner of each window. Methods that can't be asked explain the winner. */
  readonly target: number;
  /** An explanation that there is already: it is judged, and none is made. */
  readonly heard: Float32Array | null;
}

export interface MomentAnswer {
  readonly explanation: Float32Array;
  /** Row-major [frames, bins]: of all frames that touch the sound, as in `Moment`; null where the explanation was given. */
  readonly mask: Float32Array | null;
  readonly windows: readonly JudgedWindow[];
}

export interface MomentModels {
  /** Makes the masks; not needed where the explanation is given. */
  readonly explainer: LoadedMethod | null;
  /** Says what is heard: a method of the same pack, or its classifier alone (models/tailor/classifier-alone.ts). */
  readonly judge: LoadedMethod;
}

/** Frames from one judged window to the next: a quarter of the window of packs that hear in windows. */
const JUDGE_STRIDE = 32;

/**
 * @param afterWindow told the share done, 0 to 1, after every window; it may wait, to leave others their time.
 */
export async function explainMoment(
  { explainer, judge }: MomentModels,
  { original, target, heard }: MomentQuestion,
  afterWindow: (share: number) => Promise<void> | void = () => {},
): Promise<MomentAnswer> {
  const { pack } = judge;
  const rate = pack.sampleRate;
  const stride = Math.min(JUDGE_STRIDE, pack.windowFrames);
  const judged = windowCount(pack, original.length, rate, stride);
  const first = heard ? judged : windowCount(pack, original.length, rate);
  const total = first + 2 * judged;
  let done = 0;
  const onWindow = (windows: number) => {
    done += windows;
    return afterWindow(Math.min(1, done / total));
  };

  if (heard) {
    const rest = original.map((sample, n) => sample - heard[n]);
    const whole = await hearSound(judge, original, { rate, stride, onWindow });
    const parts = { rate, explanation: heard, rest, windows: whole };
    return { explanation: heard, mask: null, windows: await judgeParts(judge, parts, { stride, onWindow }) };
  }
  if (!explainer) throw new Error("a moment can't be explained anew without a model that explains");
  const explained = await explainSound(explainer, original, {
    ...{ rate, target, ifUnaskable: "any-winner" },
    onProgress: (share) => {
      done = share * first;
      return afterWindow(done / total);
    },
  });
  const windows = await judgeParts(judge, explained, { stride, onWindow });
  return { explanation: explained.explanation, mask: explained.mask, windows };
}
