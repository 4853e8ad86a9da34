export { InterruptedError, UsageError } from "../lab/errors.ts";

export const EXIT_FINE = 0;
export const EXIT_FAILED = 1;
/** The command was called wrongly (`UsageError`). */
export const EXIT_MISUSED = 2;
/** The person asked to stop before the end (`InterruptedError`): the status that shells give for Ctrl+C. */
export const EXIT_INTERRUPTED = 130;
