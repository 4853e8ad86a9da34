/** How much of this machine's processor time went to others than a test and its server: only an idle machine judges speed. */
import { readFileSync } from "node:fs";
import { processUsage } from "../../cli/bench/server-process.ts";

const TICKS_MS = 10;
/** Of all processors: what a machine that does nothing else spends on itself. */
export const IDLE_SHARE = 0.1;

interface Times {
  readonly all: number;
  readonly busy: number;
  readonly own: number;
}

/**
 * Starts to count; the result tells the share of all processors' time that others have had since, 0 to 1, or null where
 * there is no /proc. Time that a host took from this machine counts as others'.
 */
export function otherWork(serverPid: number): () => number | null {
  const start = times(serverPid);
  return () => {
    const now = times(serverPid);
    if (!start || !now || now.all === start.all) return null;
    return Math.max(0, now.busy - start.busy - (now.own - start.own)) / (now.all - start.all);
  };
}

function times(serverPid: number): Times | null {
  try {
    const [line] = readFileSync("/proc/stat", "utf8").split("\n");
    // user nice system idle iowait irq softirq steal; guests' time is in the user's already.
    const fields = line.trim().split(/\s+/).slice(1, 9).map(Number);
    const all = TICKS_MS * fields.reduce((sum, value) => sum + value, 0);
    const idle = TICKS_MS * (fields[3] + fields[4]);
    return { all, busy: all - idle, own: ownMs() + (processUsage(serverPid)?.cpuMs ?? 0) };
  } catch {
    return null;
  }
}

/** Of this process and those of its children that have ended. */
function ownMs(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return TICKS_MS * fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
}
