/** What `listenable explain` tells of an explanation: printed, as JSON on request, and in explanation.json with every window. */
import { answersAlone, sharedThreshold } from "../../models/explain/class-decision.ts";
import { classWords } from "../../models/explain/class-words.ts";
import type { ClipDecision } from "../../models/explain/clip-decision.ts";
import { windowStart } from "../../models/explain/window-times.ts";
import { classThresholds, type Pack } from "../../models/pack/pack.ts";
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import type { Recording } from "../../models/sound/open-recording-node.ts";
import type { ExplanationFigures } from "./explanation-figures.ts";

interface ExplanationSubject {
  readonly file: string;
  readonly recording: Recording;
  readonly loaded: LoadedMethod;
  /** Label of the class that was asked about. */
  readonly target: string | undefined;
  /** Names of the files in `out`. */
  readonly files: readonly string[];
  readonly out: string;
}

export type ExplanationFacts = ReturnType<typeof explanationFacts>;

export function explanationFacts(subject: ExplanationSubject, figures: ExplanationFigures) {
  const { file, recording, loaded, target, files, out } = subject;
  const { pack, method, runtime } = loaded;
  const decision = figures.decision();
  return {
    file,
    sampleRate: recording.sampleRate,
    samples: figures.samples,
    seconds: rounded(figures.samples / recording.sampleRate),
    pack: { name: pack.name, version: pack.version },
    method: method.name,
    /** Most calls of the classifier a window, of a method without gradients. */
    ...(method.parameters?.["budget"] !== undefined && { budget: method.parameters["budget"] }),
    class: target ?? null,
    runtime: runtime.description,
    decision: decisionFacts(pack, decision),
    maskMean: rounded(figures.maskMean()),
    energy: { explanation: rounded(figures.share("explanation")), rest: rounded(figures.share("rest")) },
    /** What `windows` count: windows, or blocks of a streaming pack. */
    heardIn: pack.streaming ? ("blocks" as const) : ("windows" as const),
    windows: decision.windows,
    silentWindows: decision.silentWindows,
    faintWindows: decision.faintWindows,
    notes: recording.notes,
    files,
    out,
  };
}

function decisionFacts(pack: Pack, decision: ClipDecision) {
  const { labels, answers, threshold } = pack;
  const { label, probability, accepted, believed, probabilities } = decision;
  const thresholds = classThresholds(pack);
  const byClass = (values: readonly number[]) =>
    Object.fromEntries(labels.map((each, k) => [each, rounded(values[k])]));
  return {
    label,
    probability: probability === null ? null : rounded(probability),
    accepted,
    /** Of the label. */
    threshold: label === null ? threshold : thresholds[labels.indexOf(label)],
    answers,
    /** The one most above its threshold first. */
    believed: believed.map((each) => ({ label: each.label, probability: rounded(each.probability) })),
    probabilities: byClass(probabilities),
    ...(sharedThreshold(pack) !== undefined ? {} : { thresholds: byClass(thresholds) }),
  };
}

/** The facts and what was said of every window. */
export function explanationDetails(facts: ExplanationFacts, pack: Pack, { windows }: ExplanationFigures) {
  return {
    ...facts,
    windowSeconds: rounded((pack.windowFrames * pack.stft.hop) / pack.sampleRate),
    labels: pack.labels,
    perWindow: windows.map(({ firstFrame, probabilities, silent }) => ({
      start: rounded(windowStart(firstFrame, pack)),
      silent,
      probabilities: silent ? null : Array.from(probabilities, rounded),
    })),
  };
}

/** Classes that a title has room for, and the picture below it. */
const TITLED = 3;

/** "dog · 93 %", "dog · 93 %, rain · 71 %", over the picture. */
export function decisionTitle({ label, probability, accepted, believed }: ClipDecision): string {
  if (label === null || probability === null) return "Silence";
  const named = (accepted ? believed.slice(0, TITLED) : [{ label, probability }]).map(
    (each) => `${classWords(each.label)} · ${percent(each.probability)}`,
  );
  return `${named.join(", ")}${accepted ? "" : " (not sure)"}`;
}

/** The facts in sentences. */
export function explanationSummary(facts: ExplanationFacts): string {
  return [
    ...facts.notes.map((note) => `note: ${note}`),
    `heard: ${heardText(facts.decision)}`,
    `mask mean ${facts.maskMean}, explanation holds ${percent(facts.energy.explanation)} of the energy`,
    `${facts.seconds} s in ${facts.windows} ${facts.heardIn}, method ${facts.method}${budgetText(facts)} of ${facts.pack.name}, ${facts.runtime}`,
    `written to ${facts.out}: ${facts.files.join(", ")}`,
  ].join("\n");
}

function budgetText({ budget }: ExplanationFacts): string {
  return budget === undefined ? "" : ` (${budget} calls a window)`;
}

function heardText(decision: ExplanationFacts["decision"]): string {
  const { label, probability, accepted, believed, threshold } = decision;
  if (label === null || probability === null) return "silence, nothing to decide";
  const named = (each: { readonly label: string; readonly probability: number }) =>
    `${classWords(each.label)}, ${percent(each.probability)}`;
  if (accepted)
    return [named(believed[0]), ...believed.slice(1).map((each) => `also ${named(each)}`)].join("; ");
  if (answersAlone(decision)) {
    return `nothing that it knows (nearest: ${named({ label, probability })}, which needs ${percent(threshold)})`;
  }
  return `${named({ label, probability })} (not accepted: "other" or below ${percent(threshold)})`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Five decimals are more than any of these figures mean. */
function rounded(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}
