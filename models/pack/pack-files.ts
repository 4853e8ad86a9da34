/** The files of a pack that explaining with it needs; without what checks a `pack.json`, for those that only keep or send them. */
import type { Pack, PackGraph } from "./pack.ts";

/** Graphs of the methods, their weights, and what was prepared; each once. Not what evaluation alone needs. */
export function explainingFiles({ methods, classifier }: Pick<Pack, "methods" | "classifier">): string[] {
  const graphs: PackGraph[] = [
    ...methods.flatMap((method) => [method, ...(method.newest ?? []), ...(method.blocks ?? [])]),
    ...(classifier ? [classifier, ...(classifier.blocks ?? [])] : []),
  ];
  return [...new Set(graphs.flatMap(({ graph, weights = [] }) => [graph, ...weights]))];
}
