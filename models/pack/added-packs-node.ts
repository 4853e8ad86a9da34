/** Where packs lie that this user has added to those that come with Listenable (`listenable add`). */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

interface Machine {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

/**
 * The user's folder for what Listenable can make again: `LISTENABLE_HOME`, or where the system keeps such things.
 * As the XDG rules have it, a path there that is not absolute counts as none.
 */
export function listenableHome({
  env = process.env,
  platform = process.platform,
  home = homedir(),
}: Machine = {}): string {
  const { LISTENABLE_HOME: ours, XDG_CACHE_HOME: cache, LOCALAPPDATA: local } = env;
  if (ours) return resolve(ours);
  if (platform === "win32") return join(local || join(home, "AppData", "Local"), "listenable");
  if (platform === "darwin") return join(home, "Library", "Caches", "listenable");
  return join(cache && isAbsolute(cache) ? cache : join(home, ".cache"), "listenable");
}

/** Each pack in a folder of its name. */
export function addedPacksFolder(home = listenableHome()): string {
  return join(home, "packs");
}
