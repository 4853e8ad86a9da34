/**
 * Names of inputs as topics and Home Assistant's ids know them: small letters, digits and underscores. Many names have
 * nothing else in common ("yard 1" and "yard-1", or all that are written in another script), and ids differ whenever
 * names do; an id that was given stays, whatever inputs come and go.
 */
import { createHash } from "node:crypto";
import type { Database } from "../storage/database.ts";

/** The letters and digits of a name; several names may have the same, or none. */
export function slug(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}

/**
 * @param given ids that names have already.
 * @returns those and the ids of `names`: the plain slug where no other name wants it, else one with a part of its own.
 *   The order of the names changes nothing.
 */
export function inputIds(names: readonly string[], given: ReadonlyMap<string, string> = new Map()) {
  const ids = new Map(given);
  const fresh = [...new Set(names)].filter((name) => !ids.has(name)).sort();
  const taken = new Set(ids.values());
  const give = (name: string, id: string) => {
    ids.set(name, id);
    taken.add(id);
  };
  const wanted = (plain: string) => fresh.filter((name) => slug(name) === plain).length;
  for (const name of fresh) {
    const plain = slug(name);
    const itsOwn = name === plain || wanted(plain) === 1;
    if (plain !== "" && itsOwn && !taken.has(plain)) give(name, plain);
  }
  for (const name of fresh) if (!ids.has(name)) give(name, distinct(name, taken));
  return ids;
}

/** From the name alone; longer where that should be taken, which takes a name made for it. */
export function distinct(name: string, taken: ReadonlySet<string> = new Set()): string {
  const hash = createHash("sha256").update(name).digest("hex");
  const plain = slug(name) || "input";
  for (let digits = 8; ; digits += 8) {
    const id = `${plain}_${hash.slice(0, digits)}`;
    if (!taken.has(id)) return id;
  }
}

/** The ids of inputs that are kept with the events, those of new ones among them from now on. */
export function keptInputIds(names: readonly string[], database: Database): Map<string, string> {
  const given = new Map(
    database.all("SELECT name, id FROM input_id").map((row) => [String(row["name"]), String(row["id"])]),
  );
  const ids = inputIds(names, given);
  try {
    for (const [name, id] of ids) {
      if (!given.has(name)) database.run("INSERT INTO input_id VALUES (?, ?)", [name, id]);
    }
  } catch {
    // A full disk: the same names give the same ids at the next start.
  }
  return ids;
}
