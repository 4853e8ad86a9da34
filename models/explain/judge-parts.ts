/**
 * The classifier is asked again about both parts of a sound: is the explanation what it went by, and is it gone without it?
 *
 * The parts are heard as sounds, from their samples; by a streaming pack each from its beginning on, with a memory of its own. The evaluation masks the frames themselves instead
 * (lab/evaluation/measure/explain-windows.ts): a measure of masks, where this is one of what people hear.
 */
import type { LoadedMethod } from "../runtime/load-method.ts";
import type { RunnablePack } from "../runtime/runnable-pack.ts";
import type { WindowDecision } from "./clip-decision.ts";
import { type ExplainedSound, type ExplainStreamOptions, explainStream } from "./explain-sound.ts";

/** What the classifier says of one window of a sound and of both its parts, each [classes]. */
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
  /** As in `WindowDecision`. */
  readonly weight?: number | undefined;
}

/** An explained sound, as far as it is judged: what the classifier said of the whole, and both parts at the same rate. */
export type SoundToJudge = Pick<ExplainedSound, "rate" | "windows" | "explanation" | "rest">;

export type JudgeOptions = Pick<ExplainStreamOptions, "stride" | "signal" | "onWindow">;

/** The classifier of a pack, or any method of it: what is heard is the same, whatever the masks. */
export type Judging = RunnablePack | LoadedMethod;

/**
 * Judges both parts of an explained sound in the windows that the whole was heard in.
 *
 * A window in which nothing of a part is to be heard (80 dB below full scale) has no class in that part: its probabilities are
 * zeros, whatever a classifier makes of rounding noise.
 *
 * Judged are the windows of the whole that begin where one of the parts' does, so a stride that is a multiple of the whole's
 * saves time; every sound's last window is among them.
 *
 * @throws as `explainSound` does.
 */
export async function judgeParts(
  judging: Judging,
  { rate, windows, explanation, rest }: SoundToJudge,
  options: JudgeOptions = {},
): Promise<JudgedWindow[]> {
  const judge = await judgeOf(judging);
  const hear = async (part: Float32Array) => byFrame(await hearSound(judge, part, { ...options, rate }));
  const ofExplanation = await hear(explanation);
  const ofRest = await hear(rest);
  return windows.flatMap((whole) => {
    const { firstFrame, silent, power, weight } = whole;
    const kept = ofExplanation.get(firstFrame);
    const left = ofRest.get(firstFrame);
    if (!kept || !left) return [];
    const parts = { whole: heard(whole), explanation: heard(kept), rest: heard(left) };
    return { firstFrame, ...parts, silent, power, weight };
  });
}

/** What the classifier says of every window of a sound; the windows lie at the same places for sounds of one length. */
export async function hearSound(
  judging: Judging,
  samples: Float32Array,
  options: JudgeOptions & { readonly rate: number },
): Promise<WindowDecision[]> {
  const windows: WindowDecision[] = [];
  for await (const block of explainStream(await judgeOf(judging), [samples], options)) {
    windows.push(...block.windows);
  }
  return windows;
}

async function judgeOf(judging: Judging): Promise<LoadedMethod> {
  return "run" in judging ? judging : judging.classifier();
}

function byFrame(windows: readonly WindowDecision[]): ReadonlyMap<number, WindowDecision> {
  return new Map(windows.map((window) => [window.firstFrame, window]));
}

function heard({ probabilities, silent }: WindowDecision): Float32Array {
  return silent ? new Float32Array(probabilities.length) : probabilities;
}
