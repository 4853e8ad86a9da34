/** One server a folder: a file that names the process that has it. */
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PRIVATE_FILE } from "./private-files.ts";

interface LockWords {
  /** What has the folder: "monitor". */
  readonly of: string;
  /** The option that names another folder. */
  readonly option: string;
}

/** What this process has: a lock with our own number that is not among them is an earlier process's. */
const held = new Set<string>();

/** Others changed the lock so often while we looked at it: that is no chance any more. */
const MOST_TRIES = 100;

/**
 * Takes the folder; a lock that a dead process left behind is taken over, by one process however many want it.
 *
 * @returns what gives it back.
 * @throws Error when a living process has it, or the folder cannot be written.
 */
export function lockFolder(folder: string, words: LockWords): () => void {
  const lock = join(folder, `${words.of}.lock`);
  const us = new Claim(lock);
  try {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (us.make(lock)) return us.release(lock);
      const found = contentOf(lock);
      if (found === undefined) continue;
      if (takeOver(lock, found, us, folder, words)) return us.release(lock);
    }
  } catch (error) {
    throw readable(error, folder, words);
  } finally {
    us.tidy();
  }
  throw new Error(`${lock} keeps changing: another ${words.of} starts and ends there all the time`);
}

/**
 * Takes over what a dead process left. A file that is named after the very lock that it follows can be made once: who
 * makes it is the only one who may replace that lock. Should its maker die before it did, the next follows it in turn.
 *
 * @returns false when the lock changed meanwhile.
 */
function takeOver(lock: string, found: string, us: Claim, folder: string, words: LockWords): boolean {
  const followers: string[] = [];
  for (let last = found; ; ) {
    insistOnDead(last, folder, words);
    const follower = `${lock}.after-${createHash("sha256").update(last).digest("hex").slice(0, 16)}`;
    followers.push(follower);
    if (us.make(follower)) break;
    const next = contentOf(follower);
    if (next === undefined) return false;
    last = next;
  }
  // Whoever was here before us has replaced the lock before it removed its follower.
  const first = contentOf(lock) === found;
  if (first) us.replace(lock);
  for (const follower of first ? followers : followers.slice(-1)) rmSync(follower, { force: true });
  return first;
}

function insistOnDead(owner: string, folder: string, { of, option }: LockWords): void {
  const [word = "", birth = ""] = owner.split(" ");
  const pid = Number(word);
  const alive = pid === process.pid ? held.has(owner) : isAlive(pid) && birthOf(pid) === birth;
  if (!alive) return;
  throw new InUse(
    `${folder} is in use by another ${of} (process ${pid}): stop that one or choose another folder with ${option}; ` +
      `if there is none, delete ${join(folder, `${of}.lock`)}`,
  );
}

/** A process with its mark, which no other process ever has. */
class Claim {
  readonly #mark = `${process.pid} ${birthOf(process.pid)} ${randomBytes(8).toString("hex")}`;
  /** The mark as a file: what gets its name is whole at once. */
  readonly #file: string;
  #written = false;

  constructor(lock: string) {
    this.#file = `${lock}.${process.pid}-${randomBytes(4).toString("hex")}`;
  }

  /** @returns false when there is such a file. */
  make(path: string): boolean {
    this.#writeOnce();
    try {
      linkSync(this.#file, path);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") return false;
      // File systems of cameras and Windows know no second name.
      if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code ?? "")) throw error;
    }
    return this.#makeWithoutLink(path);
  }

  /** In place of what is there. */
  replace(path: string): void {
    this.#writeOnce();
    renameSync(this.#file, path);
  }

  /** Ours from now on. @returns what gives it back, unless somebody else has it by then. */
  release(path: string): () => void {
    held.add(this.#mark);
    return () => {
      held.delete(this.#mark);
      if (contentOf(path) === this.#mark) rmSync(path, { force: true });
    };
  }

  tidy(): void {
    rmSync(this.#file, { force: true });
  }

  /** Once: names that it has got by then show what is in it. */
  #writeOnce(): void {
    if (this.#written) return;
    writeFileSync(this.#file, this.#mark, { mode: PRIVATE_FILE });
    chmodSync(this.#file, PRIVATE_FILE);
    this.#written = true;
  }

  #makeWithoutLink(path: string): boolean {
    try {
      writeFileSync(path, this.#mark, { flag: "wx", mode: PRIVATE_FILE });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  }
}

class InUse extends Error {
  override name = "InUse";
}

function readable(error: unknown, folder: string, { option }: LockWords): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof InUse || code === undefined) return error;
  return new Error(
    `nothing can be written into ${folder} (${message}): give this user the right to, make room, or choose another ` +
      `folder with ${option}`,
    { cause: error },
  );
}

/** Undefined when there is none. */
function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new Error(`${path} says who has the folder, and cannot be read (${message}): remove it`, {
      cause: error,
    });
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
