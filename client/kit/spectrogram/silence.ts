import type { SpectrogramColumns } from "../../live/live-explainer.ts";
import { fullScale } from "./axis.ts";

/** A frame counts as silent below this share of a full-scale sine: -80 dB. */
const silentShare = 1e-4;

/** Notices that nothing is coming in: a muted microphone, a cable, a file's end. */
export class SilenceWatch {
  #quietFrames = 0;

  /** `frames`: how long it must be quiet. */
  constructor(readonly frames: number) {}

  /** Takes in new columns; returns whether it has been silent long enough. */
  push({ magnitudes, frames, bins }: SpectrogramColumns): boolean {
    const silent = silentShare * fullScale(bins);
    for (let frame = 0; frame < frames; frame++) {
      let quiet = true;
      for (let k = frame * bins; quiet && k < (frame + 1) * bins; k++) quiet = magnitudes[k] < silent;
      this.#quietFrames = quiet ? this.#quietFrames + 1 : 0;
    }
    return this.#quietFrames >= this.frames;
  }
}
