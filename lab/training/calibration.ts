import type { WeightValues } from "../networks/frozen-layers.ts";

/**
 * Trained weights whose logits are what they were, less `otherBias` for the class `other`, divided by `temperature`.
 * Both are affine in the logits, so they live in the head's weights and no graph knows of them.
 *
 * While training, "none of these" is made easy to say; the bias sets how readily it is said in the end.
 */
export function calibrated(
  values: WeightValues,
  other: number,
  otherBias: number,
  temperature: number,
): WeightValues {
  const bias = values.get("classifier.head.bias");
  const weight = values.get("classifier.head.weight");
  if (!bias || !weight) throw new Error("these weights have no classifier.head");
  return new Map([
    ...values,
    ["classifier.head.weight", weight.map((value) => value / temperature)],
    ["classifier.head.bias", bias.map((value, k) => (value - (k === other ? otherBias : 0)) / temperature)],
  ]);
}
