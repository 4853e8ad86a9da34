/** What this browser remembers from visit to visit; a browser that keeps nothing begins anew each time. */
import { type DelaySetting, delaySettings } from "../live/live-explainer.ts";

const DELAY = "listenable.delay";

export function rememberedDelay(): DelaySetting | undefined {
  try {
    return delaySettings.find((each) => each === localStorage.getItem(DELAY));
  } catch {
    // Storage may be forbidden; the page works without.
    return undefined;
  }
}

export function rememberDelay(setting: DelaySetting): void {
  try {
    localStorage.setItem(DELAY, setting);
  } catch {
    // As above.
  }
}
