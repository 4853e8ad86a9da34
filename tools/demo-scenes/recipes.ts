/** What is heard when in each scene. Levels are those of the parts as they are cut, in dB below full scale before the last scaling. */
import type { SourceName } from "./sources.ts";

interface Cut {
  readonly from: SourceName;
  /** Seconds of the recording; all of it when left out. */
  readonly part?: readonly [start: number, end: number];
}

interface Event extends Cut {
  /** Seconds after the scene's start at which it begins, once for each. */
  readonly at: readonly number[];
  readonly db: number;
}

/** How long it is stands in client/kit/sounds/scenes.ts. */
export interface Recipe {
  readonly events: readonly Event[];
  /** Runs all the time, repeated with its ends faded into each other. */
  readonly background: Cut & { readonly db: number };
}

export const RECIPES: Readonly<Record<string, Recipe>> = {
  "dog-in-wind": {
    events: [
      { from: "dogs", part: [3.65, 5.0], at: [0, 2.75, 5.35], db: -20 },
      { from: "dogs", part: [1.5, 1.85], at: [1.3, 4.0, 6.7], db: -20 },
      { from: "dogs", part: [0.3, 0.6], at: [1.7, 4.4], db: -20 },
      { from: "dogs", part: [5.35, 5.65], at: [2.05, 4.75, 7.1], db: -20 },
      { from: "dogs", part: [2.0, 2.4], at: [2.35, 5.0, 7.5], db: -20 },
    ],
    background: { from: "wind", part: [10, 20], db: -42 },
  },
  "voice-by-the-fire": {
    events: [
      { from: "dashwood", part: [0.2, 6.5], at: [0], db: -20 },
      { from: "unless", part: [0.25, 2.1], at: [6.2], db: -20 },
    ],
    background: { from: "furnace", db: -42 },
  },
  "chainsaw-by-the-fire": {
    events: [{ from: "chainsaw", part: [0.2, 2.1], at: [0, 1.6, 3.2, 4.8, 6.4], db: -20 }],
    background: { from: "furnace", db: -36 },
  },
  "sheep-before-a-storm": {
    events: [
      { from: "otherSheep", part: [0, 1.2], at: [0, 1.15, 2.6, 3.75, 5.2, 6.7], db: -20 },
      { from: "sheep", part: [0.1, 0.8], at: [2.2, 4.8, 6.2], db: -21 },
    ],
    background: { from: "thunder", db: -30 },
  },
  "birds-at-a-lock": {
    events: [
      { from: "otherBird", part: [0.1, 2.5], at: [0, 2.1, 4.1, 6.1], db: -20 },
      { from: "bird", at: [1.5, 5.2], db: -25 },
    ],
    background: { from: "lock", part: [0, 3.2], db: -34 },
  },
  "frogs-and-birds": {
    events: [
      { from: "frogs", part: [0.2, 5.8], at: [0], db: -20 },
      { from: "frogs", part: [2.4, 5.0], at: [5.5], db: -20 },
    ],
    background: { from: "songbirds", part: [1, 12], db: -36 },
  },
  "crow-before-a-storm": {
    events: [
      {
        from: "crow",
        at: [0.1, 0.55, 1.0, 1.45, 2.05, 2.5, 2.95, 3.55, 4.0, 4.45, 4.9, 5.5, 5.95, 6.4, 7.0, 7.45],
        db: -20,
      },
    ],
    background: { from: "otherThunder", db: -40 },
  },
};
