/** `listenable serve` in a process of its own, for whatever measures or maltreats a real server. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** The command that this process was started as: Node, its options and the script. */
export function ownCommand(): string[] {
  return [process.execPath, ...process.execArgv, process.argv[1]];
}

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly url: string;
  readonly explainUrl: string;
  /** What runs the model there, for people. */
  readonly backend: string;
  /** Asks it to end and waits until it has; one that doesn't within ten seconds is killed. */
  close(): Promise<void>;
}

const PATIENCE_MS = 10_000;
const STDERR_KEPT = 4_000;

/**
 * Starts `serve --json` with the given words and waits for its address. `stdio` may add channels beyond the usual three.
 *
 * @throws Error with what the server said last, when it ends before it listens.
 */
export async function startServerProcess(
  command: readonly string[],
  words: readonly string[],
  stdio: StdioOptions = ["ignore", "pipe", "pipe"],
): Promise<ServerProcess> {
  const [node, ...rest] = command;
  const child = spawn(node, [...rest, "serve", "--json", ...words], { stdio });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-STDERR_KEPT);
  });
  const facts = await new Promise<{ url: string; explainUrl: string; backend: string }>((resolve, reject) => {
    let out = "";
    child.stdout?.on("data", (chunk) => {
      out += chunk;
      if (out.includes("\n")) resolve(JSON.parse(out.slice(0, out.indexOf("\n"))));
      if (out.includes("\n")) child.stdout?.removeAllListeners("data").resume();
    });
    child.once("error", reject);
    void exited.then(() => reject(new Error(`the server ended before it listened: ${said.trim()}`)));
  });
  return {
    child,
    pid: child.pid as number,
    ...facts,
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        const overdue = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
        await exited;
        clearTimeout(overdue);
      }
    },
  };
}

interface ProcessUsage {
  /** Processor time of all its threads so far, in milliseconds. */
  readonly cpuMs: number;
  readonly rssMiB: number;
}

/** Clock ticks a second in /proc, the same on every Linux that Node runs on. */
const TICKS = 100;

/** What another process has used; null where there is no /proc, or no such process. */
export function processUsage(pid: number): ProcessUsage | null {
  try {
    // The name stands in brackets and may hold anything; the fields are counted from behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return {
      cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS,
      rssMiB: Number(resident?.[1] ?? Number.NaN) / 1024,
    };
  } catch {
    return null;
  }
}
