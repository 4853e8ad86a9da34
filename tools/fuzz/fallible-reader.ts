/** A reader in a process of its own, which may hang, eat memory or die: that is told as an outcome like any other. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export interface ReadOutcome {
  /** "read", "refused", or what was wrong with the outcome. */
  readonly outcome: string;
  readonly ms: number;
  /** Largest resident memory of the reader's process so far. */
  readonly maxRssMiB: number;
}

/** A file of a few kilobytes that takes longer hangs. Far above what a busy machine needs. */
const HANG_MS = 20_000;

/** The script answers every message `Request` with a `ReadOutcome`. */
export class FallibleReader<Request extends object> {
  files = 0;
  ended = false;
  #rss = Number.NaN;
  #said = "";
  readonly #child: ChildProcess;

  constructor(script: string) {
    this.#child = fork(script, {
      execArgv: ["--import", "tsx", "--max-old-space-size=512"],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.on("data", (chunk) => {
      this.#said = `${this.#said}${chunk}`.slice(-2000);
    });
    this.#child.once("exit", () => {
      this.ended = true;
    });
  }

  async read(request: Request): Promise<ReadOutcome & { growthMiB: number }> {
    this.files++;
    const over = new AbortController();
    const { signal } = over;
    const answered = once(this.#child, "message", { signal }).then(([answer]) => answer as ReadOutcome);
    const died = once(this.#child, "exit", { signal }).then(([code, killed]) =>
      wrong(`the process ended with ${killed ?? code}: ${this.#said.trim()}`, 0),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ReadOutcome>((resolve) => {
      timer = setTimeout(() => {
        this.end();
        resolve(wrong(`did not end within ${HANG_MS / 1000} s`, HANG_MS));
      }, HANG_MS);
    });
    this.#child.send(request);
    const outcome = await Promise.race([answered, died, late]);
    clearTimeout(timer);
    over.abort();
    for (const each of [answered, died]) each.catch(() => {});
    const growthMiB = this.files === 1 ? 0 : outcome.maxRssMiB - this.#rss;
    this.#rss = outcome.maxRssMiB;
    return { ...outcome, growthMiB };
  }

  end(): void {
    this.ended = true;
    this.#child.kill("SIGKILL");
  }
}

function wrong(outcome: string, ms: number): ReadOutcome {
  return { outcome, ms, maxRssMiB: 0 };
}
