/** The recordings of watched folders that were heard, in the monitor's database: a restart hears none of them again. */
import type { FileFacts, HeardFile, HeardFiles } from "../inputs/heard-files.ts";
import type { Checkpoint } from "../inputs/input.ts";
import { type Database, inTransaction } from "./database.ts";

/** Of recordings that had the same path one after the other: a name that is used for ever must not fill the disk. */
const KEPT_AT_PATH = 8;

export class StoredHeardFiles implements HeardFiles {
  constructor(private readonly database: Database) {}

  find({ path, inode }: FileFacts): HeardFile[] {
    const columns = "path, inode, size, changed, print, started_at, checkpoint, done";
    return this.database
      .all(
        `SELECT ${columns} FROM heard WHERE path = ?1 OR (inode = ?2 AND inode <> '0') ORDER BY path <> ?1, started_at DESC`,
        [path, inode],
      )
      .map((row) => ({
        path: String(row["path"]),
        inode: String(row["inode"]),
        size: Number(row["size"]),
        changed: String(row["changed"]),
        print: String(row["print"]),
        startedAt: Number(row["started_at"]),
        checkpoint: checkpointIn(String(row["checkpoint"])),
        done: Number(row["done"]) === 1,
      }))
      .filter((file): file is HeardFile => file.checkpoint !== undefined);
  }

  save(file: HeardFile, before?: HeardFile): void {
    const { path, inode, size, changed, print, startedAt, checkpoint, done } = file;
    inTransaction(this.database, () => {
      if (before) {
        this.database.run("DELETE FROM heard WHERE path = ? AND inode = ?", [before.path, before.inode]);
      }
      this.database.run("INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [
        ...[path, inode, size, changed, print, startedAt],
        ...[JSON.stringify(checkpoint), done ? 1 : 0],
      ]);
      this.database.run(
        `DELETE FROM heard WHERE path = ?1 AND inode NOT IN
           (SELECT inode FROM heard WHERE path = ?1 ORDER BY started_at DESC LIMIT ${KEPT_AT_PATH})`,
        [path],
      );
    });
  }

  /** Whether a version before this one heard the file: it knew files by path, size and time. */
  knew(path: string, size: number, changedMs: number): boolean {
    const key = `${path}\n${size}\n${changedMs}`;
    return this.database.get("SELECT 1 FROM heard_file WHERE key = ?", [key]) !== null;
  }
}

/** One that cannot be read holds up nothing: its file counts as new. */
function checkpointIn(json: string): Checkpoint | undefined {
  try {
    return JSON.parse(json) as Checkpoint;
  } catch {
    return undefined;
  }
}
