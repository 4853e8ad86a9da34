/**
 * How a frame came by the mask under which it went out. The audio thread settles it, once (worklets/mask-schedule.ts); picture,
 * heading, figures and files read it from there.
 */
export const MaskState = {
  /** What a window said of this very frame. */
  own: 0,
  /** The mask of the last frame that had its own. */
  held: 1,
  /** On its way from that one to a mask that lets everything pass. */
  fading: 2,
  /** None: everything passes, so the explanation is the original and the rest is silent. */
  none: 3,
} as const;

export type MaskState = (typeof MaskState)[keyof typeof MaskState];

/** Whether such a frame counts as explained; one that does not is drawn hatched, and left out of figures and files. */
export function isExplained(state: number): boolean {
  return state <= MaskState.held;
}
