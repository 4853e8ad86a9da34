/** What this browser remembers from visit to visit; a browser that keeps nothing begins anew each time. */

type Remembered = "automatic" | "delay" | "language" | "loudness" | "theme" | "welcome";

const key = (name: Remembered) => `listenable.${name}`;

/** What was remembered, if it is one of these values. */
export function recall<T extends string>(name: Remembered, values: readonly T[]): T | undefined {
  try {
    return values.find((each) => each === localStorage.getItem(key(name)));
  } catch {
    // Storage may be forbidden; the page works without.
    return undefined;
  }
}

/** Undefined forgets. */
export function remember(name: Remembered, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key(name));
    else localStorage.setItem(key(name), value);
  } catch {
    // As above.
  }
}
