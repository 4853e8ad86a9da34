/** Finds a Chromium on this machine and starts it with a sound file for a microphone. */
import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";

const KNOWN_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

export const NO_CHROMIUM =
  "no Chromium was found: install one (Debian: apt-get install chromium) or name it in LISTENABLE_CHROMIUM";

/** The browser's path, or null when there is none. A path in LISTENABLE_CHROMIUM that does not exist is an error. */
export function findChromium(environment = process.env): string | null {
  const named = environment["LISTENABLE_CHROMIUM"];
  if (named) {
    if (!existsSync(named)) throw new Error(`LISTENABLE_CHROMIUM names ${named}, which does not exist`);
    return named;
  }
  return KNOWN_PLACES.find((place) => existsSync(place)) ?? null;
}

interface ChromiumOptions {
  readonly path: string;
  /** A WAV file (16-bit PCM) that plays as the microphone, over and over. */
  readonly microphone: string;
  /** Further arguments of the command line. */
  readonly args?: readonly string[];
}

/** A headless Chromium that grants the microphone and plays without a press. */
export async function launchChromium({ path, microphone, args = [] }: ChromiumOptions): Promise<Browser> {
  const { chromium } = await import("playwright-core").catch((cause) => {
    throw new Error("playwright-core is not installed; it drives the browser: npm install playwright-core", {
      cause,
    });
  });
  // Chromium refuses its sandbox to the superuser, who runs most containers.
  const superuser = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: path,
    headless: true,
    args: [
      ...(superuser ? ["--no-sandbox"] : []),
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-audio-capture=${microphone}`,
      "--autoplay-policy=no-user-gesture-required",
      ...args,
    ],
  });
}
