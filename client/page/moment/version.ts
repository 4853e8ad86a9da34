import { type Figures, type FrameSpan, figuresOf } from "../../../models/explain/figures.ts";
import type { JudgedWindow } from "../../../models/explain/judge-parts.ts";
import type { Moment } from "../../live/live-explainer.ts";
import { areFramesExplained } from "./explained.ts";
import type { Sounds } from "./moment-player.ts";

/** One explanation of a moment: as it was heard, or made anew by another method or of another class. */
export interface MomentVersion {
  /** The live stream's own. */
  readonly heard: boolean;
  readonly method: string;
  /** Class that was asked about; -1 is the winner. */
  readonly target: number;
  /** original = explanation + rest, but where frames have no mask: there both are silent. */
  readonly sounds: Sounds;
  /** Row-major [frames, bins]. */
  readonly mask: Float32Array;
  /** [frames]: how each came by its mask, a `MaskState`; left out where all have their own. */
  readonly states?: Uint8Array | undefined;
  /** What the classifier says of it; empty until it was asked. */
  readonly windows: readonly JudgedWindow[];
}

/** Of a moment's samples, the end not included. */
export interface SampleSpan {
  readonly from: number;
  readonly to: number;
}

export function wholeOf(moment: Moment): SampleSpan {
  return { from: 0, to: moment.original.length };
}

/** The frames whose middle lies in the span. */
export function framesOf(
  { window, hop }: Pick<Moment, "window" | "hop">,
  { from, to }: SampleSpan,
): FrameSpan {
  // Frame k has its middle at sample (k + 1) * hop - window / 2.
  const frameAt = (sample: number) => Math.ceil((sample + window / 2) / hop) - 1;
  return { from: frameAt(from), to: frameAt(to) };
}

/**
 * What the classifier's answers about the span come to, by default for the class asked about; null where there are none.
 * Windows about frames that have no mask don't count: their explanation was none.
 */
export function figuresIn(
  moment: Moment,
  version: MomentVersion,
  span: SampleSpan,
  target = version.target,
): Figures | null {
  const { windowFrames, answeredFrames } = moment.pack;
  return figuresOf(version.windows, {
    ...{ target, classes: moment.pack },
    during: { ...framesOf(moment, span), windowFrames, answered: answeredFrames },
    only: ({ firstFrame }) => {
      const end = firstFrame + windowFrames;
      return areFramesExplained(version, end - answeredFrames, end);
    },
  });
}
