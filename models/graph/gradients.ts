import { materialize, zerosLike } from "./broadcast.ts";
import type { GraphBuilder } from "./builder.ts";
import { ruleOf } from "./operators/index.ts";
import { describe, type GradientContext, type GradientRule } from "./rule.ts";
import { showShape } from "./shapes.ts";
import { isFloat, type Node, type Tensor } from "./types.ts";

export interface GradientOptions {
  /** Gradient to start from, shaped like (or broadcastable to) the differentiated tensor; ones without. */
  seed?: Tensor;
  /** Rules that replace those of whole operators, for guided backpropagation and the like. */
  overrides?: Readonly<Record<string, GradientRule | undefined>> | undefined;
}

/** Nodes between `targets` and `of`: those whose gradient is needed. */
function nodesBetween(
  g: GraphBuilder,
  of: Tensor,
  targets: readonly Tensor[],
): { path: Node[]; alive: Set<Tensor> } {
  const alive = new Set<Tensor>(targets);
  for (const node of g.nodes) {
    if (g.isStopped(node.outputs[0])) continue;
    if (!node.inputs.some((input) => input && alive.has(input))) continue;
    for (const output of node.outputs) if (isFloat(output.dtype)) alive.add(output);
  }
  const wanted = new Set<Tensor>([of]);
  const path: Node[] = [];
  for (const node of [...g.nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output) && alive.has(output))) continue;
    if (!node.inputs.some((input) => input && alive.has(input)) || g.isStopped(node.outputs[0])) continue;
    path.push(node);
    for (const input of node.inputs) if (input) wanted.add(input);
  }
  return { path, alive };
}

/** Whether `of` is computed from `target`, so that there is a gradient by it. */
export function dependsOn(g: GraphBuilder, of: Tensor, target: Tensor): boolean {
  return of === target || nodesBetween(g, of, [target]).path.length > 0;
}

/**
 * Appends the nodes that compute d `of` / d target to the graph and returns the gradients, each with the shape of
 * its target. Where `of` has several elements, the gradient is that of their sum, or of their sum weighted by `seed`.
 * A target that `of` does not depend on gets zeros: `dependsOn` tells, `held` keeps a target from being rewritten away.
 *
 * @throws Error naming operator and node where a gradient would have to pass an operator without a rule.
 */
export function gradients(
  g: GraphBuilder,
  of: Tensor,
  targets: readonly Tensor[],
  { seed, overrides = {} }: GradientOptions = {},
): Tensor[] {
  if (!isFloat(of.dtype))
    throw new Error(`gradients: "${of.name}" is ${of.dtype}; only float tensors have gradients`);
  for (const target of targets) {
    if (!isFloat(target.dtype)) {
      throw new Error(
        `gradients: the target "${target.name}" is ${target.dtype}; only float tensors have gradients`,
      );
    }
  }
  const { path, alive } = nodesBetween(g, of, targets);
  const parts = new Map<Tensor, Tensor[]>([[of, [seed ?? g.constant(1, of.dtype)]]]);
  const sums = new Map<Tensor, Tensor>();

  const gradientOf = (tensor: Tensor): Tensor | undefined => {
    const known = sums.get(tensor);
    if (known) return known;
    const list = parts.get(tensor);
    if (!list) return undefined;
    const sum = list.reduce((a, b) => g.add(a, b));
    sums.set(tensor, sum);
    return sum;
  };

  for (const node of path) {
    const rule = ruleOf(node.op, node.name);
    let grads = node.outputs.map(gradientOf);
    if (grads.every((grad) => grad === undefined)) continue;
    const override = overrides[node.op];
    const gradient = override ?? (g.isRounded(node.outputs[0]) ? straightThrough : rule.gradient);
    if (!gradient)
      throw new Error(`Cannot differentiate ${describe(node)}: the operator has no gradient rule`);
    if (override || !rule.lazy) {
      grads = grads.map((grad, index) => grad && materialize(g, grad, node.outputs[index]));
    }
    const context: GradientContext = {
      g,
      node,
      output: node.outputs[0],
      grads,
      get grad() {
        const first = grads[0];
        if (!first)
          throw new Error(`Cannot differentiate ${describe(node)}: only its first output has a gradient`);
        return first;
      },
      wants: (index) => {
        const input = node.inputs[index];
        return input !== undefined && alive.has(input);
      },
      input: (index) => {
        const input = node.inputs[index];
        if (!input) throw new Error(`Cannot differentiate ${describe(node)}: input ${index} is missing`);
        return input;
      },
    };
    const results = g.scope("gradient", () => gradient(context));
    for (const [index, result] of results.entries()) {
      const input = node.inputs[index];
      if (!result || !input || !alive.has(input)) continue;
      if (result.shape.length > input.shape.length) {
        throw new Error(
          `The gradient ${showShape(result.shape)} that ${describe(node)} gives for its input ${index} does not fit ${showShape(input.shape)}`,
        );
      }
      const list = parts.get(input);
      if (list) list.push(result);
      else parts.set(input, [result]);
    }
  }
  return targets.map((target) => {
    const grad = gradientOf(target);
    return grad ? materialize(g, grad, target) : zerosLike(g, target);
  });
}

const straightThrough: GradientRule = ({ grad }) => [grad];

/** Guided backpropagation's rule for Relu: only positive gradients pass. */
export const guidedRelu: GradientRule = ({ g, output, grad }) => [
  g.relu(g.where(g.op("Greater", [output, g.constant(0, output.dtype)]), grad, 0)),
];
