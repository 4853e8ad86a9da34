/** L-MAC (Paissan et al. 2024, arXiv 2403.13086): a trained decoder reads the classifier's latents and draws the mask. */
import type { Masking } from "../../dsp/index.ts";
import { UsageError } from "../errors.ts";
import { channelsOf, type DecoderShape, decodeMask, isAsked, masksFeatures } from "../networks/decoder.ts";
import { FrozenLayers } from "../networks/frozen-layers.ts";
import { EVERYDAY_DECODER } from "../networks/streaming/stream-decoder.ts";
import { LmacBatches, MixtureBatches } from "../training/lmac-batches.ts";
import type { Ingredients, TrainingRecipe } from "../training/recipe.ts";
import { loadRun, type MethodMeta, type Weights } from "../training/weights-file.ts";
import { type ExplanationMethod, fixedPasses, type LearntMethod } from "./method.ts";
import { type GuidanceOptions, guidance } from "./parts/lmac-guidance.ts";
import { heardAnew, IMPROVED, lmacModel, lmacTask, PUBLISHED } from "./parts/lmac-loss.ts";

/** The one training of L-MAC as improved here, as published (`published`) and in its second stage (`finetune`). */
export interface LmacOptions {
  published?: boolean;
  keep: number;
  rest: number;
  restCap: number;
  gain: number;
  sparsity: number;
  /** Channels of the decoder's levels, deep to shallow. */
  channels: readonly number[];
  masking?: Masking;
  /** Masks on the classifier's own input, which cannot be heard. */
  features?: boolean;
  /** Run folder of the decoder whose second stage this is. */
  finetune?: string;
  guidance: GuidanceOptions["loss"];
  guidanceWeight: number;
  guidanceThreshold: number;
}

const EXAMPLES = `
Examples:
  the improved loss, plain L-MAC as published, and its second stage (L-MAC FT):
  $ listenable train lmac --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/lmac
  $ listenable train lmac --published --sparsity 1.5 --classifier runs/classifier \\
      --data ESC-50 --folds 1,2,3 --speech speech --out runs/plain
  $ listenable train lmac --published --sparsity 1.5 --finetune runs/plain --rate 5e-4 --steps 600 \\
      --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/ft
`;

export const LMAC_TRAINING: TrainingRecipe<LmacOptions> = {
  name: "lmac",
  description: "train the L-MAC decoder of a classifier",
  course: { steps: 1200, batch: 16, rate: 2e-3, decay: 1e-4 },
  examples: EXAMPLES,
  options: [
    {
      flags: "--published",
      description:
        "the loss as published: λ_in 4, λ_out 0.2, no cap, no gain, masked windows normalised anew; needs --sparsity",
      kind: "flag",
      conflicts: ["keep", "rest", "restCap", "gain"],
    },
    {
      flags: "--keep <weight>",
      description: "λ_in, weight of the class of the kept part",
      kind: "positive",
      default: IMPROVED.keep,
    },
    {
      flags: "--rest <weight>",
      description: "λ_out, weight of the class of the rest",
      kind: "positive",
      default: IMPROVED.rest,
    },
    {
      flags: "--gain <weight>",
      description: "λ_gain, weight of being no less sure than the whole",
      kind: "number",
      default: IMPROVED.gain,
    },
    {
      flags: "--rest-cap <nats>",
      description: "cross-entropy of the rest beyond which nothing is gained",
      kind: "unbounded",
      default: IMPROVED.restCap,
    },
    {
      flags: "--sparsity <weight>",
      description:
        "λ_s, weight of the mask's mean: higher gives smaller masks. With --published 1 to 2 suits windows of a second " +
        "(0.4, the published figure, gives large masks: the published code adds it up over a batch of 16)",
      kind: "positive",
      default: 6,
    },
    {
      flags: "--channels <list>",
      description: "channels of the decoder's levels, deep to shallow",
      kind: "wholes",
      default: [40, 32, 20, 12],
    },
    {
      flags: "--masking <domain>",
      description:
        "what the mask multiplies: |X| (linear, the default) or log1p|X| (as the published code); the pack follows",
      kind: "text",
      choices: ["linear", "log1p"],
    },
    {
      flags: "--features",
      description:
        "masks on the classifier's own input, which cannot be heard: for evaluate's \"not listenable\" rows",
      kind: "flag",
      conflicts: ["masking"],
    },
    {
      flags: "--finetune <dir>",
      description: "second stage: go on from the decoder of this run, guided by the clean sounds",
      kind: "text",
    },
    {
      flags: "--guidance <loss>",
      description:
        "with --finetune. bce: the mask against the clean spectrum's loud bins, as published; l1: what is kept against the clean magnitudes",
      kind: "text",
      choices: ["bce", "l1"],
      default: "bce",
    },
    {
      flags: "--guidance-weight <weight>",
      description: "λ_g, weight of the guidance",
      kind: "positive",
      default: 4,
    },
    {
      flags: "--guidance-threshold <p>",
      description: "windows are guided from this similarity of the kept part and the clean sound on",
      kind: "share",
      default: 0.6,
    },
  ],
  check(given) {
    if (given.published && given.sparsity === undefined) {
      throw new UsageError("--published needs --sparsity: 1 to 2 suits windows of a second");
    }
    const guided = [given.guidance, given.guidanceWeight, given.guidanceThreshold];
    if (!given.finetune && guided.some((value) => value !== undefined)) {
      throw new UsageError(
        "guidance belongs to the second stage: give --finetune with the run folder of a decoder",
      );
    }
  },
  async prepare(options, ingredients) {
    const { published, channels } = options;
    const first = options.finetune ? await loadRun<DecoderShape>(options.finetune, "lmac") : undefined;
    const masking = options.masking ?? first?.meta.masking ?? "linear";
    if (first) checkFirstStage(first, masking, options, ingredients);
    const { classes: pools } = await ingredients.pools();
    const streaming = ingredients.weights.meta.kind === "stream-classifier";
    if (streaming && options.features) {
      throw new UsageError(
        "the decoder of a streaming classifier masks the spectrogram; leave --features out",
      );
    }
    const shape: DecoderShape =
      first?.meta.shape ??
      (streaming ? EVERYDAY_DECODER : { channels, ...(options.features && { features: true }) });
    const { keep, gain, rest, restCap, sparsity } = { ...options, ...(published && PUBLISHED) };
    const weights = { keep, gain, rest, restCap, sparsity };
    const guided: GuidanceOptions = {
      loss: options.guidance,
      weight: options.guidanceWeight,
      threshold: options.guidanceThreshold,
    };
    const { classifier } = ingredients;
    const { frames } = classifier;
    const task = lmacTask(
      lmacModel(published ? heardAnew(classifier) : classifier, shape),
      weights,
      first ? new MixtureBatches(pools, frames) : new LmacBatches(pools, frames),
      { masking, ...(first && { guide: (g, windows) => guidance(g, windows, guided), from: first.values }) },
    );
    const settings = {
      ...(published && { published: true }),
      ...weights,
      ...(masking !== "linear" && { masking }),
      ...(masksFeatures(shape) && { features: true }),
      ...(first && { guidance: guided, firstStage: first.meta.settings }),
      ...channelsOf(shape),
    };
    const method = first ? "lmac-ft" : published ? "lmac-plain" : "lmac";
    return { task, settings, meta: { kind: "lmac", method, masking, shape }, from: first?.meta };
  },
};

/** A decoder reads the latents of one classifier, in one masking domain. */
function checkFirstStage(
  { meta: first }: Weights<MethodMeta<DecoderShape>>,
  masking: Masking,
  { finetune, features }: LmacOptions,
  { weights, folder }: Ingredients,
): void {
  if (JSON.stringify(first.settings["classifier"]) !== JSON.stringify(weights.meta.settings)) {
    throw new Error(`the decoder in ${finetune} was not trained for the classifier in ${folder}`);
  }
  if (features && !masksFeatures(first.shape)) {
    throw new Error(`the decoder in ${finetune} masks the spectrogram; leave --features out`);
  }
  const before = first.masking ?? "linear";
  if (before !== masking) {
    throw new Error(`the decoder in ${finetune} was trained with --masking ${before}; leave --masking out`);
  }
}

/** What all methods of L-MAC's decoder share: the mask is what it draws. */
export const DECODED: Omit<LearntMethod<DecoderShape>, "recipe"> = {
  kind: "lmac",
  place: (shape) => (masksFeatures(shape) ? "features" : "spectrogram"),
  mask(scene, { values, shape }) {
    const query = isAsked(shape) ? scene.chosen : undefined;
    return decodeMask(new FrozenLayers(scene.g, values), scene.classifier, scene.answer(), shape, query);
  },
};

export const LMAC: ExplanationMethod = {
  name: "lmac",
  title: "L-MAC",
  description: "A trained decoder reads the classifier's latents and draws the mask.",
  parameters: [],
  target: false,
  readsLatents: true,
  passes: fixedPasses(1, 0),
  learnt: { ...DECODED, recipe: LMAC_TRAINING },
};
