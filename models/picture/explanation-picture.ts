/** The picture of an explained sound, from what `SignalExplainer` gives block by block; memory is bounded. */
import { classWords } from "../explain/class-words.ts";
import type { WindowDecision } from "../explain/clip-decision.ts";
import { DecisionTimeline } from "../explain/decision-timeline.ts";
import { framesAnswered } from "../explain/window-times.ts";
import type { Pack } from "../pack/pack.ts";
import { SpectrogramColumns } from "./spectrogram-columns.ts";
import { spectrogramPicture } from "./spectrogram-picture.ts";

/** Classes whose probabilities are drawn. */
const CLASSES_SHOWN = 3;
const POINTS_OVER_TIME = 500;

interface ExplanationTitles {
  /** "dog · 93 %". */
  readonly title: string;
  /** The recording, the method, the pack. */
  readonly subtitle: string;
  /** Seconds of the sound. */
  readonly duration: number;
  /** Classes by their index in the pack, the most interesting first; three are drawn. */
  readonly classes: readonly number[];
}

export class ExplanationPicture {
  readonly #columns: SpectrogramColumns;
  readonly #timeline: DecisionTimeline;
  #frames = 0;

  constructor(private readonly pack: Pack) {
    this.#columns = new SpectrogramColumns(pack.stft.bins);
    const { labels, windowFrames } = pack;
    this.#timeline = new DecisionTimeline(labels.length, { windowFrames, answered: framesAnswered(pack) });
  }

  /** Frames and windows in order, without gaps: a block, or the whole explained sound. */
  add(part: {
    readonly magnitudes: Float32Array;
    readonly mask: Float32Array;
    readonly windows: readonly WindowDecision[];
  }): void {
    this.#columns.add(part.magnitudes, part.mask);
    this.#frames += part.mask.length / this.pack.stft.bins;
    for (const window of part.windows) this.#timeline.add(window);
  }

  /** PNG. */
  draw({ classes, ...titles }: ExplanationTitles): Uint8Array {
    const { labels, sampleRate, stft } = this.pack;
    return spectrogramPicture({
      ...titles,
      ...{ columns: this.#columns, sampleRate, stft },
      classes: classes.slice(0, CLASSES_SHOWN).map((k) => ({
        label: classWords(labels[k]),
        overTime: this.#timeline.sample(k, this.#frames, POINTS_OVER_TIME),
      })),
    });
  }
}
