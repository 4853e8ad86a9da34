import type { GraphBuilder } from "./builder.ts";
import type { Operand } from "./expressions.ts";
import type { Tensor } from "./types.ts";

export interface AdamStep {
  parameter: Tensor;
  gradient: Tensor;
  /** Running means of the gradient and of its square, shaped like the parameter; zeros to begin with. */
  m: Tensor;
  v: Tensor;
  learningRate: Operand;
  /** beta1^t and beta2^t of this step t = 1, 2, ...: scalars, fed at every run. */
  beta1Power: Operand;
  beta2Power: Operand;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /**
   * Decoupled weight decay (AdamW, https://arxiv.org/abs/1711.05101); 0 gives plain Adam. A tensor shaped like the
   * parameter decays each element at its own rate.
   */
  weightDecay?: Operand;
}

/**
 * One step of Adam or AdamW (https://arxiv.org/abs/1412.6980, as PyTorch computes it) in plain operators.
 * Returns the new parameter, m and v.
 */
export function adamStep(
  g: GraphBuilder,
  {
    parameter,
    gradient,
    m,
    v,
    learningRate,
    beta1Power,
    beta2Power,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
  }: AdamStep,
): { parameter: Tensor; m: Tensor; v: Tensor } {
  const nextM = g.add(g.mul(m, beta1), g.mul(gradient, 1 - beta1));
  const nextV = g.add(g.mul(v, beta2), g.mul(g.mul(gradient, gradient), 1 - beta2));
  // The bias corrections are scalars: fold them into the rate and epsilon instead of touching every element.
  const correction = g.sqrt(g.sub(1, beta2Power));
  const rate = g.div(g.mul(learningRate, correction), g.sub(1, beta1Power));
  const update = g.div(g.mul(nextM, rate), g.add(g.sqrt(nextV), g.mul(correction, epsilon)));
  const decayed =
    weightDecay === 0 ? parameter : g.mul(parameter, g.sub(1, g.mul(learningRate, weightDecay)));
  return { parameter: g.sub(decayed, update), m: nextM, v: nextV };
}
