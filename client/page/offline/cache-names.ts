/**
 * Names of what a page keeps. Several pages may lie at one origin, each in a folder of its own, and all see each other's
 * caches: the folder is in the name, and nobody touches another's. A page at the origin's root has none.
 */
export const PACKS = "packs";

const OURS = "listenable-";
const OF = " of ";

/** @param base of the page's folder, with its last slash. */
export function cacheName(what: string, base: string): string {
  const folder = folderOf(base);
  return OURS + what + (folder === "/" ? "" : OF + folder);
}

/** Whether a cache belongs to the page at `base`. */
export function isCacheOf(name: string, base: string): boolean {
  const [what, folder = "/"] = name.split(OF);
  return what.startsWith(OURS) && folder === folderOf(base);
}

const folderOf = (base: string) => new URL(base).pathname;
