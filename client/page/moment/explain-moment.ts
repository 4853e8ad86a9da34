/** Explains a frozen sound anew, by any method and class of the pack, and asks the classifier again of both parts. */
import { SignalExplainer } from "../../../models/explain/signal-explainer.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";

export interface MomentQuestion {
  /** At the pack's rate. */
  readonly original: Float32Array;
  /** Class to explain; -1 is the winner of each window. Methods that can't be asked explain the winner. */
  readonly target: number;
  /** An explanation that there is already: it is judged, and none is made. */
  readonly heard: Float32Array | null;
}

/** What the classifier says of one window of the sound and of its two parts, each [classes]. */
export interface JudgedWindow {
  /** By frames of the sound; the first may begin before it. */
  readonly firstFrame: number;
  readonly whole: Float32Array;
  readonly explanation: Float32Array;
  readonly rest: Float32Array;
  /** Nothing is to be heard in the whole. */
  readonly silent: boolean;
  /** Mean squared magnitude of the whole. */
  readonly power: number;
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

/** Frames from one explained window to the next, as `listenable explain` has it. */
const EXPLAIN_STRIDE = 16;
/** From one judged window to the next: a quarter of the released packs' window. */
const JUDGE_STRIDE = 32;
/** Samples given to the explainer at a time. */
const BLOCK = 16_384;

/**
 * @param afterWindow told the share done, 0 to 1, after every window; it may wait, to leave others their time.
 */
export async function explainMoment(
  { explainer, judge }: MomentModels,
  { original, target, heard }: MomentQuestion,
  afterWindow: (share: number) => Promise<void> | void = () => {},
): Promise<MomentAnswer> {
  const { windowFrames, stft } = judge.pack;
  const frames = Math.ceil((original.length + stft.window - stft.hop) / stft.hop);
  const judgeStride = Math.min(JUDGE_STRIDE, windowFrames);
  const stride = heard ? judgeStride : Math.min(EXPLAIN_STRIDE, windowFrames);
  const windowsAt = (step: number) => Math.max(0, Math.ceil((frames - windowFrames) / step)) + 1;
  const total = windowsAt(stride) + 2 * windowsAt(judgeStride);
  let done = 0;
  const counted = () => afterWindow(Math.min(1, ++done / total));

  const first = heard ? judge : explainer;
  if (!first) throw new Error("a moment can't be explained anew without a model that explains");
  const whole = await listen(first, original, heard ? -1 : target, stride, counted);
  const explanation = heard ?? whole.explanation;
  const rest = original.map((sample, n) => sample - explanation[n]);
  const ofExplanation = byFrame(await listen(judge, explanation, -1, judgeStride, counted));
  const ofRest = byFrame(await listen(judge, rest, -1, judgeStride, counted));
  const windows = whole.windows.flatMap(({ firstFrame, probabilities, silent, power }) => {
    const kept = ofExplanation.get(firstFrame);
    const left = ofRest.get(firstFrame);
    if (!kept || !left) return [];
    return { firstFrame, whole: probabilities, explanation: kept, rest: left, silent, power };
  });
  return { explanation, mask: heard ? null : whole.mask, windows };
}

type Heard = Pick<Awaited<ReturnType<SignalExplainer["finish"]>>, "explanation" | "mask" | "windows">;

/** Runs a whole sound through the model; the windows lie at the same places for sounds of one length. */
async function listen(
  loaded: LoadedMethod,
  samples: Float32Array,
  target: number,
  stride: number,
  onWindow: () => Promise<void> | void,
): Promise<Heard> {
  const { pack, method } = loaded;
  const explainer = new SignalExplainer({
    pack,
    sampleRate: pack.sampleRate,
    stride,
    explainWindow: async (magnitudes, phases) => {
      const { probabilities, masks } = await loaded.run(
        magnitudes,
        1,
        method.target ? target : undefined,
        phases,
      );
      await onWindow();
      return { probabilities, mask: masks };
    },
  });
  const blocks: Heard[] = [];
  for (let at = 0; at < samples.length; at += BLOCK)
    blocks.push(await explainer.push(samples.subarray(at, at + BLOCK)));
  blocks.push(await explainer.finish());
  return {
    explanation: joined(blocks.map(({ explanation }) => explanation)),
    mask: joined(blocks.map(({ mask }) => mask)),
    windows: blocks.flatMap(({ windows }) => windows),
  };
}

function byFrame({ windows }: Heard): Map<number, Float32Array> {
  return new Map(windows.map(({ firstFrame, probabilities }) => [firstFrame, probabilities]));
}

function joined(pieces: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
