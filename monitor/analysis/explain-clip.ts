/** Explains an event's clip: what the classifier went by, the rest, the picture, and how faithful that is. */
import { answersAlone } from "../../models/explain/class-decision.ts";
import type { WindowDecision } from "../../models/explain/clip-decision.ts";
import { explainSound } from "../../models/explain/explain-sound.ts";
import { type Figures, figuresOf } from "../../models/explain/figures.ts";
import { judgeParts } from "../../models/explain/judge-parts.ts";
import { frameAt, framesAnswered } from "../../models/explain/window-times.ts";
import { classThresholds, type Pack } from "../../models/pack/pack.ts";
import { ExplanationPicture } from "../../models/picture/explanation-picture.ts";
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import type { Faithfulness } from "../protocol.ts";
import { badgeOf } from "./faithfulness.ts";
import type { ClipToExplain, ExplainedClip } from "./messages.ts";

/** @param judge the classifier of the method's pack, or any of its methods. */
export async function explainClip(
  loaded: LoadedMethod,
  judge: LoadedMethod,
  clip: ClipToExplain,
): Promise<ExplainedClip> {
  const { pack } = loaded;
  const { samples, sampleRate, heard } = clip;
  // A method that explains only what wins says nothing of the event's class where another one won.
  const question = { rate: sampleRate, target: heard.label, ifUnaskable: "only-where-it-wins" } as const;
  const explained = await explainSound(loaded, samples, question);
  const { explanation, rest, target, windows } = explained;

  const { windowFrames } = pack;
  const span = { from: frameAt(heard.start, pack), to: frameAt(heard.end, pack) };
  const during = { ...span, windowFrames, answered: framesAnswered(pack) };
  const judged = await judgeParts(judge, explained);
  // Silent windows of an event are the event's too.
  const figures = figuresOf(judged, { target, during, counting: "all" });
  const picture = new ExplanationPicture(pack);
  picture.add(explained);
  return {
    ...{ explanation, rest },
    picture: picture.draw({
      ...{ title: clip.title, subtitle: clip.subtitle },
      duration: samples.length / sampleRate,
      classes: [target, ...otherClasses(windows, target)],
    }),
    faithfulness: faithfulness(pack, figures!),
  };
}

function faithfulness(pack: Pack, { target, whole, explanation, rest, windows }: Figures): Faithfulness {
  const own = answersAlone(pack) ? { named: classThresholds(pack)[target] } : {};
  const badge = badgeOf(explanation, rest, own.named);
  return { original: whole, explanation, rest, badge, ...own, windows };
}

/** The classes besides the target, by the most that any window says of them. */
function otherClasses(windows: readonly WindowDecision[], target: number): number[] {
  const highest = (k: number) =>
    windows.reduce((most, { silent, probabilities }) => Math.max(most, silent ? 0 : probabilities[k]), 0);
  return Array.from(windows[0].probabilities.keys())
    .filter((k) => k !== target)
    .sort((a, b) => highest(b) - highest(a));
}
