/** One server a folder: a file that names the process that has it. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Takes the folder; a lock that a dead process left behind is taken over.
 *
 * @param of what has it, and the option that names another folder.
 * @returns what gives it back.
 * @throws Error when a living process has it.
 */
export function lockFolder(
  folder: string,
  { of, option }: { readonly of: string; readonly option: string },
): () => void {
  const file = join(folder, `${of}.lock`);
  const owner = `${process.pid} ${birthOf(process.pid)}`;
  for (;;) {
    try {
      writeFileSync(file, owner, { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const [pid, birth] = readOwner(file);
    if (pid !== process.pid && isAlive(pid) && birthOf(pid) === birth) {
      throw new Error(
        `${folder} is in use by another ${of} (process ${pid}): stop that one or choose another folder with ${option}; ` +
          `if there is none, delete ${file}`,
      );
    }
    rmSync(file, { force: true });
  }
}

function readOwner(file: string): [number, string] {
  try {
    const [pid, birth = ""] = readFileSync(file, "utf8").split(" ");
    return [Number(pid), birth];
  } catch {
    return [0, ""];
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When the process began, in ticks, where the system tells: process numbers come back, in containers at once. */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return "";
  }
}
