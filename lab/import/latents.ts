/** The activations of a network that a decoder could read: one list of candidates, and a good choice among them. */
import type { GraphBuilder, Node, Tensor } from "../../models/graph/index.ts";
import { oneLine } from "../../protocol/shown-text.ts";
import { costOf, sizeOf } from "../networks/layers.ts";

export interface LatentCandidate {
  readonly name: string;
  /** Without the batch: [channels, a, b] or [channels, a]. */
  readonly shape: readonly number[];
  /** Share of the network's multiply-adds that lie before it, 0 to 1. */
  readonly share: number;
  /** The operator that gives it. */
  readonly op: string;
  readonly tensor: Tensor;
}

const ACTIVATIONS = new Set(
  "Relu LeakyRelu PRelu Elu Selu Gelu HardSwish Softplus Softsign Tanh Clip HardSigmoid".split(" "),
);
/** A decoder reads at most that many, deep ones first. */
const MOST_LATENTS = 5;

/**
 * Activations that have the shape of a convolution's result, in the order they are computed, shallow to deep. Gated
 * forms (x times a sigmoid or an error function of it) count, as exporters write Swish and Gelu so.
 */
export function latentCandidates(g: GraphBuilder): LatentCandidate[] {
  const total = g.nodes.reduce((sum, node) => sum + costOf(node), 0);
  const grids = new Set<string>();
  const found: LatentCandidate[] = [];
  let done = 0;
  for (const node of g.nodes) {
    done += costOf(node);
    const [tensor] = node.outputs;
    const shape = tensor.shape.slice(1);
    if (!shape.every((size): size is number => typeof size === "number")) continue;
    if (node.op === "Conv") grids.add(shape.join());
    const spatial = shape.length === 3 || shape.length === 2;
    if (!spatial || shape[0] < 2 || !grids.has(shape.join()) || !isActivation(g, node)) continue;
    if (sizeOf(shape.slice(1)) < 2) continue;
    found.push({ name: tensor.name, shape, share: total > 0 ? done / total : 0, op: node.op, tensor });
  }
  return found;
}

/** The last one at each resolution, that is before each step down; the deepest five. */
export function guessLatents(candidates: readonly LatentCandidate[]): LatentCandidate[] {
  const last = new Map<string, LatentCandidate>();
  for (const candidate of candidates) {
    const grid = candidate.shape.slice(1).join();
    last.delete(grid);
    last.set(grid, candidate);
  }
  return [...last.values()].slice(-MOST_LATENTS);
}

/** @throws Error naming the candidates when a name is not among them. */
export function chooseLatents(
  candidates: readonly LatentCandidate[],
  names?: readonly string[],
): LatentCandidate[] {
  if (names === undefined) return guessLatents(candidates);
  return names
    .map((name) => {
      const found = candidates.find((candidate) => candidate.name === name);
      if (!found) {
        throw new Error(
          `there is no latent "${name}"; there are: ${candidates.map((each) => each.name).join(", ")}`,
        );
      }
      return found;
    })
    .sort((a, b) => candidates.indexOf(a) - candidates.indexOf(b));
}

/** A table for people. */
export function latentTable(
  candidates: readonly LatentCandidate[],
  chosen: readonly LatentCandidate[],
): string {
  const lines = candidates.map((candidate) => [
    chosen.includes(candidate) ? "*" : "",
    oneLine(candidate.name),
    oneLine(candidate.op),
    `[${["B", ...candidate.shape].join(", ")}]`,
    `${Math.round(100 * candidate.share)} %`,
  ]);
  const rows = [["", "name", "operator", "shape", "compute before it"], ...lines];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function isActivation(g: GraphBuilder, node: Node): boolean {
  if (ACTIVATIONS.has(node.op)) return true;
  return node.op === "Mul" && gates(g, node, 4);
}

/** Whether a factor of a product is a sigmoid or an error function, a few steps back. */
function gates(g: GraphBuilder, node: Node, steps: number): boolean {
  if (steps === 0) return false;
  return node.inputs.some((input) => {
    const before = input && g.producer(input);
    if (!before || before.op === "Conv") return false;
    if (["Sigmoid", "Erf", "HardSigmoid"].includes(before.op)) return true;
    return gates(g, before, steps - 1);
  });
}
