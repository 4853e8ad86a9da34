/** What of a moment can be kept as files: sounds, and the facts as JSON. Nothing here sends anything anywhere. */
import { writeWav } from "../../../dsp/wav.ts";
import { sharedThreshold } from "../../../models/explain/class-decision.ts";
import { classThresholds } from "../../../models/pack/pack.ts";
import type { Moment } from "../../live/live-explainer.ts";
import { isFrameExplained, unexplainedIn } from "./explained.ts";
import { figuresIn, framesOf, type MomentVersion, type SampleSpan } from "./version.ts";

/** The span of a sound as a WAV file of 32-bit floats, so that original = explanation + rest holds in the files too. */
export function momentWav(
  samples: Float32Array,
  sampleRate: number,
  { from, to }: SampleSpan,
): Uint8Array<ArrayBuffer> {
  return writeWav([samples.subarray(from, to)], sampleRate, "float32");
}

/** A beginning for file names: when it was frozen, in the listener's own time, and what is in it. */
export function fileStem({ facts }: Moment, label: string): string {
  const at = new Date(facts.frozenAt);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  const word = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return ["listenable", day, time, word].filter((part) => part !== "").join("-");
}

/** Labels, probabilities, times and versions. Times are seconds from the beginning of the span, but for `frozenAt`. */
export function momentFacts(
  moment: Moment,
  versions: readonly MomentVersion[],
  span: SampleSpan,
  pageVersion: string,
) {
  const { sampleRate, hop, window, pack, facts } = moment;
  const { labels, threshold } = pack;
  const frames = framesOf(moment, span);
  const classes = (probabilities: ArrayLike<number>) =>
    Object.fromEntries(labels.map((label, k) => [label, rounded(probabilities[k])]));
  const own = sharedThreshold(pack) === undefined ? { thresholds: classes(classThresholds(pack)) } : {};
  /** Of a window's beginning. */
  const seconds = (firstFrame: number) => rounded(((firstFrame + 1) * hop - window - span.from) / sampleRate);
  return {
    format: "listenable-moment-1",
    listenable: pageVersion,
    frozenAt: new Date(facts.frozenAt).toISOString(),
    source: facts.source,
    sampleRate,
    samples: span.to - span.from,
    seconds: rounded((span.to - span.from) / sampleRate),
    /** Where the span lies in what was frozen. */
    secondsIn: rounded(span.from / sampleRate),
    frozenSeconds: rounded(moment.original.length / sampleRate),
    pack: {
      ...{ name: pack.name, version: pack.version, title: pack.title, labels, other: pack.other },
      ...{ answers: pack.answers, threshold, ...own },
    },
    // A server's address is nothing to hand on.
    engine: facts.engine === "local" ? facts.engineDescription : "server",
    explanations: versions.map((version) => explanationFacts(moment, version, span)),
    /** As they were made while it was heard. */
    decisions: moment.decisions
      .filter(({ firstFrame }) => firstFrame < frames.to && firstFrame + pack.windowFrames > frames.from)
      .map(({ firstFrame, probabilities }) => ({
        at: seconds(firstFrame),
        probabilities: classes(probabilities),
      })),
  };
}

function explanationFacts(moment: Moment, version: MomentVersion, span: SampleSpan) {
  const { pack, facts, sampleRate } = moment;
  const { labels } = pack;
  const figures = figuresIn(moment, version, span);
  const seconds = (sample: number) => rounded((sample - span.from) / sampleRate);
  return {
    heard: version.heard,
    method: version.method,
    asked: labels[version.target] ?? null,
    /** Method or class changed within what was heard. */
    mixed: version.heard && facts.mixed,
    /** Where frames had no mask: explanation and rest are silent there, and neither mean nor figures have anything of it. */
    unexplained: unexplainedIn(moment, version, span).map(({ from, to }) => ({
      from: seconds(from),
      to: seconds(to),
    })),
    meanMask: meanMask(moment, version, span),
    /** What the classifier says of the sound, of the explanation alone and of the rest. */
    figures: figures && {
      class: labels[figures.target],
      whole: rounded(figures.whole),
      explanation: rounded(figures.explanation),
      rest: rounded(figures.rest),
      increase: rounded(figures.increase),
      faithfulness: rounded(figures.faithfulness),
      windows: figures.windows,
    },
  };
}

/** Over the frames that have one; null where none has. */
function meanMask(moment: Moment, version: MomentVersion, span: SampleSpan): number | null {
  const { bins } = moment;
  const { from, to } = framesOf(moment, span);
  let sum = 0;
  let values = 0;
  for (let frame = Math.max(0, from); frame < Math.min(moment.frames, to); frame++) {
    if (!isFrameExplained(version, frame)) continue;
    for (let at = frame * bins; at < (frame + 1) * bins; at++) sum += version.mask[at];
    values += bins;
  }
  return values === 0 ? null : rounded(sum / values);
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
