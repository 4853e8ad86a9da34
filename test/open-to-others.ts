/** Which files and folders others than the owner may do anything with. */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Paths below the folder, itself as "."; none on Windows, which has no such modes. */
export async function openToOthers(folder: string): Promise<string[]> {
  if (process.platform === "win32") return [];
  const open: string[] = [];
  for (const name of [".", ...(await readdir(folder, { recursive: true }))]) {
    const { mode } = await lstat(join(folder, name));
    if ((mode & 0o077) !== 0) open.push(`${name} ${(mode & 0o777).toString(8)}`);
  }
  return open.sort();
}
