/**
 * Where the windows of all sessions meet. Sessions take turns, one window at a time each, so that a busy one waits
 * behind the others and not before them. A session may have one window running and one waiting; a newer one takes the
 * waiting one's place.
 *
 * When a lane is free it takes the windows whose turn it is, as many alike as the backend wants at once. It does not wait
 * for more to come: that would only make the first one late, and under load the windows that came during one batch fill
 * the next.
 *
 * All windows have the same time to begin, so the first come is also the first due. One that is not begun by then is
 * dropped: whoever asked for it is better served by the next.
 */
import { alike, type Backend, type WindowQuery, type WindowResult } from "./backend.ts";

/** What became of a window in time: when it came, how long it waited, with how many it ran. */
export interface WindowTimes {
  /** From its arrival until it was handed to a lane, in milliseconds. */
  readonly queueMs: number;
  readonly batch: number;
}

export interface Job {
  readonly query: WindowQuery;
  done(result: WindowResult, times: WindowTimes): void;
  failed(error: Error): void;
  /** Its time to begin was over. */
  late(): void;
}

interface SchedulerOptions {
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** What a window may wait for its model. */
  readonly patienceMs: number;
}

/** What happened since the last time that was asked. */
export interface Load {
  /** Share of the lanes' time that their models took, 0 to 1. */
  readonly busy: number;
  /** The model's time for one window, in milliseconds; 0 as long as none was run. */
  readonly windowMs: number;
  /** Sessions that asked for a window. */
  readonly active: number;
  readonly late: number;
}

interface Turn<J extends Job> {
  waiting?: { job: J; since: number } | undefined;
  running: boolean;
  /** The running job, as long as somebody waits for its outcome. */
  wanted?: J | undefined;
}

interface Begun<Owner, J extends Job> {
  readonly owner: Owner;
  readonly turn: Turn<J>;
  readonly job: J;
  readonly queueMs: number;
}

/** How fast the time of a window is forgotten: the newest of 20 count. */
const FORGET = 0.05;

export class Scheduler<Owner extends object, J extends Job = Job> {
  readonly #turns = new Map<Owner, Turn<J>>();
  /** Owners with a waiting job and none running, in the order of their turns. */
  readonly #ready = new Set<Owner>();
  #running = 0;
  #windowMs = 0;
  #busyMs = 0;
  #late = 0;
  readonly #active = new Set<Owner>();
  #loadSince: number;

  constructor(
    private readonly backend: Backend,
    private readonly options: SchedulerOptions,
  ) {
    this.#loadSince = options.now();
  }

  /** Windows that wait for a lane. */
  get waiting(): number {
    return this.#ready.size;
  }

  /** @returns the owner's older job that was displaced and will not be run, if there was one. */
  submit(owner: Owner, job: J): J | undefined {
    const turn: Turn<J> = this.#turns.get(owner) ?? { running: false };
    this.#turns.set(owner, turn);
    const displaced = turn.waiting?.job;
    turn.waiting = { job, since: this.options.now() };
    this.#active.add(owner);
    if (!turn.running) this.#ready.add(owner);
    this.#fill();
    return displaced;
  }

  /** Forgets the owner's waiting job. One that runs is run to its end, which nobody is told of. */
  cancel(owner: Owner): void {
    const turn = this.#turns.get(owner);
    if (!turn) return;
    turn.waiting = undefined;
    turn.wanted = undefined;
    this.#ready.delete(owner);
    if (!turn.running) this.#turns.delete(owner);
  }

  /** What the lanes had to do since this was called before. */
  takeLoad(): Load {
    const now = this.options.now();
    const span = Math.max(1, now - this.#loadSince) * this.backend.lanes;
    const load = {
      busy: Math.min(1, this.#busyMs / span),
      windowMs: this.#windowMs,
      active: this.#active.size,
      late: this.#late,
    };
    this.#loadSince = now;
    this.#busyMs = 0;
    this.#late = 0;
    this.#active.clear();
    return load;
  }

  #fill(): void {
    while (this.#running < this.backend.calls) {
      const batch = this.#nextBatch();
      if (batch.length === 0) return;
      void this.#run(batch);
    }
  }

  /** The first that is not late, and those like it, in the order of their turns. */
  #nextBatch(): Begun<Owner, J>[] {
    const now = this.options.now();
    const batch: Begun<Owner, J>[] = [];
    for (const owner of this.#ready) {
      if (batch.length === this.backend.batch) break;
      const turn = this.#turns.get(owner)!;
      const { job, since } = turn.waiting!;
      const queueMs = now - since;
      const late = queueMs > this.options.patienceMs;
      if (!late && batch.length > 0 && !alike(job.query, batch[0].job.query)) continue;
      this.#ready.delete(owner);
      turn.waiting = undefined;
      if (late) {
        this.#late++;
        this.#turns.delete(owner);
        job.late();
      } else {
        turn.wanted = job;
        turn.running = true;
        batch.push({ owner, turn, job, queueMs });
      }
    }
    return batch;
  }

  #count(inferenceMs: number, windows: number): void {
    this.#busyMs += inferenceMs;
    const each = inferenceMs / windows;
    this.#windowMs += (this.#windowMs === 0 ? 1 : FORGET) * (each - this.#windowMs);
  }

  async #run(batch: readonly Begun<Owner, J>[]): Promise<void> {
    this.#running++;
    let outcome: WindowResult[] | Error;
    try {
      outcome = await this.backend.explain(batch.map(({ job }) => job.query));
    } catch (error) {
      outcome = error as Error;
    }
    if (!(outcome instanceof Error)) this.#count(outcome[0].inferenceMs, batch.length);
    this.#running--;
    const wanted = batch.map(({ turn, job }) => turn.wanted === job);
    for (const { owner, turn } of batch) {
      turn.running = false;
      turn.wanted = undefined;
      if (turn.waiting) this.#ready.add(owner);
      else this.#turns.delete(owner);
    }
    // The lane first: what is told may take its time.
    this.#fill();
    for (const [n, { job, queueMs }] of batch.entries()) {
      if (!wanted[n]) continue;
      if (outcome instanceof Error) job.failed(outcome);
      else job.done(outcome[n], { queueMs, batch: batch.length });
    }
  }
}
