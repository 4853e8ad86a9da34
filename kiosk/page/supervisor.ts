/** Keeps an explainer running: whatever fails is started again, for ever. */
import { BehaviorSubject, type Subscription } from "rxjs";
import { reconnectMs } from "../../client/live/engines/reconnect.ts";
import type { LiveExplainer, Source, Status } from "../../client/live/live-explainer.ts";
import type { Clock } from "./clock.ts";

export type SupervisorState = "starting" | "running" | "recovering";

interface SupervisorParts {
  readonly explainer: Pick<LiveExplainer, "status$" | "columns$" | "start">;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  /** When the whole page was last loaded because nothing else helped, in the clock's time; null when it never was. */
  readonly reloadedAt: number | null;
  /** Loads the whole page anew. */
  readonly reload: () => void;
  /** Whether somebody else deals with this failure, who then wants another source: it is not tried again here. */
  readonly takes?: (code: string) => boolean;
}

/** A start that takes longer has got stuck; a first start fetches the model over a slow line. */
const START_MS = 90_000;
/** Running without a new column for so long; the session's own watchdog should have seen to it within 10 s. */
const STILL_MS = 20_000;
const LOOK_MS = 5_000;
/** After so long without a failure the next one is a first one again. */
const STEADY_MS = 60_000;
/** Failures in a row after which the whole page is loaded, and how often that may be. */
const RELOAD_AFTER = 6;
const RELOAD_EVERY_MS = 600_000;
const MOST_PROBLEMS = 10;

export class Supervisor {
  readonly state$ = new BehaviorSubject<SupervisorState>("starting");
  /** Starts after a failure. */
  recoveries = 0;
  readonly #parts: SupervisorParts;
  readonly #subscriptions: readonly Subscription[];
  #problems: string[] = [];
  #source: (() => Promise<Source>) | undefined;
  /** Counts starts, so that what was overtaken is not heard. */
  #start = 0;
  #failures = 0;
  /** Between a failure and the next attempt. */
  #waiting = false;
  #movedAt = 0;
  #runningSince = 0;
  #reloadedAt: number | null;
  /** The one timer: of a start, of the next look, or of the next attempt. */
  #cancel = () => {};
  #closed = false;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#reloadedAt = parts.reloadedAt;
    const { explainer, clock } = parts;
    this.#subscriptions = [
      explainer.status$.subscribe((status) => this.#heard(status)),
      explainer.columns$.subscribe(() => {
        this.#movedAt = clock.now();
      }),
    ];
  }

  /** Codes of the last problems, newest last. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** What is to sound from now on. `source` is asked at every start, as devices come and go. */
  want(source: () => Promise<Source>): void {
    this.#source = source;
    this.#failures = 0;
    this.#begin();
  }

  /** Somebody is there: what waits for its next attempt is tried at once. */
  hurry(): void {
    if (this.state$.value === "recovering" && !this.#closed) this.#begin();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.state$.complete();
  }

  #wait(ms: number, run: () => void): void {
    this.#cancel();
    this.#cancel = this.#closed ? () => {} : this.#parts.clock.after(ms, run);
  }

  #begin(): void {
    const start = ++this.#start;
    this.#waiting = false;
    this.state$.next(this.state$.value === "running" ? "starting" : this.state$.value);
    this.#wait(START_MS, () => this.#failed("start-stuck"));
    const begin = async () => {
      const source = await this.#source?.();
      if (source && start === this.#start && !this.#closed) await this.#parts.explainer.start(source);
    };
    begin().catch((error: unknown) => {
      if (start === this.#start && this.state$.value !== "running") this.#failed(codeOf(error));
    });
  }

  #heard(status: Status): void {
    const running = this.state$.value === "running";
    if (status.state === "running" && !running && this.#start > 0) {
      this.#runningSince = this.#movedAt = this.#parts.clock.now();
      this.state$.next("running");
      this.#look();
    } else if (status.state === "failed") this.#failed(status.problem.code);
    else if (status.state === "stopped" && running) this.#failed("stopped");
  }

  #look(): void {
    const now = this.#parts.clock.now();
    // Somebody may set the clock back.
    this.#movedAt = Math.min(this.#movedAt, now);
    this.#runningSince = Math.min(this.#runningSince, now);
    if (now - this.#runningSince >= STEADY_MS) this.#failures = 0;
    if (now - this.#movedAt >= STILL_MS) this.#failed("stalled");
    else this.#wait(LOOK_MS, () => this.#look());
  }

  #failed(code: string): void {
    // The status and the start's own error tell of the same failure.
    if (this.#closed || this.#waiting) return;
    this.#start++;
    this.#problems = [...this.#problems, code].slice(-MOST_PROBLEMS);
    this.#cancel();
    if (this.#parts.takes?.(code)) return;
    this.recoveries++;
    this.#failures++;
    this.#waiting = true;
    this.state$.next("recovering");
    // The next attempt is made all the same: a page that cannot be loaded now stays as it is.
    if (this.#failures >= RELOAD_AFTER && this.#mayReload()) this.#reload();
    this.#wait(reconnectMs(this.#failures - 1, this.#parts.random), () => this.#begin());
  }

  #mayReload(): boolean {
    return (
      this.#reloadedAt === null || Math.abs(this.#parts.clock.now() - this.#reloadedAt) >= RELOAD_EVERY_MS
    );
  }

  #reload(): void {
    this.#reloadedAt = this.#parts.clock.now();
    this.#parts.reload();
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "unexpected";
}
