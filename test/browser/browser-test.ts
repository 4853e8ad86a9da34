import { test } from "uvu";
import { findChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";

/** A test that needs Chromium, and is skipped, saying so, where there is none. */
export function browserTest(name: string, body: () => Promise<void>): void {
  if (findChromium() === null) test.skip(`${name} (${NO_CHROMIUM})`, body);
  else test(name, body);
}
