/** Nodes in the order in which they can be computed: ONNX asks for it, and not every tool that rewrites files keeps it. */
import type { GraphMessage, NodeMessage } from "./schema.ts";

/** What a node reads: its inputs, and what the graphs in its attributes read of the graph around. */
export function namesRead({ inputs = [], attributes = [] }: NodeMessage): readonly string[] {
  const inner = attributes.flatMap(({ graph }) => (graph ? namesReadOutside(graph) : []));
  return inner.length > 0 ? [...inputs, ...inner] : inputs;
}

function namesReadOutside({
  nodes = [],
  initializers = [],
  inputs = [],
  outputs = [],
}: GraphMessage): string[] {
  const own = new Set([
    ...[...initializers, ...inputs].map(({ name = "" }) => name),
    ...nodes.flatMap((node) => node.outputs ?? []),
  ]);
  const read = [...nodes.flatMap(namesRead), ...outputs.map(({ name = "" }) => name)];
  return read.filter((name) => name !== "" && !own.has(name));
}

/**
 * The nodes so that each stands behind those whose results it reads, in the file's own order where that allows it.
 *
 * @throws Error naming a node of a circle.
 */
export function inOrder(nodes: readonly NodeMessage[]): readonly NodeMessage[] {
  const makers = new Map<string, number>();
  for (const [index, { outputs = [] }] of nodes.entries()) {
    for (const output of outputs) if (output !== "" && !makers.has(output)) makers.set(output, index);
  }
  const before = nodes.map((node) => namesRead(node).flatMap((name) => makers.get(name) ?? []));
  if (before.every((list, index) => list.every((maker) => maker < index))) return nodes;
  const sorted: NodeMessage[] = [];
  const state = new Uint8Array(nodes.length);
  const [OPEN, DONE] = [1, 2];
  for (const start of nodes.keys()) {
    // By hand and not by recursion: a chain may be as long as the file.
    const path = [start];
    while (path.length > 0) {
      const index = path.at(-1)!;
      if (state[index] === DONE) {
        path.pop();
        continue;
      }
      state[index] = OPEN;
      const missing = before[index]!.filter((maker) => state[maker] !== DONE);
      const round = missing.find((maker) => state[maker] === OPEN);
      if (round !== undefined) {
        const { name, op, outputs } = nodes[round]!;
        throw new Error(
          `The node "${name || outputs?.[0] || op}" needs its own result: the graph is a circle and cannot be computed`,
        );
      }
      if (missing.length > 0) path.push(missing[0]!);
      else {
        state[index] = DONE;
        sorted.push(nodes[index]!);
        path.pop();
      }
    }
  }
  return sorted;
}
