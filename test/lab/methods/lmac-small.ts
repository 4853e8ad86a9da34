// The method that lab/methods/README.md shows, as it stands there.
import { DECODED } from "../../../lab/methods/lmac.ts";
import { type ExplanationMethod, fixedPasses } from "../../../lab/methods/method.ts";
import { IMPROVED, lmacModel, lmacTask } from "../../../lab/methods/parts/lmac-loss.ts";
import { LmacBatches } from "../../../lab/training/lmac-batches.ts";
import type { TrainingRecipe } from "../../../lab/training/recipe.ts";

const RECIPE: TrainingRecipe<{ bands: number; sparsity: number }> = {
  name: "small",
  description: "train a small decoder, for any latents",
  course: { steps: 800, batch: 16, rate: 2e-3, decay: 1e-4 },
  options: [
    { flags: "--bands <n>", description: "bands of the mask", kind: "whole", default: 32 },
    { flags: "--sparsity <weight>", description: "weight of the mask's mean", kind: "positive", default: 6 },
  ],
  async prepare({ bands, sparsity }, { classifier, pools }) {
    const centres = Array.from({ length: bands }, (_, k) => (k * (classifier.bins - 1)) / (bands - 1));
    const shape = { channels: 12, centres };
    const batches = new LmacBatches((await pools()).classes);
    const task = lmacTask(lmacModel(classifier, shape), { ...IMPROVED, sparsity }, batches);
    return { task, settings: { bands, sparsity }, meta: { kind: "lmac", method: "lmac-small", shape } };
  },
};

export const LMAC_SMALL: ExplanationMethod = {
  name: "lmac-small",
  title: "L-MAC, small",
  description: "A decoder of few channels draws the mask in bands of equal width.",
  parameters: [],
  target: false,
  readsLatents: true,
  passes: fixedPasses(1, 0),
  learnt: { ...DECODED, recipe: RECIPE },
};
