import { type ExplanationMethod, fixedPasses } from "./method.ts";

/** No explanation, but what explanations are measured against. */
export const ALL_ONES: ExplanationMethod = {
  name: "all-ones",
  title: "Everything (no mask)",
  description: "A mask that keeps everything: the row that every method is read against.",
  parameters: [],
  target: false,
  passes: fixedPasses(1, 0),
  mask: ({ g, point, maskShape }) => g.reshape(g.add(g.mul(point, 0), g.constant(1)), [-1, ...maskShape]),
};
