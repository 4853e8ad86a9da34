import { type AudioShape, framesIn } from "../../../protocol/audio-shape.ts";
import { isExplained, MaskState } from "../../../protocol/mask-state.ts";
import type { ExplanationState, SpectrogramColumns } from "../live-explainer.ts";

/** The first mask may take so long; then it is not coming, it is away. */
const FIRST_MS = 3_000;
/** It is back when frames were explained for so long without a gap. */
const STEADY_MS = 250;
/** Looks in a row without a single column, after which nothing is explained. */
const EMPTY_LOOKS = 2;

/**
 * Whether what is heard just now is explained, from how its frames came by their masks: "away" as soon as a frame had none,
 * which is after the last mask was held and faded. `look` is to be called every second: where no columns come at all, as from
 * a worker that crashed or a device that stands still, nothing is explained either. Counts frames and looks, no time.
 */
export class ExplanationWatch {
  state: ExplanationState = "coming";
  readonly #firstFrames: number;
  readonly #steadyFrames: number;
  /** Frames in a row that were explained, and that were not. */
  #explained = 0;
  #unexplained = 0;
  #emptyLooks = 0;

  constructor(shape: AudioShape) {
    this.#firstFrames = framesIn(shape, FIRST_MS);
    this.#steadyFrames = framesIn(shape, STEADY_MS);
  }

  push({ frames, states }: Pick<SpectrogramColumns, "frames" | "states">): void {
    this.#emptyLooks = 0;
    for (let frame = 0; frame < frames; frame++) this.#take(states?.[frame] ?? MaskState.own);
  }

  /** `running`: whether the sound device says that it runs; until it does, nothing can come. */
  look(running: boolean): void {
    if (this.state === "coming" && !running) return;
    this.#emptyLooks++;
    if (this.#emptyLooks <= EMPTY_LOOKS) return;
    this.state = "away";
    this.#explained = 0;
  }

  #take(state: number): void {
    const explained = isExplained(state);
    this.#explained = explained ? this.#explained + 1 : 0;
    this.#unexplained = explained ? 0 : this.#unexplained + 1;
    if (this.state === "coming") {
      if (explained) this.state = "here";
      else if (this.#unexplained > this.#firstFrames) this.state = "away";
    } else if (this.state === "here") {
      if (state === MaskState.none) this.state = "away";
    } else if (this.#explained >= this.#steadyFrames) this.state = "here";
  }
}
