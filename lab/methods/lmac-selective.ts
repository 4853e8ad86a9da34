/**
 * L-MAC that is asked about a class, trained on mixtures whose parts are known. To L-MAC's terms (see `parts/lmac-loss.ts`),
 * which here hold for the class q that is asked about where it is there, it adds, with S the part of q's class and N the
 * other part:
 *
 *   λ_sep · max(0, ln D − ln D₀ + aim)      D = (‖(1−M)⊙S‖² + ‖M⊙N‖²) / ‖S‖², D₀ = ‖N‖² / ‖S‖²
 *   λ_sel · (ln ‖M⊙N‖² / ‖N‖² − ln ‖M⊙S‖² / ‖S‖²)
 *
 * The first is the distortion of what is kept, against that of the mixture itself: what SI-SDR improvement measures. It
 * wants all of S. The second wants the parts told apart, however little of S is left. Where q is not there:
 *
 *   λ_absent · mean(M) + λ_force · max(0, odds_q(M⊙X) − odds_q(X) + 1/2)
 *
 * so that asking for a class cannot make the classifier hear it. Here M⊙X is heard as a window of its own: at the level of
 * the whole a faint residue is nothing, but whoever listens to it alone turns it up.
 *
 * Where q is there and its threshold is known (θ, in log-odds), whether it is believed must stay as it is:
 *
 *   λ_flip · max(0, odds_q(M⊙X) − θ + 0.2) where odds_q(X) < θ
 *
 * and there the kept part gains λ_gain's term by no more than 0.1 nats to spare instead of 0.5: the room up to θ may be small.
 *
 * A class that the classifier says and of which no part is known is plain L-MAC: the winner, and of independent classes every
 * one that it believes. Of these L-MAC's first term asks that the kept part have the whole's probability, as whether each is believed
 * is a question of its own and must be answered alike.
 */

import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import {
  type AnswerForm,
  absence,
  explainedClass,
  heardClasses,
  logOdds,
  neededOdds,
  unlikeWhole,
} from "../networks/answers.ts";
import { channelsOf, type DecoderShape, decodeMask } from "../networks/decoder.ts";
import { type ExplainedClassifier, windowInputs } from "../networks/explained-classifier.ts";
import { EVERYDAY_DECODER } from "../networks/streaming/stream-decoder.ts";
import { planWeights } from "../networks/training-layers.ts";
import { AskedMixtures } from "../training/asked-mixtures.ts";
import type { TrainingRecipe } from "../training/recipe.ts";
import { readThresholds, thresholdsByClass } from "../training/thresholds-file.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { DECODED } from "./lmac.ts";
import { type ExplanationMethod, fixedPasses } from "./method.ts";
import {
  frozenAnswer,
  heardAnew,
  judgeParts,
  type LmacWeights,
  lostOdds,
  type MaskedLogits,
} from "./parts/lmac-loss.ts";

export interface SelectiveWeights extends LmacWeights {
  /** λ_sep: what is kept must be nearer to the part than the mixture is. */
  readonly separation: number;
  /** Nats of distortion below the mixture's beyond which nothing is gained. */
  readonly aim: number;
  /** λ_sel: less of the other part must be kept than of the part. */
  readonly selectivity: number;
  /** λ_absent: a class that is not there has an empty mask. */
  readonly absent: number;
  /** λ_force: and is not heard in what is kept. */
  readonly force: number;
  /** λ_flip: what is not believed of the whole is not believed of what is kept. */
  readonly flip: number;
}

/** Keep the logarithms from running away: distortions below −20 dB, kept shares below −15 and −20 dB gain nothing. */
const LEAST_DISTORTION = 0.01;
const LEAST_KEPT_OTHER = 0.03;
const LEAST_KEPT = 0.01;
/** A second part fainter than this share of the first counts as none. */
const AUDIBLE = 1e-4;
/** Nats by which the kept part is to be surer than the whole, where the class is believed and where it is not. */
const [BELIEVED_SPARE, DOUBTED_SPARE] = [0.5, 0.1];
/** Nats below its threshold at which a class that is not believed is to stay. */
const FLIP_SPARE = 0.2;
/** Energy that keeps silent parts from dividing by zero. */
const TINY = 1e-3;

function selectiveTask(
  classifier: ExplainedClassifier,
  decoder: DecoderShape,
  weights: SelectiveWeights,
  batches: AskedMixtures,
): TrainingTask {
  const { frames, bins, classes } = classifier;
  return {
    plan: planWeights((layers) => {
      const windows = windowInputs(layers.g, classifier, 1);
      const query = layers.g.input("query", "float32", [1, classes]);
      decodeMask(layers, classifier, frozenAnswer(layers.g, classifier, windows), decoder, query);
    }),
    loss(g, layers, batch) {
      const picture = (name: string) => g.input(name, "float32", [batch, frames, bins]);
      const perClass = (name: string) => g.input(name, "float32", [batch, classes]);
      const windows = windowInputs(g, classifier, batch);
      const parts = { first: picture("first"), second: picture("second") };
      const partClasses = { first: perClass("first_class"), second: perClass("second_class") };
      const asked = perClass("asked");

      const whole = frozenAnswer(g, classifier, windows);
      const query = explainedClass(g, classifier, whole.logits, { among: asked });
      const mask = decodeMask(layers, classifier, whole, decoder, query);
      const kept = g.mul(mask, windows.magnitudes);
      const rest = g.sub(windows.magnitudes, kept);
      const [ofKept, ofRest] = judgeParts(g, classifier, windows, [kept, rest], batch);
      const [ofResidue] = judgeParts(g, heardAnew(classifier), windows, [kept], batch);

      const there = presenceOf(g, query, partClasses, heardClasses(g, classifier, whole.logits));
      const logits = { whole: whole.logits, kept: ofKept, rest: ofRest, residue: ofResidue };
      const terms = {
        ...classTerms(g, classifier, query, logits, there, weights.restCap),
        ...partTerms(g, mask, parts, there, weights.aim),
      };
      const { force, ...others } = terms;
      return { loss: weighted(g, terms, weights), logged: { ...others, force } };
    },
    feeds: (random, batch) => ({ ...batches.next(random, batch) }),
  };
}

/** What is there of the class that is asked about, in each window [B]: 1 or 0. */
export interface Presence {
  readonly asFirst: Tensor;
  readonly asSecond: Tensor;
  /** Whether it is the class of a part that is known. */
  readonly known: Tensor;
  /** Whether the classifier says it of the whole. */
  readonly asHeard: Tensor;
  readonly anyhow: Tensor;
  readonly absent: Tensor;
}

function presenceOf(
  g: GraphBuilder,
  query: Tensor,
  { first, second }: { readonly first: Tensor; readonly second: Tensor },
  heard: Tensor,
): Presence {
  const is = (classes: Tensor) => g.reduceSum(g.mul(query, classes), [1]);
  const [asFirst, asSecond, asHeard] = [first, second, heard].map(is);
  const known = g.add(asFirst, asSecond);
  const anyhow = g.op("Max", [known, asHeard]);
  return { asFirst, asSecond, known, asHeard, anyhow, absent: g.sub(1, anyhow) };
}

/** Mean over all windows of values [B] that count in some of them. */
function meanWhere(g: GraphBuilder, where: Tensor, values: Tensor): Tensor {
  return g.reduceMean(g.mul(where, values));
}

/** The terms on what the classifier says of the kept part, of the rest, and of the kept part heard on its own. */
export function classTerms(
  g: GraphBuilder,
  form: AnswerForm,
  query: Tensor,
  logits: MaskedLogits & { readonly residue: Tensor },
  there: Presence,
  restCap: number,
) {
  const odds = (of: Tensor) => logOdds(g, form, of, query);
  const before = g.stopGradient(odds(logits.whole));
  const gained = g.sub(odds(logits.residue), before);
  const { spare, flip } = stayingAsItIs(g, form, query, before, odds(logits.kept));
  return {
    keep: meanWhere(g, there.anyhow, unlikeWhole(g, form, logits.kept, query, before)),
    gain: meanWhere(g, there.asHeard, lostOdds(g, before, odds(logits.kept), spare)),
    rest: meanWhere(g, there.asHeard, absence(g, form, logits.rest, query, restCap)),
    flip: meanWhere(g, there.anyhow, flip),
    force: meanWhere(g, there.absent, g.relu(g.add(gained, g.constant(0.5)))),
  };
}

/** λ_flip's term [B], and the nats that the kept part is to be surer by; without thresholds nothing is known of a flip. */
function stayingAsItIs(g: GraphBuilder, form: AnswerForm, query: Tensor, ofWhole: Tensor, ofKept: Tensor) {
  const needed = neededOdds(g, form, query);
  if (!needed) return { spare: g.constant(BELIEVED_SPARE), flip: g.mul(ofWhole, 0) };
  const doubted = g.cast(g.op("Less", [ofWhole, needed]), "float32");
  const beyond = g.relu(g.add(g.sub(ofKept, needed), g.constant(FLIP_SPARE)));
  return {
    spare: g.sub(BELIEVED_SPARE, g.mul(doubted, g.constant(BELIEVED_SPARE - DOUBTED_SPARE))),
    flip: g.mul(doubted, beyond),
  };
}

/** The terms on the mask [B, T, F] itself, and on what it keeps of the parts. */
function partTerms(
  g: GraphBuilder,
  mask: Tensor,
  { first, second }: { readonly first: Tensor; readonly second: Tensor },
  there: Presence,
  aim: number,
) {
  const spread = (where: Tensor) => g.reshape(where, [-1, 1, 1]);
  const chosen = (a: Tensor, b: Tensor) =>
    g.add(g.mul(spread(there.asFirst), a), g.mul(spread(there.asSecond), b));
  const { separation, selectivity } = parted(g, mask, chosen(first, second), chosen(second, first), aim);
  const maskMeans = g.reduceMean(mask, [1, 2]);
  return {
    sep: meanWhere(g, there.known, separation),
    sel: meanWhere(g, there.known, selectivity),
    mask: meanWhere(g, there.anyhow, maskMeans),
    absent: meanWhere(g, there.absent, maskMeans),
  };
}

type Terms = ReturnType<typeof classTerms> & ReturnType<typeof partTerms>;

function weighted(g: GraphBuilder, terms: Terms, weights: SelectiveWeights): Tensor {
  const sum: readonly (readonly [Tensor, number])[] = [
    [terms.keep, weights.keep],
    [terms.gain, weights.gain],
    [terms.rest, -weights.rest],
    [terms.mask, weights.sparsity],
    [terms.sep, weights.separation],
    [terms.sel, weights.selectivity],
    [terms.absent, weights.absent],
    [terms.force, weights.force],
    [terms.flip, weights.flip],
  ];
  return sum.map(([term, weight]) => g.mul(term, g.constant(weight))).reduce((all, term) => g.add(all, term));
}

/** Of each window [B], the two terms above for a mask on a part and on what lies beside it, all [B, T, F]. */
export function parted(
  g: GraphBuilder,
  mask: Tensor,
  part: Tensor,
  beside: Tensor,
  aim: number,
): { separation: Tensor; selectivity: Tensor } {
  const energy = (x: Tensor) => g.reduceSum(g.mul(x, x), [1, 2]);
  const logarithm = (x: Tensor, least: number) => g.log(g.add(x, g.constant(least)));
  const partEnergy = g.add(energy(part), g.constant(TINY));
  const besideEnergy = g.add(energy(beside), g.constant(TINY));
  const keptPart = g.mul(mask, part);
  const keptBeside = energy(g.mul(mask, beside));
  const before = g.div(besideEnergy, partEnergy);
  const after = g.div(g.add(energy(g.sub(part, keptPart)), keptBeside), partEnergy);
  const worse = g.sub(logarithm(after, LEAST_DISTORTION), logarithm(before, LEAST_DISTORTION));
  const two = g.cast(g.op("Greater", [before, g.constant(AUDIBLE)]), "float32");
  const ratio = g.sub(
    logarithm(g.div(keptBeside, besideEnergy), LEAST_KEPT_OTHER),
    logarithm(g.div(energy(keptPart), partEnergy), LEAST_KEPT),
  );
  return { separation: g.relu(g.add(worse, g.constant(aim))), selectivity: g.mul(two, ratio) };
}

export interface SelectiveOptions extends SelectiveWeights {
  /** Channels of the decoder's levels, deep to shallow. */
  channels: readonly number[];
  /** Path of the file that says what each class is believed from. */
  thresholds?: string;
}

export const SELECTIVE_TRAINING: TrainingRecipe<SelectiveOptions> = {
  name: "selective",
  description: "train an L-MAC decoder that is asked about a class and parts it from other sounds",
  course: { steps: 2400, batch: 16, rate: 2e-3, decay: 1e-4 },
  options: [
    {
      flags: "--keep <weight>",
      description: "weight of the class of the kept part",
      kind: "positive",
      default: 2,
    },
    {
      flags: "--gain <weight>",
      description: "weight of being no less sure than the whole",
      kind: "number",
      default: 3.4,
    },
    {
      flags: "--rest <weight>",
      description: "weight of the class of the rest",
      kind: "number",
      default: 0.2,
    },
    {
      flags: "--rest-cap <nats>",
      description: "cross-entropy of the rest beyond which nothing is gained",
      kind: "positive",
      default: 3,
    },
    {
      flags: "--sparsity <weight>",
      description: "weight of the mask's mean: higher gives smaller masks",
      kind: "number",
      default: 20,
    },
    {
      flags: "--separation <weight>",
      description: "weight of the distortion: the whole part, and nothing else",
      kind: "number",
      default: 10.5,
    },
    {
      flags: "--aim <nats>",
      description: "distortion below the mixture's beyond which nothing is gained",
      kind: "positive",
      default: 2.5,
    },
    {
      flags: "--selectivity <weight>",
      description: "weight of keeping more of the part than of the others",
      kind: "number",
      default: 3,
    },
    {
      flags: "--absent <weight>",
      description: "weight of an empty mask for a class that is not there",
      kind: "number",
      default: 4,
    },
    {
      flags: "--force <weight>",
      description: "weight of not making the classifier hear a class that is not there",
      kind: "number",
      default: 2,
    },
    {
      flags: "--flip <weight>",
      description: "weight of not making a class believed that is not believed of the whole",
      kind: "number",
      default: 0,
    },
    {
      flags: "--thresholds <file>",
      description: "for --flip: what each class is believed from, as train thresholds writes it",
      kind: "text",
    },
    {
      flags: "--channels <list>",
      description: "channels of the decoder's levels, deep to shallow",
      kind: "wholes",
      default: [40, 32, 20, 12],
    },
  ],
  async prepare(options, { weights: { meta }, classifier, pools }) {
    const streaming = meta.kind === "stream-classifier";
    const { classes, beside } = await pools();
    const batches = new AskedMixtures(classes, {
      other: meta.other === undefined ? -1 : meta.labels.indexOf(meta.other),
      beside,
      frames: classifier.frames,
      onsets: streaming ? 0.35 : 0,
    });
    const shape: DecoderShape = streaming ? EVERYDAY_DECODER : { channels: options.channels, asked: true };
    const { keep, gain, rest, restCap, sparsity, separation, aim, selectivity, absent, force, flip } =
      options;
    const weights = {
      keep,
      gain,
      rest,
      restCap,
      sparsity,
      separation,
      aim,
      selectivity,
      absent,
      force,
      flip,
    };
    const thresholds =
      options.thresholds === undefined
        ? undefined
        : thresholdsByClass(meta.labels, await readThresholds(options.thresholds));
    return {
      task: selectiveTask({ ...classifier, thresholds }, shape, weights, batches),
      // Runs of before know nothing of thresholds, and go on.
      settings: { ...weights, flip: flip || undefined, thresholds, ...channelsOf(shape) },
      meta: { kind: "lmac", method: "lmac-selective", shape },
    };
  },
};

export const LMAC_SELECTIVE: ExplanationMethod = {
  name: "lmac-selective",
  title: "L-MAC, selective",
  description: "L-MAC that is asked about a class, trained to part it from other sounds.",
  parameters: [],
  target: true,
  readsLatents: true,
  passes: fixedPasses(1, 0),
  learnt: { ...DECODED, recipe: SELECTIVE_TRAINING },
};
