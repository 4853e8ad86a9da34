/** Which of a classifier's classes are kinds of others, from a file that its publisher or its user wrote. */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import type { Parents } from "../../models/pack/class-tree.ts";
import { UsageError } from "../errors.ts";

/** Of somebody's own: from each class to the one above it. */
const OWN = v.record(v.string(), v.string());
/** The form of AudioSet's ontology, which its publisher offers. It isn't ours to give on: it is CC BY-SA 4.0. */
const ONTOLOGY = v.array(v.object({ id: v.string(), name: v.string(), child_ids: v.array(v.string()) }));

/** What a file says: the parents of each node, and which node a label is. */
interface Nodes {
  readonly parents: ReadonlyMap<string, readonly string[]>;
  readonly nodeOf: (label: string) => string;
}

/**
 * A JSON object from class to parent, or AudioSet's `ontology.json`, whose classes are known by names or ids. What is between two classes and
 * none itself is left out. A class that is below several (a hiss may be a cat's or a snake's) is put below what is above all of
 * them, as nothing else is above it for certain.
 *
 * @throws UsageError for a file that is none of these, or of other classes.
 */
export async function readTree(path: string, labels: readonly string[]): Promise<Parents> {
  const wrong = (what: string) => new UsageError(`--tree ${path} ${what}`);
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--tree ${path} cannot be read (${cause.code})`, { cause });
  });
  const { parents, nodeOf } = nodesOf(text, wrong);
  const known = new Set([...parents.keys(), ...[...parents.values()].flat()]);
  const nodes = labels.map(nodeOf);
  const found = nodes.filter((node) => known.has(node)).length;
  if (found < labels.length / 2) {
    throw wrong(`knows ${found} of the ${labels.length} classes; their names are to be those of the labels`);
  }
  const places = new Map(nodes.map((node, index) => [node, index]));
  const above = certainlyAbove(parents, wrong);
  return nodes.map((node) => {
    const nearest = above(node).find((each) => places.has(each));
    return nearest === undefined ? null : places.get(nearest)!;
  });
}

function nodesOf(text: string, wrong: (what: string) => Error): Nodes {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong(`is no JSON: ${(cause as Error).message}`);
  }
  const own = v.safeParse(OWN, json);
  if (own.success && !Array.isArray(json)) {
    const parents = new Map(Object.entries(own.output).map(([child, parent]) => [child, [parent]]));
    return { parents, nodeOf: (label) => label };
  }
  const ontology = v.safeParse(ONTOLOGY, json);
  if (!ontology.success) {
    throw wrong('is neither an object {"Dog": "Animal", ...} nor a list of id, name and child_ids');
  }
  const parents = new Map<string, string[]>(ontology.output.map(({ id }) => [id, []]));
  for (const { id, child_ids: children } of ontology.output) {
    for (const child of children) parents.get(child)?.push(id);
  }
  const byName = new Map(ontology.output.map(({ id, name }) => [name, id]));
  return { parents, nodeOf: (label) => byName.get(label) ?? label };
}

/** The nodes that every way up from a node passes, the nearest first. */
function certainlyAbove(
  parents: Nodes["parents"],
  wrong: (what: string) => Error,
): (node: string) => readonly string[] {
  const known = new Map<string, readonly string[] | "asked">();
  const above = (node: string): readonly string[] => {
    const before = known.get(node);
    if (before === "asked") throw wrong(`has "${node}" above itself`);
    if (before) return before;
    known.set(node, "asked");
    const [first = [], ...others] = (parents.get(node) ?? []).map((parent) => [parent, ...above(parent)]);
    const found = first.filter((each) => others.every((other) => other.includes(each)));
    known.set(node, found);
    return found;
  };
  return above;
}

/** Of AudioSet's classes a few that nobody else calls so. */
const AUDIOSET = ["Bow-wow", "Inside, small room", "Child speech, kid speaking", "Zither"];

/** What to say to whom has AudioSet's classes and no tree; undefined to others. */
export function treeHint(labels: readonly string[]): string | undefined {
  if (!AUDIOSET.every((label) => labels.includes(label))) return undefined;
  return (
    "Its classes are AudioSet's, where Dog is an Animal too, which is often the surer: --tree ontology.json, from " +
    "https://github.com/audioset/ontology, says the special one first."
  );
}
