/**
 * The tree of a pack's classes: each class's parent is its index among the labels, or null. A dog is an animal, so that who hears a dog
 * hears an animal too, and says it of the same sound.
 */

/** By class the index of its parent, or null where nothing is above it. */
export type Parents = readonly (number | null)[];

/** What keeps these from being parents of so many classes; undefined where nothing does. */
export function oddParents(parents: Parents, classes: number): string | undefined {
  if (parents.length !== classes) {
    return `there are ${parents.length} parents for ${classes} labels; give one, or null, for each`;
  }
  const outside = parents.findIndex((parent) => parent !== null && parent >= classes);
  if (outside >= 0) return `parent ${parents[outside]} of class ${outside} is not in 0..${classes - 1}`;
  // Who comes to a class that is not known to end has gone in a circle, if it was on the way there.
  const ends = new Uint8Array(classes);
  for (let start = 0; start < classes; start++) {
    const way: number[] = [];
    for (let at: number | null = start; at !== null && !ends[at]; at = parents[at]) {
      if (way.length > classes) return `class ${start} has no end of parents: they go in a circle`;
      way.push(at);
    }
    for (const each of way) ends[each] = 1;
  }
  return undefined;
}

/** The classes above this one, the nearest first. */
export function* ancestors(parents: Parents, index: number): Generator<number> {
  for (let at = parents[index] ?? null; at !== null; at = parents[at] ?? null) yield at;
}

/** Of these classes by their indexes: the parents among themselves, over classes that are not among them. */
export function parentsAmong(parents: Parents, indexes: readonly number[]): Parents {
  const places = new Map(indexes.map((index, place) => [index, place]));
  return indexes.map((index) => {
    for (const above of ancestors(parents, index)) {
      const place = places.get(above);
      if (place !== undefined) return place;
    }
    return null;
  });
}

/**
 * All classes in an order in which what is below a class follows it at once: `order[place]` is a class, and below the class at a place are
 * those at `place + 1 .. end[place] - 1`.
 */
export function depthFirst(parents: Parents): { readonly order: number[]; readonly end: number[] } {
  const children = new Map<number | null, number[]>();
  for (const [index, parent] of parents.entries()) {
    const siblings = children.get(parent);
    if (siblings) siblings.push(index);
    else children.set(parent, [index]);
  }
  const order: number[] = [];
  const end: number[] = [];
  // Without recursion: a tree may be as deep as it has classes.
  const waiting: { readonly index: number; readonly place?: number }[] = [];
  const visit = (of: number | null) => {
    for (const index of (children.get(of) ?? []).toReversed()) waiting.push({ index });
  };
  visit(null);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (next.place !== undefined) {
      end[next.place] = order.length;
      continue;
    }
    waiting.push({ index: next.index, place: order.length });
    order.push(next.index);
    visit(next.index);
  }
  return { order, end };
}
