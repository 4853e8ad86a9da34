/**
 * Inputs without a name of their own were once named after the path of their address, where keys of streams stand. Their
 * events go on under the name that they have now; the files of before keep what they hold, and are not shown.
 */
import type { Input } from "../inputs/input.ts";
import { type Database, inTransaction } from "./database.ts";

/**
 * @param most events that get a new name in this go: others run before the next.
 * @returns whether some are left.
 */
export function renameInputs(
  database: Database,
  inputs: readonly Pick<Input, "name" | "formerly">[],
  most = 300,
): boolean {
  let left = false;
  const names = new Set(inputs.map(({ name }) => name));
  for (const { name, formerly } of inputs) {
    // Whoever gave an input that name wants it.
    if (formerly === undefined || names.has(formerly)) continue;
    if (!database.get("SELECT 1 FROM event WHERE input = ? LIMIT 1", [formerly])) continue;
    inTransaction(database, () => {
      const { changes } = database.run(
        `UPDATE event SET input = ?1, json = json_set(json, '$.input', ?1)
         WHERE id IN (SELECT id FROM event WHERE input = ?2 AND json_valid(json) LIMIT ?3)`,
        [name, formerly, most],
      );
      left ||= changes === most;
      database.run(
        `UPDATE delivery SET body = json_set(body, '$.input', ?1, '$.event.input', ?1)
         WHERE json_valid(body) AND json_extract(body, '$.input') = ?2`,
        [name, formerly],
      );
    });
  }
  return left;
}
