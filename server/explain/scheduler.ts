/**
 * Where the windows of all sessions meet. Sessions take turns, one window at a time each, so that a busy one waits
 * behind the others and not before them. A session has at most one window running. Of windows one waits, and a newer one takes
 * its place; blocks of a streaming pack wait in their order, as each needs what is remembered of those before.
 *
 * When a lane is free it takes the windows whose turn it is, as many alike as the backend wants at once. It does not wait
 * for more to come: that would only make the first one late, and under load the windows that came during one batch fill
 * the next.
 *
 * Blocks of a streaming pack are different where calls of many pay: a lane that took whatever is there would be busy with calls
 * of one or two, and leave no time for the rest of the server. So they wait for others like them as long as the call before
 * took, though never more than 8 ms, and not where a full call waits: with little to do calls are short and so is the wait,
 * and with much to do calls grow.
 *
 * All windows have the same time to begin, so the first come is also the first due. One that is not begun by then is
 * dropped: whoever asked for it is better served by the next.
 */
import {
  alike,
  type Backend,
  type QueryKind,
  type WindowOutcome,
  type WindowQuery,
  type WindowResult,
} from "./backend.ts";

/** What became of a window in time: when it came, how long it waited, with how many it ran. */
export interface WindowTimes {
  /** From its arrival until it was handed to a lane, in milliseconds. */
  readonly queueMs: number;
  readonly batch: number;
}

export interface Job {
  readonly kind: QueryKind;
  /** It comes at the pace of the sound and not at one that its client can choose: of a stream's blocks none can be left out. */
  readonly steady?: boolean;
  /** Handed to a lane from here on. */
  begin(): WindowQuery;
  /** What became of it, if it was not cancelled: told before the owner's next job begins, and before anybody else is told. */
  ran?(outcome: WindowOutcome): void;
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
  /** Calls back after so many milliseconds. Default: a timer. */
  readonly wait?: (ms: number, then: () => void) => void;
}

/** What happened since the last time that was asked. */
export interface Load {
  /** Share of the lanes' time that their models took, 0 to 1. */
  readonly busy: number;
  /** The model's time for one window, in milliseconds; 0 as long as none was run. */
  readonly windowMs: number;
  /** Sessions that asked for a window, and could do so less often. */
  readonly active: number;
  /** Sessions that asked for something, and could not; what it waited for its lane in the mean, in milliseconds. */
  readonly steady: number;
  readonly steadyWaitMs: number;
  readonly late: number;
}

interface Turn<J extends Job> {
  /** In their order. */
  readonly waiting: { readonly job: J; readonly since: number }[];
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
/** The longest that blocks wait for others to run with, of the 64 ms that lie between those of one sound. */
const MOST_GATHERING_MS = 8;

function timer(ms: number, then: () => void): void {
  setTimeout(then, ms).unref();
}

export class Scheduler<Owner extends object, J extends Job = Job> {
  readonly #turns = new Map<Owner, Turn<J>>();
  /** Owners with a waiting job and none running, in the order of their turns. */
  readonly #ready = new Set<Owner>();
  #running = 0;
  /** What the newest call that was given time to grow took, in milliseconds. */
  #callMs = 0;
  #gathering = false;
  #windowMs = 0;
  #busyMs = 0;
  #late = 0;
  readonly #steadyWaits = { ms: 0, jobs: 0 };
  readonly #active = new Set<Owner>();
  readonly #steady = new Set<Owner>();
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

  /**
   * @param most so many jobs of an owner may wait: one more displaces all of them, as whoever is so late is better served by
   *   the newest.
   * @returns the owner's older jobs that were displaced and will not be run.
   */
  submit(owner: Owner, job: J, most = 1): readonly J[] {
    const turn: Turn<J> = this.#turns.get(owner) ?? { waiting: [], running: false };
    this.#turns.set(owner, turn);
    const displaced = turn.waiting.length >= most ? turn.waiting.splice(0) : [];
    turn.waiting.push({ job, since: this.options.now() });
    (job.steady ? this.#steady : this.#active).add(owner);
    if (!turn.running) this.#ready.add(owner);
    this.#fill();
    return displaced.map((each) => each.job);
  }

  /** Forgets the owner's waiting jobs. One that runs is run to its end, which nobody is told of. */
  cancel(owner: Owner): void {
    const turn = this.#turns.get(owner);
    if (!turn) return;
    turn.waiting.length = 0;
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
      steady: this.#steady.size,
      steadyWaitMs: this.#steadyWaits.ms / Math.max(1, this.#steadyWaits.jobs),
      late: this.#late,
    };
    this.#loadSince = now;
    this.#busyMs = 0;
    this.#late = 0;
    Object.assign(this.#steadyWaits, { ms: 0, jobs: 0 });
    this.#active.clear();
    this.#steady.clear();
    return load;
  }

  #fill(): void {
    while (this.#ready.size > 0 && this.#room() > 0) {
      const batch = this.#nextBatch();
      if (batch.length === 0) return;
      void this.#run(batch);
    }
  }

  /** Calls that may begin now, for the first whose turn it is. */
  #room(): number {
    const [owner] = this.#ready;
    const [{ job, since }] = this.#turns.get(owner)!.waiting;
    const { lanes, calls } = this.backend;
    if (!this.#grows(job) || this.#ready.size >= this.backend.batch(job.kind.pack)) {
      return calls - this.#running;
    }
    const room = lanes - this.#running;
    const gathers = since + Math.min(MOST_GATHERING_MS, this.#callMs) - this.options.now();
    if (room <= 0 || gathers <= 0) return room;
    this.#fillAfter(gathers);
    return 0;
  }

  /** Whether calls of such jobs should be given time to grow. */
  #grows({ steady, kind }: J): boolean {
    return steady === true && this.backend.batch(kind.pack) > 1;
  }

  #fillAfter(ms: number): void {
    if (this.#gathering) return;
    this.#gathering = true;
    (this.options.wait ?? timer)(Math.ceil(ms), () => {
      this.#gathering = false;
      this.#fill();
    });
  }

  /** The first that is not late, and those like it, in the order of their turns. */
  #nextBatch(): Begun<Owner, J>[] {
    const now = this.options.now();
    const batch: Begun<Owner, J>[] = [];
    let most = 1;
    for (const [owner, turn] of this.#readyTurns(now)) {
      const [{ job, since }] = turn.waiting;
      if (batch.length > 0 && !alike(job.kind, batch[0].job.kind)) continue;
      if (batch.length === 0) most = this.backend.batch(job.kind.pack);
      turn.waiting.shift();
      turn.wanted = job;
      turn.running = true;
      this.#ready.delete(owner);
      batch.push({ owner, turn, job, queueMs: now - since });
      if (job.steady) {
        this.#steadyWaits.ms += now - since;
        this.#steadyWaits.jobs++;
      }
      if (batch.length >= most) break;
    }
    return batch;
  }

  /** In their order, without what is late. */
  *#readyTurns(now: number): Generator<[Owner, Turn<J>]> {
    for (const owner of this.#ready) {
      const turn = this.#turns.get(owner)!;
      while (turn.waiting.length > 0 && now - turn.waiting[0].since > this.options.patienceMs) {
        this.#late++;
        turn.waiting.shift()!.job.late();
      }
      if (turn.waiting.length > 0) yield [owner, turn];
      else {
        this.#ready.delete(owner);
        this.#turns.delete(owner);
      }
    }
  }

  #count(inferenceMs: number, windows: number): void {
    this.#busyMs += inferenceMs;
    const each = inferenceMs / windows;
    this.#windowMs += (this.#windowMs === 0 ? 1 : FORGET) * (each - this.#windowMs);
  }

  async #run(batch: readonly Begun<Owner, J>[]): Promise<void> {
    this.#running++;
    let outcomes: readonly WindowOutcome[];
    try {
      outcomes = await this.backend.explain(batch.map(({ job }) => job.begin()));
    } catch (error) {
      outcomes = batch.map(() => error as Error);
    }
    const answered = outcomes.find((each) => !(each instanceof Error));
    if (answered) this.#count((answered as WindowResult).inferenceMs, batch.length);
    this.#running--;
    if (answered && this.#grows(batch[0].job)) this.#callMs = (answered as WindowResult).inferenceMs;
    const wanted = batch.map(({ turn, job }) => turn.wanted === job);
    for (const [n, { owner, turn, job }] of batch.entries()) {
      if (wanted[n]) job.ran?.(outcomes[n]);
      turn.running = false;
      turn.wanted = undefined;
      if (turn.waiting.length > 0) this.#ready.add(owner);
      else this.#turns.delete(owner);
    }
    // The lane first: what is told may take its time.
    this.#fill();
    for (const [n, { job, queueMs }] of batch.entries()) {
      if (!wanted[n]) continue;
      const outcome = outcomes[n];
      if (outcome instanceof Error) job.failed(outcome);
      else job.done(outcome, { queueMs, batch: batch.length });
    }
  }
}
