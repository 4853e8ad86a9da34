/** The command was called wrongly: exit status 2. Every other error is a failure: exit status 1. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The person asked to stop before the end: the exit status that shells give for Ctrl+C. */
export class InterruptedError extends Error {
  override name = "InterruptedError";
}

export const EXIT_FINE = 0;
export const EXIT_FAILED = 1;
export const EXIT_MISUSED = 2;
export const EXIT_INTERRUPTED = 130;
