import type { Told } from "../told.ts";

/** Where the audio processor can run. */
type WorkletSupport =
  /** On the audio thread. */
  | "native"
  /** On the page's main thread, by a polyfill. */
  | "polyfill"
  /** Nowhere: AudioWorklet is missing, and the page's content policy forbids what the polyfill does. */
  | "forbidden";

// Looked at once, as the polyfill defines what is missing. Chromium has the node even where it withholds the worklet.
const native = typeof AudioWorkletNode === "function" && typeof AudioWorklet === "function";
const support: WorkletSupport = native ? "native" : mayEvaluate() ? "polyfill" : "forbidden";

/** Browsers withhold AudioWorklet from pages that came neither by https nor from this computer; some never had it. */
export function workletSupport(): WorkletSupport {
  return support;
}

/** What a person should know of this browser, whatever the source. */
export function platformNotices(): Told[] {
  return support === "polyfill" ? [{ code: "polyfill" }] : [];
}

/** Defines AudioWorkletNode and AudioContext.prototype.audioWorklet. */
export async function installPolyfill(): Promise<void> {
  // The polyfill takes a node for proof that nothing is missing.
  if (typeof AudioWorklet !== "function") Reflect.deleteProperty(globalThis, "AudioWorkletNode");
  await import("audioworklet-polyfill");
}

/** The polyfill evaluates the worklet's text. */
function mayEvaluate(): boolean {
  try {
    new Function("");
    return true;
  } catch {
    return false;
  }
}
