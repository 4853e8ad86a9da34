/** The command was called wrongly: exit status 2. Every other error is a failure: exit status 1. */
export class UsageError extends Error {
  override name = "UsageError";
}

export const EXIT_FINE = 0;
export const EXIT_FAILED = 1;
export const EXIT_MISUSED = 2;
