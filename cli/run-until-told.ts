/** What the commands share that run until they are told to stop. */
import pino, { type Logger } from "pino";
import { shownJson } from "../protocol/shown-text.ts";
import { logLines, outliveTerminal } from "./say.ts";

/**
 * Resolves at the first Ctrl+C or request to end; a second one ends at once. Nothing else ends the command from now on, a
 * log that cannot be written neither.
 */
export function stopSignal(): Promise<void> {
  const hurry = outliveTerminal();
  return new Promise((resolve) => {
    const asked = () => {
      hurry();
      resolve();
      // Whoever asks again does not want to wait.
      for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
    };
    process.once("SIGINT", asked);
    process.once("SIGTERM", asked);
  });
}

/** At SIGHUP; on a terminal that signal says that it was closed, and the server should go with it. */
export function reloadOnHangUp(server: { reload(): Promise<void> }): void {
  if (!process.stderr.isTTY) process.on("SIGHUP", () => void server.reload());
}

const WARN = 40;

/** One JSON object a line, written whenever that can be, without anybody's waiting for it. */
export function logToStandardError(level = process.stderr.isTTY ? "warn" : "info"): Logger {
  const lines = logLines((msg, trouble) =>
    JSON.stringify({ level: WARN, time: Date.now(), pid: process.pid, ...trouble, msg }),
  );
  return pino({ level, hooks: { streamWrite: shownJson } }, lines);
}
