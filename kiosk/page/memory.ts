/** What is counted over loads of the page, for as long as the browser's window lives. */
const KEY = "listenable.kiosk";

interface KioskMemory {
  /** Loads of the page. */
  readonly loads: number;
  /** Starts after a failure, of all loads before. */
  readonly recoveries: number;
  /** When the page was last loaded because nothing else helped; null when it never was. */
  readonly reloadedAt: number | null;
  /** When the first load was, in milliseconds since 1970. */
  readonly openedAt: number;
}

export function recallKiosk(now: number): KioskMemory {
  const nothing = { loads: 0, recoveries: 0, reloadedAt: null, openedAt: now };
  try {
    return { ...nothing, ...JSON.parse(sessionStorage.getItem(KEY) ?? "{}") };
  } catch {
    // Storage may be forbidden or hold something else; counting begins anew.
    return nothing;
  }
}

export function keepKiosk(memory: KioskMemory): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // As above.
  }
}
