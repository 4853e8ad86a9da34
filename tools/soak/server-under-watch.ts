/** A real server in a process of its own that tells what its memory holds. */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { processUsage, type ServerProcess, startServerProcess } from "../../cli/bench/server-process.ts";

const REPORTER = new URL("./heap-reporter.mjs", import.meta.url).href;

export interface Memory {
  /** JavaScript heap and the buffers that hang on it, after a full collection. */
  readonly heapMiB: number;
  readonly rssMiB: number;
  /** Active resources of the event loop by kind: sockets, timers, ... */
  readonly resources: Readonly<Record<string, number>>;
  /** Open files; null where there is no /proc. */
  readonly files: number | null;
}

interface WatchedServer extends ServerProcess {
  memory(): Promise<Memory>;
  /** Ends the oldest of its threads in the middle of its work. */
  endThread(): void;
}

/** `script` is the command without Node: ["dist/cli.js"], or tsx and the source. */
export async function startWatchedServer(
  script: readonly string[],
  words: readonly string[],
): Promise<WatchedServer> {
  const command = [process.execPath, "--expose-gc", "--import", REPORTER, ...script];
  const server = await startServerProcess(command, words, ["ignore", "pipe", "pipe", "ipc"]);
  return {
    ...server,
    endThread: () => void server.child.send("end a thread"),
    async memory() {
      const answered = once(server.child, "message");
      server.child.send("report");
      const [{ heapUsed, external, rss, resources }] = (await answered) as [
        { heapUsed: number; external: number; rss: number; resources: string[] },
      ];
      const counts: Record<string, number> = {};
      for (const name of resources) counts[name] = (counts[name] ?? 0) + 1;
      return {
        heapMiB: (heapUsed + external) / 2 ** 20,
        rssMiB: processUsage(server.pid)?.rssMiB ?? rss / 2 ** 20,
        resources: counts,
        files: openFiles(server.pid),
      };
    },
  };
}

function openFiles(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

/** The command of a checkout. */
export const BUILT = [fileURLToPath(new URL("../../dist/cli.js", import.meta.url))];
