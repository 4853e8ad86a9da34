/** A user's classifier and its front, put together into what explanation methods, decoders and metrics take. */
import { GraphBuilder, type Tensor } from "../../models/graph/index.ts";
import type {
  ClassifierAnswer,
  ExplainedClassifier,
  FeatureMap,
  StftShape,
} from "../networks/explained-classifier.ts";
import { interpolationFrom } from "../networks/interpolation.ts";
import { bandCentres } from "./band-centres.ts";
import { pictureOf, silentValue } from "./features.ts";
import { framesFromSamples, lostSamples, samplesForFront } from "./frame-transform.ts";
import { bandsOf, type Front, FrontError, hasBands } from "./front.ts";
import { inputOf } from "./heard.ts";
import { inline } from "./inline.ts";
import { chooseLatents, type LatentCandidate, latentCandidates } from "./latents.ts";
import { guessLayout, hasBatch, inLayout, isFrequencyFirst, type Layout, shapeIn } from "./layout.ts";
import type { ReadClassifier } from "./read-classifier.ts";
import { rangeOfSteps } from "./rounding.ts";
import { framesFor, samplesFrom, samplesOf } from "./waveform.ts";

export interface ForeignClassifier extends ExplainedClassifier {
  readonly front: Front;
  readonly layout: Layout;
  /** Of the classifier's input: [time, bands], or [samples]. */
  readonly inputSize: readonly number[];
  readonly candidates: readonly LatentCandidate[];
  readonly latents: readonly LatentCandidate[];
  /** Centres of the mask's bands, in bins. */
  readonly centres: readonly number[];
  /** What was assumed, in sentences for people. */
  readonly notes: readonly string[];
}

interface ForeignOptions {
  readonly front: Front;
  /** Names of the latents to read; the last one at each resolution without. */
  readonly latents?: readonly string[] | undefined;
}

/** @throws FrontError where front and file do not fit together. */
export function foreignClassifier(
  read: ReadClassifier,
  { front, latents: names }: ForeignOptions,
): ForeignClassifier {
  const wrong = (what: string) => new FrontError(`${read.source}: ${what}`);
  const layout = layoutOf(read, front, wrong);
  const plan =
    front.input === "waveform" ? waveformPlan(read, front, layout) : picturePlan(read, front, layout);
  const { frames, stft, heard, size } = plan;
  const needsPhases = heard !== undefined;
  const bins = stft.window / 2 + 1;
  if (frames < 4) throw wrong(`a window of ${frames} frames is too short to explain; give more`);
  const network = sizedGraph(read, shapeIn(layout, size, read.batch === "free" ? "B" : 1), wrong);
  const candidates = latentCandidates(network.graph);
  const latents = chooseLatents(candidates, names);
  const centres = bandCentres(front, front.sampleRate, bins);
  const order = { turned: isFrequencyFirst(layout), bands: hasBands(front) };
  const classify = (g: GraphBuilder, input: Tensor) =>
    answerOf(g, network, latents, order, inLayout(g, input, layout, size));
  const oneByOne = read.batch !== "free";
  return {
    ...{ frames, bins, sampleRate: front.sampleRate, stft, classes: read.classes, needsPhases, oneByOne },
    answers: read.answers,
    features: (g, magnitudes, phases) => featuresOf(g, front, plan, magnitudes, phases),
    classify: oneByOne ? (g, inputs) => eachAlone(g, inputs, classify) : classify,
    featureMap: featureMapOf(front, size, centres, bins),
    ...{ front, layout, inputSize: size, candidates, latents, centres },
    notes: [
      ...(plan.note ? [plan.note] : []),
      ...(layout.includes("3") ? ["It takes three channels: each is a copy of the one picture."] : []),
    ],
  };
}

/** Magnitudes [B, T, F], and phases where they are needed, to what the front makes of the sound. */
function featuresOf(
  g: GraphBuilder,
  front: Front,
  { frames, stft, heard }: Plan,
  magnitudes: Tensor,
  phases?: Tensor,
): Tensor {
  if (!heard) return pictureOf(g, { magnitudes }, front, frames);
  if (!phases) throw new Error("this classifier hears the waveform: its features need the phases");
  return inputOf(g, samplesFrom(g, magnitudes, phases, stft, heard.samples), front, heard.frames);
}

interface AxesOfLatents {
  /** Frequency is before time. */
  readonly turned: boolean;
  /** What is beside time are bands of frequency, low to high. */
  readonly bands: boolean;
}

/**
 * The network on its own input; latents have time before frequency, whatever the layout, and no frequency at all where
 * their rows are none (coefficients of a cepstrum, deltas behind bands).
 */
function answerOf(
  g: GraphBuilder,
  network: { readonly graph: GraphBuilder; readonly logits: Tensor },
  latents: readonly LatentCandidate[],
  { turned, bands }: AxesOfLatents,
  input: Tensor,
): ClassifierAnswer {
  const kept: Tensor[] = [];
  // The latents that are handed out lie on the way to the logits, so that gradients by them are what they should be; held,
  // as turned round twice is not turned at all.
  const handOut = (copy: Tensor): Tensor => {
    if (copy.shape.length === 4 && !bands) {
      const [, channels, a, b] = copy.shape.map(Number);
      const rows = turned ? copy : g.transpose(copy, [0, 1, 3, 2]);
      const flat = g.held(g.reshape(rows, [-1, channels * (turned ? a : b), turned ? b : a]));
      kept.push(flat);
      const back = g.reshape(flat, [-1, channels, ...rows.shape.slice(2).map(Number)]);
      return turned ? back : g.transpose(back, [0, 1, 3, 2]);
    }
    if (!turned || copy.shape.length !== 4) {
      kept.push(copy);
      return copy;
    }
    const asTimeFirst = g.held(g.transpose(copy, [0, 1, 3, 2]));
    kept.push(asTimeFirst);
    return g.transpose(asTimeFirst, [0, 1, 3, 2]);
  };
  // Whole steps of quantised networks go out as shares of their range: decoders are made for numbers around one.
  const inRange = (copy: Tensor): Tensor => {
    const range = rangeOfSteps(g, copy);
    if (range === undefined) return handOut(copy);
    return g.rounded(g.mul(handOut(g.mul(copy, 1 / range)), range));
  };
  const replace = new Map(latents.map(({ tensor }) => [tensor, inRange]));
  const copyOf = inline(g, network.graph, input, { replace });
  return { logits: copyOf(network.logits), latents: kept };
}

/** Asks of each window alone, with a copy of the network for each, and puts the answers together. */
function eachAlone(
  g: GraphBuilder,
  inputs: Tensor,
  classify: (g: GraphBuilder, input: Tensor) => ClassifierAnswer,
): ClassifierAnswer {
  const [count] = inputs.shape;
  if (typeof count !== "number") throw new Error("this classifier hears one window at a time: fix the batch");
  if (count === 1) return classify(g, inputs);
  const answers = Array.from({ length: count }, (_, k) => classify(g, g.slice(inputs, 0, k, k + 1)));
  const joined = (parts: readonly Tensor[]) => g.concat(parts, 0);
  return {
    logits: joined(answers.map(({ logits }) => logits)),
    latents: answers[0]!.latents.map((_, layer) => joined(answers.map(({ latents }) => latents[layer]!))),
  };
}

interface Plan {
  readonly frames: number;
  readonly stft: StftShape;
  /** The samples that are put together again, where the mask cannot lie on the classifier's own transform. */
  readonly heard?: { readonly samples: number; readonly frames: number };
  /** Of the classifier's input: [time, bands] or [samples]. */
  readonly size: readonly number[];
  readonly note?: string;
}

/** Seconds of a window where nothing says how long it is. */
const SECONDS = 1;

function picturePlan(read: ReadClassifier, front: Front, layout: Layout): Plan {
  const wrong = (what: string) => new FrontError(`${read.source}: ${what}`);
  const { sampleRate, nFft = 0, hop = nFft / 4, winLength = nFft } = front;
  const bands = bandsOf(front);
  const [time, rows] = axesOf(layout).map((axis) => read.input.shape[axis]);
  if (typeof rows === "number" && rows !== bands) {
    throw wrong(
      `its input [${read.input.shape.join(", ")}] has ${rows} places where layout ${layout} has frequency, the front gives ` +
        `${bands} bands; correct ${front.input === "mel" ? "nMels" : "nFft"} or layout`,
    );
  }
  const { emptyFrames, samples } = front;
  const given =
    front.frames ??
    (typeof time === "number"
      ? time
      : samples === undefined
        ? undefined
        : framesFromSamples(front, samples) + emptyFrames);
  if (typeof time === "number" && given !== time) {
    throw wrong(`its input takes ${time} frames, the front says ${front.frames}; leave frames out`);
  }
  const frames = given ?? Math.max(8, Math.round((SECONDS * sampleRate) / hop / 8) * 8);
  const own = frames - emptyFrames;
  if (own < 1) throw wrong(`emptyFrames ${emptyFrames} leaves nothing of ${frames} frames`);
  if (samples !== undefined && framesFromSamples(front, samples) < own) {
    const most = framesFromSamples(front, samples);
    throw wrong(`${samples} samples give ${most} frames, not the ${own} that are needed; leave samples out`);
  }
  const size = [frames, bands];
  if (direct(nFft, hop, winLength, front)) return { frames, stft: { window: nFft, hop }, size };
  const stft = stftFor(sampleRate);
  const heard = { samples: samplesForFront(front, own), frames: own };
  return {
    frames: framesFor(heard.samples, stft),
    ...{ stft, heard, size },
    note:
      `Its transform (nFft ${nFft}, hop ${hop}, ${front.window} window of ${winLength}${extras(front)}) cannot be undone frame by ` +
      `frame here, so the mask lies on one of ${stft.window} samples with hop ${stft.hop}, and the samples are put together in between.`,
  };
}

/** What is done to samples, whole or frame by frame: it keeps a mask from lying on the classifier's own spectrum. */
function extras({
  soundMean,
  soundPeak,
  preEmphasis,
  removeDc,
  pad,
  windowForm,
  emptyFrames,
}: Front): string {
  const said = {
    soundMean,
    soundPeak: soundPeak !== undefined,
    preEmphasis: preEmphasis !== undefined,
    removeDc,
    pad: pad !== "none",
    windowForm: windowForm === "symmetric",
    emptyFrames: emptyFrames > 0,
  };
  return Object.entries(said)
    .flatMap(([name, there]) => (there ? `, ${name}` : ""))
    .join("");
}

/** Whether the classifier's own transform can carry the mask: Hann, a power of two, and hops that add up evenly. */
function direct(nFft: number, hop: number, winLength: number, front: Front): boolean {
  return (
    front.window === "hann" &&
    extras(front) === "" &&
    winLength === nFft &&
    Number.isInteger(Math.log2(nFft)) &&
    nFft % hop === 0 &&
    hop <= nFft / 2
  );
}

function waveformPlan(read: ReadClassifier, front: Front, layout: Layout): Plan {
  const { sampleRate } = front;
  const stft = stftFor(sampleRate);
  const own = read.input.shape[layout.indexOf("S")];
  const fixed = typeof own === "number" ? own : undefined;
  if (fixed !== undefined && front.samples !== undefined && fixed !== front.samples) {
    throw new FrontError(
      `${read.source}: its input takes ${fixed} samples, the front says ${front.samples}; leave samples out`,
    );
  }
  const wanted = fixed ?? front.samples ?? samplesOf(framesFor(SECONDS * sampleRate, stft), stft);
  const samples = wanted + lostSamples(front);
  return { frames: framesFor(samples, stft), stft, heard: { samples, frames: 1 }, size: [wanted] };
}

/** The largest power of two within 32 ms, a quarter of it from frame to frame: as fine as hearing wants it. */
function stftFor(sampleRate: number): StftShape {
  const window = 2 ** Math.floor(Math.log2(0.032 * sampleRate + 1e-9));
  return { window, hop: window / 4 };
}

/** Axes of time and frequency. */
function axesOf(layout: Layout): [number, number] {
  const letters = [...layout];
  return [letters.indexOf("T"), letters.indexOf("F")];
}

function layoutOf({ input, batch }: ReadClassifier, front: Front, wrong: (what: string) => Error): Layout {
  const show = `[${input.shape.join(", ")}]`;
  const waveform = front.input === "waveform";
  if (front.layout) {
    if (front.layout.length !== input.shape.length)
      throw wrong(`its input is ${show}, which is not of layout ${front.layout}`);
    if (waveform !== front.layout.includes("S"))
      throw wrong(`layout ${front.layout} is not one of a ${front.input}`);
    if (hasBatch(front.layout) !== (batch !== "none"))
      throw wrong(
        `its input ${show} has ${batch === "none" ? "no" : "a"} batch, unlike layout ${front.layout}`,
      );
    return front.layout;
  }
  const bands = waveform ? undefined : bandsOf(front);
  const guesses = guessLayout(input.shape, { waveform, batch: batch !== "none", ...(bands && { bands }) });
  const [guess, other] = guesses;
  if (guess && !other) return guess;
  if (guess) {
    throw wrong(
      `its input ${show} does not tell which axis is time (the front has ${bands} bands); add "layout": "${guess}" or ` +
        `"${other}" to the front`,
    );
  }
  const turned = guessLayout(input.shape, { waveform: !waveform, batch: batch !== "none" });
  if (!waveform && turned.length > 0) {
    throw wrong(
      `its input ${show} takes samples, so its spectrogram is inside the file: say --front ` +
        `input=waveform,sampleRate=${front.sampleRate}, with what is done to the samples before`,
    );
  }
  const channels = input.shape.length === 4 ? Number(input.shape[1]) : 1;
  if (!waveform && channels > 1) {
    throw wrong(`its input ${show} has ${channels} channels; classifiers of one picture can be explained`);
  }
  throw wrong(
    waveform
      ? `its input is ${show}; a waveform is [batch, samples], [batch, 1, samples] or [batch, samples, 1]` +
          (turned.length > 0
            ? "; of a picture, the front says how it is made: input=mel,nFft=...,nMels=..."
            : "")
      : `its input is ${show}; a spectrogram is [batch, 1, time, bands], [batch, time, bands] or [batch, time, bands, 1]`,
  );
}

/** The network with the sizes of one window in place of names. */
function sizedGraph(read: ReadClassifier, shape: (number | string)[], wrong: (what: string) => Error) {
  const graph = new GraphBuilder();
  const input = graph.input("input", "float32", shape);
  try {
    const copyOf = inline(graph, read.graph, input);
    const logits = copyOf(read.logits);
    if (logits.shape.length !== 2 || logits.shape[1] !== read.classes) {
      throw new Error(`it would answer [${logits.shape.join(", ")}]`);
    }
    return { graph, logits };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw wrong(
      `it cannot be given an input [${shape.join(", ")}], which the front makes of a window: ${reason}`,
    );
  }
}

/** Masks can be drawn on the classifier's own picture where it says the same when nothing is heard everywhere. */
function featureMapOf(
  front: Front,
  [time, frequency]: readonly number[],
  centres: readonly number[],
  bins: number,
): FeatureMap | undefined {
  const silent = front.input === "waveform" ? undefined : silentValue(front);
  if (silent === undefined) return undefined;
  return { time, frequency, silent, toBins: interpolationFrom(centres, bins) };
}
