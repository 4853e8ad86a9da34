/** Operators that are written out in others: their gradients are those of what they are made of. */
import type { GraphBuilder } from "../builder.ts";
import { describe, type OperatorRule } from "../rule.ts";
import type { Call, Tensor } from "../types.ts";

export function composed(
  build: (call: Call, g: GraphBuilder) => readonly Tensor[] | Tensor,
  /** The types of what cannot be written out yet, as where a size is only a name. */
  infer?: OperatorRule["infer"],
): OperatorRule {
  return {
    rewrite: (call, g) => {
      const built = build(call, g);
      const outputs = Array.isArray(built) ? (built as readonly Tensor[]) : [built as Tensor];
      return outputs.length > 0 ? outputs : undefined;
    },
    infer:
      infer ??
      ((call) => {
        throw new Error(`${describe(call)} cannot be written in other operators`);
      }),
  };
}

/** What only some files have, refused by name. */
export function refuseInputs(call: Call, names: readonly (string | undefined)[]): void {
  for (const [index, name] of names.entries()) {
    if (name !== undefined && call.inputs[index])
      throw new Error(`${describe(call)}: ${name} is not supported`);
  }
}
