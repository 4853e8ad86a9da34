/** Ctrl+C and its like, for work that has something to put in order before it ends. */
import { EXIT_INTERRUPTED, InterruptedError } from "./errors.ts";

/**
 * Runs work that is told of SIGINT and SIGTERM by a signal, whose reason is an `InterruptedError`, and may end when it
 * is ready to. Whoever asks a second time does not want to wait: the process then ends at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const asked = () => {
    if (abort.signal.aborted) process.exit(EXIT_INTERRUPTED);
    abort.abort(new InterruptedError("interrupted"));
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, asked);
  try {
    return await work(abort.signal);
  } finally {
    for (const signal of signals) process.off(signal, asked);
  }
}
