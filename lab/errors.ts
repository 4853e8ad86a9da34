/** What was asked for cannot be, as it was asked: not another try but other options are the way out. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Stopped by its signal before the end; the message says what was kept and how to go on. */
export class InterruptedError extends Error {
  override name = "InterruptedError";
}
