import type { OperatorFamily, OperatorRule } from "../rule.ts";
import { attentionFamily } from "./attention.ts";
import { convolution } from "./conv.ts";
import { einsumFamily } from "./einsum.ts";
import { elementwise } from "./elementwise.ts";
import { fourier } from "./fourier.ts";
import { indexing } from "./indexing.ts";
import { matmulFamily } from "./matmul.ts";
import { normalization } from "./normalization.ts";
import { pool } from "./pool.ts";
import { recurrentFamily } from "./recurrent.ts";
import { reduce } from "./reduce.ts";
import { resizeFamily } from "./resize.ts";
import { shapeFamily } from "./shape.ts";
import { sizes } from "./sizes.ts";

const RULES = new Map<string, OperatorRule>(
  [
    elementwise,
    convolution,
    matmulFamily,
    normalization,
    pool,
    reduce,
    resizeFamily,
    shapeFamily,
    indexing,
    sizes,
    recurrentFamily,
    fourier,
    attentionFamily,
    einsumFamily,
  ].flatMap((family: OperatorFamily) => Object.entries(family)),
);

/** The rule of an operator; an unknown one is refused by name. */
export function ruleOf(op: string, node: string): OperatorRule {
  const rule = RULES.get(op);
  if (!rule) {
    throw new Error(
      `The operator "${op}" (node "${node}") is not supported; supported are ${[...RULES.keys()].sort().join(", ")}`,
    );
  }
  return rule;
}
