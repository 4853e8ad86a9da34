import type { BuiltInSound } from "./index.ts";

type WhenIdle = (run: () => void) => void;

/** Where a browser tells nothing of idle time. */
const SOON_MS = 2_000;

/**
 * Loads one sound after the other, each once the page has nothing else to do, so that none is waited for when it is chosen. One that
 * can't be loaded is left for whoever chooses it, who is told why.
 */
export function loadAhead(
  sounds: readonly Pick<BuiltInSound, "load">[],
  whenIdle: WhenIdle = browsersIdleTime,
): void {
  const [next, ...others] = sounds;
  if (!next) return;
  const goOn = () => loadAhead(others, whenIdle);
  whenIdle(() => void next.load().then(goOn, goOn));
}

function browsersIdleTime(run: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(run);
  else setTimeout(run, SOON_MS);
}
