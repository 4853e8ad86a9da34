import type { BuiltInSound } from "./index.ts";

type WhenIdle = (run: () => void) => void;

/** Where a browser tells nothing of idle time. */
const SOON_MS = 2_000;

/**
 * Makes one sound after the other, each once the page has nothing else to do, so that none is waited for when it is chosen: the
 * longest takes a tenth of a second.
 */
export function makeAhead(
  sounds: readonly Pick<BuiltInSound, "make">[],
  whenIdle: WhenIdle = browsersIdleTime,
): void {
  const [next, ...others] = sounds;
  if (!next) return;
  whenIdle(() => {
    next.make();
    makeAhead(others, whenIdle);
  });
}

function browsersIdleTime(run: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(run);
  else setTimeout(run, SOON_MS);
}
