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
 * A winner of which no part is known is plain L-MAC.
 */

import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import { type DecoderShape, decodeMask } from "../networks/decoder.ts";
import { type ExplainedClassifier, explainedClass, windowInputs } from "../networks/explained-classifier.ts";
import { planWeights } from "../networks/training-layers.ts";
import { AskedMixtures } from "../training/asked-mixtures.ts";
import type { TrainingRecipe } from "../training/recipe.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { DECODED } from "./lmac.ts";
import { type ExplanationMethod, fixedPasses } from "./method.ts";
import {
  frozenAnswer,
  heardAnew,
  judgeParts,
  type LmacWeights,
  logOdds,
  lostOdds,
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
}

/** Keep the logarithms from running away: distortions below −20 dB, kept shares below −15 and −20 dB gain nothing. */
const LEAST_DISTORTION = 0.01;
const LEAST_KEPT_OTHER = 0.03;
const LEAST_KEPT = 0.01;
/** A second part fainter than this share of the first counts as none. */
const AUDIBLE = 1e-4;
/** Energy that keeps silent parts from dividing by zero. */
const TINY = 1e-3;

export function selectiveTask(
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
      const { magnitudes } = windows;
      const first = picture("first");
      const second = picture("second");
      const firstClass = perClass("first_class");
      const secondClass = perClass("second_class");
      const asked = perClass("asked");

      const whole = frozenAnswer(g, classifier, windows);
      const winner = explainedClass(g, whole.logits);
      const query = mostProbable(g, whole.logits, asked);
      const mask = decodeMask(layers, classifier, whole, decoder, query);
      const kept = g.mul(mask, magnitudes);
      const parts = [kept, g.sub(magnitudes, kept)];
      const [ofKept, ofRest] = judgeParts(g, classifier, windows, parts, batch);

      const dot = (a: Tensor, b: Tensor) => g.reduceSum(g.mul(a, b), [1]);
      const isFirst = dot(query, firstClass);
      const isSecond = dot(query, secondClass);
      const known = g.add(isFirst, isSecond);
      const isWinner = dot(query, winner);
      const there = g.op("Max", [known, isWinner]);
      const absent = g.sub(1, there);
      const meanWhere = (where: Tensor, values: Tensor) => g.reduceMean(g.mul(where, values));

      const crossEntropy = (logits: Tensor) => g.neg(dot(query, g.op("LogSoftmax", [logits], { axis: 1 })));
      const oddsBefore = g.stopGradient(logOdds(g, whole.logits, query));
      const oddsAfter = logOdds(g, ofKept, query);
      const keep = meanWhere(there, crossEntropy(ofKept));
      const gain = meanWhere(isWinner, lostOdds(g, oddsBefore, oddsAfter));
      const rest = meanWhere(isWinner, g.op("Min", [crossEntropy(ofRest), g.constant(weights.restCap)]));
      const [ofResidue] = judgeParts(g, heardAnew(classifier), windows, [kept], batch);
      const gained = g.sub(logOdds(g, ofResidue, query), oddsBefore);
      const force = meanWhere(absent, g.relu(g.add(gained, g.constant(0.5))));

      const chosen = (a: Tensor, b: Tensor) => {
        const spread = (where: Tensor) => g.reshape(where, [batch, 1, 1]);
        return g.add(g.mul(spread(isFirst), a), g.mul(spread(isSecond), b));
      };
      const { separation, selectivity } = parted(
        g,
        mask,
        chosen(first, second),
        chosen(second, first),
        weights.aim,
      );
      const sep = meanWhere(known, separation);
      const sel = meanWhere(known, selectivity);

      const maskMeans = g.reduceMean(mask, [1, 2]);
      const size = meanWhere(there, maskMeans);
      const empty = meanWhere(absent, maskMeans);
      const loss = [
        [keep, weights.keep],
        [gain, weights.gain],
        [rest, -weights.rest],
        [size, weights.sparsity],
        [sep, weights.separation],
        [sel, weights.selectivity],
        [empty, weights.absent],
        [force, weights.force],
      ]
        .map(([term, weight]) => g.mul(term as Tensor, g.constant(weight as number)))
        .reduce((sum, term) => g.add(sum, term));
      return { loss, logged: { keep, gain, rest, sep, sel, mask: size, absent: empty, force } };
    },
    feeds: (random, batch) => ({ ...batches.next(random, batch) }),
  };
}

/** One-hot of the largest logit among the classes [B, classes] that are 1. */
function mostProbable(g: GraphBuilder, logits: Tensor, among: Tensor): Tensor {
  return explainedClass(g, g.add(logits, g.mul(g.sub(among, g.constant(1)), g.constant(1e4))));
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
      flags: "--channels <list>",
      description: "channels of the decoder's levels, deep to shallow",
      kind: "wholes",
      default: [40, 32, 20, 12],
    },
  ],
  async prepare(options, { weights: { meta }, classifier, pools }) {
    const batches = new AskedMixtures(await pools(), meta.labels.indexOf(meta.other));
    const shape = { channels: options.channels, asked: true };
    const { keep, gain, rest, restCap, sparsity, separation, aim, selectivity, absent, force } = options;
    const weights = { keep, gain, rest, restCap, sparsity, separation, aim, selectivity, absent, force };
    return {
      task: selectiveTask(classifier, shape, weights, batches),
      settings: { ...weights, channels: shape.channels },
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
  passes: fixedPasses(1, 0),
  learnt: { ...DECODED, recipe: SELECTIVE_TRAINING },
};
