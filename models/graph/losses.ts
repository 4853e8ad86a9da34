import type { GraphBuilder } from "./builder.ts";
import type { Tensor } from "./types.ts";

/** Mean over the batch of -sum(targets * log softmax(logits)); `logits` and `targets` are [B, C], targets may be soft. */
export function crossEntropy(g: GraphBuilder, logits: Tensor, targets: Tensor): Tensor {
  const logProbabilities = g.op("LogSoftmax", [logits], { axis: -1 });
  return g.neg(g.reduceMean(g.reduceSum(g.mul(logProbabilities, targets), [-1])));
}

/** Mean over all elements of the binary cross-entropy between sigmoid(logits) and `targets` in [0, 1]. */
export function binaryCrossEntropy(g: GraphBuilder, logits: Tensor, targets: Tensor): Tensor {
  return g.reduceMean(g.sub(g.op("Softplus", [logits]), g.mul(logits, targets)));
}
