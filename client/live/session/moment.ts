/** Makes a moment of the hops that went out: the sound in one piece, and a mask for each frame that touches it. */
import type { AudioShape } from "../../../protocol/audio-shape.ts";
import { isExplained, MaskState } from "../../../protocol/mask-state.ts";
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
  const { original } = hops;
  const count = hops.frames.length;
  // A hop is complete, and goes out, when the last frame that touches it is: this many frames after its own.
  const ahead = window / hop - 1;
  const frames = count + ahead;
  const mask = new Float32Array(frames * bins);
  const states = new Uint8Array(frames);
  mask.set(hops.mask, ahead * bins);
  states.set(hops.states, ahead);
  // What the frames before those masked has gone out already.
  for (let frame = 0; frame < ahead; frame++) mask.set(hops.mask.subarray(0, bins), frame * bins);
  states.fill(hops.states[0] ?? MaskState.none, 0, ahead);

  const levels = explainedLevels(states, count, ahead);
  const level = (n: number) => levelAt(levels, n, hop);
  const rest = original.map((sample, n) => level(n) * (sample - hops.explanation[n]));
  return {
    ...{ sampleRate, window, hop, bins, original, rest, frames, mask, pack },
    explanation: hops.explanation.map((sample, n) => level(n) * sample),
    ...(states.some((state) => state !== MaskState.own) && { states }),
    decisions: decisionsWithin(decisions, hops, pack.windowFrames, ahead),
    facts: { ...facts, method: facts.method ?? pack.methods[0].name },
  };
}

/** Of each hop's beginning and end, [hops + 1]: 0 beside a hop that a frame without a mask touches, else 1. */
function explainedLevels(states: Uint8Array, count: number, ahead: number): Uint8Array {
  const levels = new Uint8Array(count + 1).fill(1);
  for (let hop = 0; hop < count; hop++) {
    if (!states.subarray(hop, hop + ahead + 1).every(isExplained)) levels.fill(0, hop, hop + 2);
  }
  return levels;
}

/** Straight from each hop's beginning to its end. */
function levelAt(levels: Uint8Array, sample: number, hop: number): number {
  const at = Math.floor(sample / hop);
  return levels[at] + ((sample % hop) / hop) * (levels[at + 1] - levels[at]);
}

/**
 * By frames of the moment. Where the delay was changed within it, some frames went out twice or not at all; a window is
 * then placed where its first frame was heard last. What came too late for the newest frame of its window explained nothing.
 */
function decisionsWithin(
  decisions: readonly Decision[],
  { frames, states }: Pick<RecentHops, "frames" | "states">,
  windowFrames: number,
  ahead: number,
): Decision[] {
  const heardAt = new Map<number, number>();
  frames.forEach((frame, hop) => {
    heardAt.set(frame, hop);
  });
  const last = states.length - 1;
  return decisions.flatMap(({ firstFrame, probabilities }) => {
    const hop = heardAt.get(firstFrame);
    if (hop === undefined) return [];
    // The windows at the end reach beyond what went out.
    const newest = heardAt.get(firstFrame + windowFrames - 1) ?? last;
    return isExplained(states[newest]) ? [{ firstFrame: hop + ahead, probabilities }] : [];
  });
}
