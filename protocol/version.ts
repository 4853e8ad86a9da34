/** Set by the build. */
declare const LISTENABLE_VERSION: string | undefined;

/** Of this build: a page and what it loads later (worklet, workers) fit together when they have the same. */
export const VERSION = typeof LISTENABLE_VERSION === "string" ? LISTENABLE_VERSION : "not built";
