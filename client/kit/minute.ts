/** What was heard in the last minute, as stretches of one verdict each. */
import type { Verdict } from "./verdict.ts";

export interface Stretch {
  /** The class that was believed in; undefined for something else, or where it was not sure. */
  readonly label: string | undefined;
  /** In frames since the start of the stream: the first, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** The highest probability of it. */
  readonly probability: number;
  /** How sure it was from `frame` on, of this class or of its best guess, four times a second. */
  readonly course: readonly { readonly frame: number; readonly probability: number }[];
}

/** Verdicts further apart than this leave a gap: nothing was explained meanwhile. */
const GAP_MS = 1_000;
/** A class is named from then on: shorter ones flicker. */
const SHORTEST_MS = 250;
/** Between two points of a stretch's course. */
const COURSE_MS = 250;

export class Minute {
  #stretches: Stretch[] = [];

  constructor(
    readonly frames: number,
    private readonly hopMs: number,
  ) {}

  /** Oldest first; they do not overlap. Stretches too short to be named are left out. */
  get stretches(): readonly Stretch[] {
    const least = SHORTEST_MS / this.hopMs;
    return this.#stretches.filter(({ from, to, label }) => label === undefined || to - from >= least);
  }

  /** The verdict of the window that ends before `frame`; frames that run backwards are a new stream. */
  push(frame: number, verdict: Pick<Verdict, "kind" | "label" | "probability">): void {
    const label = verdict.kind === "class" ? verdict.label : undefined;
    const { probability } = verdict;
    const last = this.#stretches.at(-1);
    if (last && frame < last.to) this.#stretches = [];
    const joined = last && frame >= last.to && frame - last.to <= GAP_MS / this.hopMs;
    if (joined && last.label === label) {
      const drawn = last.course.at(-1)!.frame;
      const course =
        frame - drawn < COURSE_MS / this.hopMs ? last.course : [...last.course, { frame, probability }];
      this.#stretches[this.#stretches.length - 1] = {
        ...last,
        to: frame,
        probability: Math.max(last.probability, probability),
        course,
      };
    } else {
      const from = joined ? last.to : frame;
      this.#stretches.push({ label, from, to: frame, probability, course: [{ frame: from, probability }] });
    }
    const oldest = frame - this.frames;
    while (this.#stretches[0].to <= oldest && this.#stretches.length > 1) this.#stretches.shift();
    // One class for hours: what came before the minute is not drawn any more.
    const [first] = this.#stretches;
    const gone = first.course.findIndex((point) => point.frame > oldest) - 1;
    if (gone > 0) this.#stretches[0] = { ...first, course: first.course.slice(gone) };
  }

  clear(): void {
    this.#stretches = [];
  }
}
