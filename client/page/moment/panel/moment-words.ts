/** Names and figures of a moment as people read them. */

import type { Figures } from "../../../../models/explain/figures.ts";
import { classTitle, percent } from "../../../kit/format.ts";
import { numbers, titleText, words } from "../../../kit/words/words.ts";
import type { Moment, PackSummary } from "../../../live/live-explainer.ts";
import { unexplainedIn } from "../explained.ts";
import { figuresIn, type MomentVersion, type SampleSpan } from "../version.ts";
import { secondsText } from "./time.ts";

/** A class by its index. */
export function labelName({ labels, other }: PackSummary, index: number): string {
  return classTitle(labels[index] ?? "", other);
}

/** What was listened to; the page names no microphone. */
export function sourceName({ facts }: Moment): string {
  return facts.source === "microphone" ? words.moment.microphone : facts.source;
}

/** What explains a version: "L-MAC, as heard", "L-MAC: Rooster". */
export function versionTitle(moment: Moment, { heard, method, target }: MomentVersion): string {
  const title = moment.pack.methods.find(({ name }) => name === method)?.title ?? method;
  const named = target < 0 ? titleText(title) : `${titleText(title)}: ${labelName(moment.pack, target)}`;
  return heard ? words.moment.heardBy(named) : named;
}

/** The class that was heard in the span; empty before the classifier was asked again, and in silence. */
export function heardLabel(moment: Moment, version: MomentVersion, span: SampleSpan): string {
  const figures = figuresIn(moment, version, span, -1);
  return figures ? labelName(moment.pack, figures.target) : "";
}

/** How many seconds of the span have no explanation; empty where all has one. */
export function unexplainedSeconds(moment: Moment, version: MomentVersion, span: SampleSpan): string {
  const samples = unexplainedIn(moment, version, span).reduce((sum, { from, to }) => sum + to - from, 0);
  return samples === 0 ? "" : secondsText(samples / moment.sampleRate);
}

interface FigureRow {
  readonly name: string;
  readonly text: string;
  /** As a bar, 0 to 1; null where it is none. */
  readonly share: number | null;
}

export function figureRows(figures: Figures): FigureRow[] {
  const probability = (name: string, share: number) => ({ name, text: percent(share), share });
  return [
    probability(words.moment.saysWhole, figures.whole),
    probability(words.moment.saysExplanation, figures.explanation),
    probability(words.moment.saysRest, figures.rest),
    { name: words.moment.increase, text: percent(figures.increase), share: null },
    { name: words.moment.faithfulness, text: numbers.twoDecimals(figures.faithfulness), share: null },
  ];
}
