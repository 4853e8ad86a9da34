/**
 * Shares the backend's lanes among sessions: first come first served over sessions, one window at a time each, so
 * that a busy session waits behind the others and not before them. A session may have one window running and one
 * waiting; a newer one takes the waiting one's place. A scheduler that batches windows of several sessions would
 * replace this file alone.
 */
import type { Backend, WindowResult } from "./backend.ts";

export interface Job {
  readonly method: string;
  readonly target: number;
  /** Given away to the backend. */
  readonly magnitudes: Float32Array;
  done(result: WindowResult): void;
  failed(error: Error): void;
}

interface Turn<J extends Job> {
  waiting?: J;
  running: boolean;
  /** The running job, as long as somebody waits for its outcome. */
  wanted?: J;
}

export class Scheduler<Owner extends object, J extends Job = Job> {
  readonly #turns = new Map<Owner, Turn<J>>();
  /** Owners with a waiting job and none running, in the order of their turns. */
  readonly #ready = new Set<Owner>();
  #running = 0;

  constructor(private readonly backend: Backend) {}

  /** Windows that wait for a lane. */
  get waiting(): number {
    return this.#ready.size;
  }

  /** @returns the owner's older job that was displaced and will not be run, if there was one. */
  submit(owner: Owner, job: J): J | undefined {
    const turn: Turn<J> = this.#turns.get(owner) ?? { running: false };
    this.#turns.set(owner, turn);
    const displaced = turn.waiting;
    turn.waiting = job;
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

  #fill(): void {
    for (const owner of this.#ready) {
      if (this.#running >= this.backend.lanes) return;
      this.#ready.delete(owner);
      void this.#run(owner, this.#turns.get(owner)!);
    }
  }

  async #run(owner: Owner, turn: Turn<J>): Promise<void> {
    const job = turn.waiting!;
    turn.waiting = undefined;
    turn.wanted = job;
    turn.running = true;
    this.#running++;
    let tell: () => void;
    try {
      const result = await this.backend.explain(job.method, job.magnitudes, job.target);
      tell = () => job.done(result);
    } catch (error) {
      tell = () => job.failed(error as Error);
    }
    const wanted = turn.wanted === job;
    this.#running--;
    turn.running = false;
    turn.wanted = undefined;
    if (turn.waiting) this.#ready.add(owner);
    else this.#turns.delete(owner);
    this.#fill();
    if (wanted) tell();
  }
}
