/** Makes a moment of the hops that went out: the sound in one piece, and a mask for each frame that touches it. */
import type { AudioShape } from "../../../protocol/audio-shape.ts";
import type { RecentHops } from "../../../protocol/port.ts";
import type { Decision, Moment, MomentFacts, PackSummary } from "../live-explainer.ts";

/** What was kept, as it came from the audio thread. */
export interface Frozen {
  readonly shape: AudioShape;
  readonly hops: RecentHops;
  /** The newest decisions, the oldest first, by frames of the stream. */
  readonly decisions: readonly Decision[];
  /** The default method of the pack where none was chosen. */
  readonly facts: Omit<MomentFacts, "method"> & { readonly method: string | undefined };
}

export function momentOf({ shape, hops, decisions, facts }: Frozen, pack: PackSummary): Moment {
  const { sampleRate, window, hop, bins } = shape;
  const { original, explanation } = hops;
  const count = hops.frames.length;
  // A hop is complete, and goes out, when the last frame that touches it is: this many frames after its own.
  const ahead = window / hop - 1;
  const frames = count + ahead;
  const mask = new Float32Array(frames * bins);
  mask.set(hops.mask, ahead * bins);
  // What the frames before those masked has gone out already.
  for (let frame = 0; frame < ahead; frame++) mask.set(hops.mask.subarray(0, bins), frame * bins);
  return {
    sampleRate,
    window,
    hop,
    bins,
    original,
    explanation,
    rest: original.map((sample, n) => sample - explanation[n]),
    frames,
    mask,
    decisions: decisionsWithin(decisions, hops.frames, ahead),
    pack,
    facts: { ...facts, method: facts.method ?? pack.methods[0].name },
  };
}

/**
 * By frames of the moment. Where the delay was changed within it, some frames went out twice or not at all; a window is
 * then placed where its first frame was heard last.
 */
function decisionsWithin(decisions: readonly Decision[], frames: Float64Array, ahead: number): Decision[] {
  const heardAt = new Map<number, number>();
  frames.forEach((frame, hop) => {
    heardAt.set(frame, hop + ahead);
  });
  return decisions.flatMap(({ firstFrame, probabilities }) => {
    const at = heardAt.get(firstFrame);
    return at === undefined ? [] : [{ firstFrame: at, probabilities }];
  });
}
