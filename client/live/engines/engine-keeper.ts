import { type Engine, EngineError, type Explanation, type SpectralWindow } from "../../../protocol/engine.ts";
import type { EngineChoice, Problem } from "../live-explainer.ts";
import { ProblemError, toProblem } from "../problems.ts";
import type { EngineReason, Told } from "../told.ts";
import { within } from "../within.ts";
import { type Asked, type Candidate, type CandidateParts, Candidates } from "./candidates.ts";
import { DeadlineJudge, JUDGED_WINDOWS } from "./deadline-judge.ts";
import { Probation } from "./probation.ts";

export interface KeeperState {
  readonly kind: Engine["kind"];
  readonly description: string;
  /** Of the windows that it was measured with, in milliseconds: the slowest at first, the mean when it came back. */
  readonly warmUpMs: number;
  /** Why it answers from now on. */
  readonly reason: EngineReason;
}

interface KeeperParts extends CandidateParts {
  readonly strideMs: number;
  /** Engines remember what they heard, as those of streaming packs: then one answers until it is given up. */
  readonly remembers?: boolean | undefined;
  /** What the delay leaves an engine for a window, in milliseconds, as it is now. */
  readonly deadlineMs: () => number;
  /** Another engine answers from now on. */
  readonly onEngine: (state: KeeperState) => void;
  /** What a person should know of the choice; null when there is nothing any more. */
  readonly onNotice: (notice: Told | null) => void;
  /** No engine is left, and none can be expected. */
  readonly onProblem: (problem: Problem) => void;
}

interface Wanted {
  readonly choice: EngineChoice;
  readonly asked: Asked;
}

/** An engine that fails so often in a row is given up. */
const MOST_FAILURES = 3;
/** An engine that is silent for so long is given up, even if it doesn't say that it was lost. */
const SILENCE_MS = 3_000;
/** The audio thread holds the last mask for so long before it fades. */
const MASKS_HELD_MS = 200;
/** A device that can't keep up itself asks for the server no more often than this. */
const ASK_AGAIN_MS = 60_000;

/**
 * Holds the engine that answers, and decides which one that is.
 *
 * "auto" opens both, measures a few windows with each, and takes the server's when it is faster or when this device
 * can't keep the stride; the local engine stays ready to take over. From then on deadlines judge:
 * - A window that the server has not answered when this device still can in time, this device answers. With a streaming pack
 *   each change of engine forgets what was heard: there late answers are only counted, and this device answers for good
 *   when one fails to come for as long as masks are held.
 * - When that happens too often, this device answers for good, and the server is asked for a window now and then. It is
 *   taken again after a clean run of them (`Probation`).
 * - When the server is lost, this device answers the very same window, and the server is tried again with growing
 *   pauses, or when it said that it wants to be. Once back it has to show a clean run too.
 * "local" and "remote" use that engine alone; a lost server is tried again for as long as it takes.
 * Of several requests only the newest is carried out. Engines that a choice finds open are taken as they are, so that the next
 * stream begins with the model of the one before.
 */
export class EngineKeeper {
  readonly #parts: KeeperParts;
  readonly #candidates: Candidates;
  #current: Candidate | null = null;
  /** In "auto": the local engine while the server's answers. */
  #standby: Candidate | null = null;
  /** In "auto": the server's engine while it has to show that it is well again. */
  #onProbation: Candidate | null = null;
  readonly #probation = new Probation();
  readonly #judge = new DeadlineJudge();
  #probing = false;
  /** A window that the server still is at, though another engine has answered it. */
  #overdue: Promise<unknown> | null = null;
  #askedAgainAt = Number.NEGATIVE_INFINITY;
  /** The newest request that was carried out. */
  #chosen: Wanted = { choice: "local", asked: {} };
  /** The newest one, while engines are opened for it. */
  #pending: (Wanted & { readonly done: Promise<void> }) | null = null;
  /** Why what answers now does. */
  #reason: EngineReason = { why: "chosen" };
  /** Whether it was told that the server is warming up. */
  #warming = false;
  #failures = 0;
  /** Of the newest request. */
  #selecting = new AbortController();
  /** Of the attempts to reach a lost server. */
  #retrying = new AbortController();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#candidates = new Candidates(parts);
  }

  /**
   * Opens engines for the choice and what they are asked, and lets the best one answer. The
   * engine so far answers until then, and goes on answering when this fails.
   *
   * @throws ProblemError when no engine can be used; an `AbortError` when another request came meanwhile.
   */
  select(choice: EngineChoice, asked: Asked): Promise<void> {
    const { signal } = this.#selecting;
    // A stream that ended before its engine was there leaves it to the next one.
    if (this.#pending && !signal.aborted && sameWanted(this.#pending, { choice, asked })) {
      return this.#pending.done;
    }
    this.#selecting.abort();
    this.#selecting = new AbortController();
    // It was waited for, and is not any more.
    if (this.#warming) this.#tellWarming(null);
    if (this.#current && sameWanted(this.#chosen, { choice, asked })) {
      this.#pending = null;
      this.#announce(this.#reason);
      return Promise.resolve();
    }
    const done = this.#choose({ choice, asked }, this.#selecting.signal).finally(() => {
      if (this.#pending?.done === done) this.#pending = null;
    });
    this.#pending = { choice, asked, done };
    return done;
  }

  async #choose(request: Wanted, signal: AbortSignal): Promise<void> {
    const { choice, asked } = request;
    const kinds = choice === "auto" ? (["local", "remote"] as const) : ([choice] as const);
    const open = this.#openFor(asked).filter(({ engine }) => kinds.some((kind) => kind === engine.kind));
    const missing = kinds.filter((kind) => open.every(({ engine }) => engine.kind !== kind));
    // Where this device may answer, nobody waits for a server that is not warm yet.
    const opening = (kind: Engine["kind"]) =>
      choice === "remote"
        ? this.#candidates.openWarm(asked, signal, (progress) =>
            this.#tellWarming({ code: "server-warming", progress }),
          )
        : this.#candidates.open(kind, asked);
    const { fresh, errors } = await this.#measured(missing.map(opening), signal);
    if (signal.aborted) {
      for (const { engine } of fresh) void engine.close();
      signal.throwIfAborted();
    }
    // What was open may have failed meanwhile.
    const candidates = [...open.filter((each) => this.#holds(each)), ...fresh];
    const [error] = errors;
    if (candidates.length === 0) {
      const { code, detail } = toProblem(error ?? new EngineError("lost", "the engine has just failed"));
      throw new ProblemError(code, detail, { cause: error });
    }
    this.#chosen = request;
    const notice = errors.length > 0 ? failed(error, "nothing") : null;
    this.#adopt(candidates, notice, { why: choice === "auto" ? "measured" : "chosen" });
    // Once the server is gone, so are mostly the files with which this device could take over.
    if (choice === "remote") void this.#parts.factories.fetchLocal?.(asked).catch(() => {});
    // A server that is not there yet may come.
    if (choice === "auto" && this.#current?.engine.kind === "local" && this.#worthTrying(error)) {
      void this.#retry(error);
    }
  }

  async #measured(
    opening: readonly Promise<Engine>[],
    signal: AbortSignal,
  ): Promise<{ readonly fresh: Candidate[]; readonly errors: unknown[] }> {
    const opened = await Promise.allSettled(opening);
    const fresh: Candidate[] = [];
    const errors: unknown[] = [];
    for (const result of opened) {
      if (result.status === "rejected") errors.push(result.reason);
      else if (signal.aborted) void result.value.close();
      else {
        // One after the other, so that they don't take each other's time.
        const candidate = await this.#candidates.measure(result.value).catch((error: unknown) => {
          errors.push(error);
          return null;
        });
        if (candidate) fresh.push(candidate);
      }
    }
    return { fresh, errors };
  }

  /**
   * No windows are to be expected: what runs here stays open, the server is let go of and no longer sought. The next `select`
   * asks it again, if it is to.
   */
  rest(): void {
    if (this.#pending && this.#pending.choice !== "local") this.#selecting.abort();
    this.#retrying.abort();
    const [local = null] = this.#open.filter(({ engine }) => engine.kind === "local");
    for (const candidate of this.#open) if (candidate !== local) void candidate.engine.close();
    this.#current = local;
    this.#standby = this.#onProbation = this.#overdue = null;
    this.#chosen = { choice: "local", asked: this.#chosen.asked };
    this.#reason = { why: "chosen" };
    this.#failures = 0;
    this.#judge.clear();
  }

  /** Those that may answer, now or when the one that does fails. */
  get #open(): Candidate[] {
    return [this.#current, this.#standby, this.#onProbation].filter((candidate) => candidate !== null);
  }

  #holds({ engine }: Candidate): boolean {
    return this.#open.some((candidate) => candidate.engine === engine);
  }

  /** Engines that are open and were asked the same; one on probation has to show a clean run first. */
  #openFor(asked: Asked): Candidate[] {
    if (!sameAsked(this.#chosen.asked, asked)) return [];
    return [this.#current, this.#standby].filter((candidate) => candidate !== null);
  }

  /** What the engine that answers wants to lie between two windows, in milliseconds. */
  get leastMs(): number {
    return this.#current?.engine.leastMs ?? 0;
  }

  /** Null when no engine could answer; the next window may find another one. */
  async explain(window: SpectralWindow): Promise<Explanation | null> {
    const candidate = this.#current;
    if (!candidate) return null;
    const answer =
      candidate.engine.kind === "remote" && this.#standby
        ? await this.#askRemote(candidate, this.#standby, window)
        : await this.#ask(candidate, window);
    // Afterwards, as a model that runs here would delay what comes from the server.
    this.#tryProbation(window);
    // What took over answers the same window, so that no mask is missing.
    if (answer || !this.#current || this.#current.engine === candidate.engine) return answer;
    return this.#ask(this.#current, window);
  }

  async close(): Promise<void> {
    this.#selecting.abort();
    this.#retrying.abort();
    const open = this.#open;
    this.#pending = null;
    this.#current = this.#standby = this.#onProbation = null;
    await Promise.all(open.map(({ engine }) => engine.close()));
  }

  /** Null when it failed, and what follows from that has been done. */
  async #ask(candidate: Candidate, window: SpectralWindow): Promise<Explanation | null> {
    const { now, deadlineMs } = this.#parts;
    const asked = now();
    try {
      const explanation = await within(candidate.engine.explain(window), SILENCE_MS, silent);
      if (candidate.engine !== this.#current?.engine) return explanation;
      this.#failures = 0;
      const ms = now() - asked;
      // Windows that were given up were counted then.
      if (this.#overdue === null) this.#count(candidate, ms > deadlineMs(), ms);
      return explanation;
    } catch (error) {
      // It may have been replaced while it computed.
      if (candidate.engine === this.#current?.engine) this.#failed(candidate, error);
      else if (candidate.engine === this.#onProbation?.engine) this.#probationFailed(candidate, error);
      return null;
    }
  }

  /**
   * The server's answer, or in its place that of this device, started so that it can be there in time; of engines that remember,
   * when nobody could wait for it any longer.
   */
  async #askRemote(remote: Candidate, local: Candidate, window: SpectralWindow): Promise<Explanation | null> {
    const { deadlineMs, wait, remembers } = this.#parts;
    const deadline = deadlineMs();
    // A device that is too slow itself would only add to the delay.
    if (local.warmUpMs > deadline) return this.#ask(remote, window);
    if (this.#overdue === null) {
      const work = this.#ask(remote, window);
      const answered = new AbortController();
      const inTime = Math.max(deadline / 2, deadline - local.warmUpMs);
      const patience = remembers ? deadline + MASKS_HELD_MS : inTime;
      const late = wait(patience, answered.signal).then(() => "late" as const);
      const first = await Promise.race([work, late]);
      answered.abort();
      if (first !== "late") return first;
      const settled = work.finally(() => {
        if (this.#overdue === settled) this.#overdue = null;
      });
      this.#overdue = settled;
    }
    if (remembers) {
      this.#judge.add(true);
      this.#handOver(remote, local);
    } else this.#count(remote, true, Number.NaN);
    return this.#ask(local, window);
  }

  /** One more window of the engine that answers was in time, or not. */
  #count(candidate: Candidate, late: boolean, ms: number): void {
    if (candidate.engine !== this.#current?.engine) return;
    this.#judge.add(late);
    if (!this.#judge.tooMany) return;
    const standby = this.#standby;
    if (candidate.engine.kind === "remote" && standby && standby.warmUpMs <= this.#parts.deadlineMs()) {
      this.#handOver(candidate, standby);
      return;
    }
    this.#judge.clear();
    if (candidate.engine.kind === "local") this.#askAgain(candidate, ms);
  }

  /** This device answers from now on, as the server was too late too often. */
  #handOver(remote: Candidate, local: Candidate): void {
    const { misses } = this.#judge;
    this.#judge.clear();
    this.#current = local;
    this.#standby = null;
    this.#watch(remote);
    this.#announce({ why: "late", misses, windows: JUDGED_WINDOWS });
    this.#parts.onNotice({ code: "server-late" });
  }

  /** This device doesn't keep up: the server may do better than when it was let go. */
  #askAgain(local: Candidate, ms: number): void {
    const now = this.#parts.now();
    const trying = this.#onProbation !== null || !this.#worthTrying(null);
    if (this.#chosen.choice !== "auto" || trying || now - this.#askedAgainAt < ASK_AGAIN_MS) return;
    this.#askedAgainAt = now;
    this.#current = { ...local, warmUpMs: Math.max(local.warmUpMs, ms) };
    void this.#retry(null);
  }

  #worthTrying(error: unknown): boolean {
    const refused = error instanceof EngineError && error.code === "refused";
    return this.#parts.factories.remote !== null && !(refused && error.retryAfterSeconds === undefined);
  }

  #watch(remote: Candidate): void {
    this.#onProbation = remote;
    this.#probation.begin(this.#parts.now());
  }

  /** Lets the server's engine explain this window too, if it is time for that. */
  #tryProbation(window: SpectralWindow): void {
    const candidate = this.#onProbation;
    const { now, deadlineMs } = this.#parts;
    if (!candidate || this.#probing || this.#overdue || !this.#probation.due(now())) return;
    const asked = now();
    this.#probing = true;
    void this.#ask(candidate, window).then((explanation) => {
      this.#probing = false;
      if (candidate.engine !== this.#onProbation?.engine || !this.#current) return;
      const ms = now() - asked;
      const inTime = explanation !== null && ms <= deadlineMs();
      if (!this.#probation.answered(ms, inTime, now())) return;
      const { meanMs, needed } = this.#probation;
      const remote = { engine: candidate.engine, warmUpMs: meanMs };
      this.#adopt([this.#current, remote], null, { why: "in-time", windows: needed });
    });
  }

  #probationFailed(candidate: Candidate, error: unknown): void {
    if (!isFatal(error)) return;
    this.#onProbation = null;
    void candidate.engine.close();
    void this.#retry(error);
  }

  #tellWarming(notice: Told | null): void {
    this.#warming = notice !== null;
    this.#parts.onNotice(notice);
  }

  /** Takes the best of the candidates, keeps the local one ready in "auto", and closes what is left. */
  #adopt(candidates: readonly Candidate[], notice: Told | null, reason: EngineReason): void {
    const before = [this.#current, this.#standby, this.#onProbation];
    const local = candidates.find(({ engine }) => engine.kind === "local") ?? null;
    const remote = candidates.find(({ engine }) => engine.kind === "remote") ?? null;
    const remoteIsBetter =
      remote !== null &&
      (local === null || remote.warmUpMs < local.warmUpMs || local.warmUpMs > this.#parts.strideMs);
    this.#current = remoteIsBetter ? remote : local;
    this.#standby = remoteIsBetter ? local : null;
    this.#onProbation = null;
    this.#overdue = null;
    this.#failures = 0;
    this.#judge.clear();
    const kept = [this.#current?.engine, this.#standby?.engine];
    for (const candidate of new Set([...before, ...candidates])) {
      if (candidate && !kept.includes(candidate.engine)) void candidate.engine.close();
    }
    this.#retrying.abort();
    this.#announce(reason);
    this.#parts.onNotice(notice);
  }

  #announce(reason: EngineReason): void {
    this.#reason = reason;
    if (!this.#current) return;
    const { engine, warmUpMs } = this.#current;
    this.#parts.onEngine({ kind: engine.kind, description: engine.description, warmUpMs, reason });
  }

  #failed(candidate: Candidate, error: unknown): void {
    this.#failures++;
    if (!isFatal(error) && this.#failures < MOST_FAILURES) return;

    this.#failures = 0;
    this.#judge.clear();
    this.#overdue = null;
    this.#current = this.#standby;
    this.#standby = null;
    void candidate.engine.close();
    const problem = toProblem(error);
    this.#announce({ why: "failed", detail: problem.detail });
    if (this.#chosen.choice === "local" || this.#parts.factories.remote === null) {
      this.#parts.onProblem({ ...problem, code: "engine-failed" });
      return;
    }
    // In "auto" the local engine may be what failed.
    this.#parts.onNotice(failed(error, this.#current ? "device" : "trying"));
    void this.#retry(error);
  }

  /** Seeks the server. What answers meanwhile goes on until the server shows a clean run. */
  async #retry(cause: unknown): Promise<void> {
    this.#retrying.abort();
    this.#retrying = new AbortController();
    const { signal } = this.#retrying;
    const remote = await this.#candidates.seekServer(this.#chosen.asked, cause, signal, (error) => {
      if (this.#current !== null) return;
      this.#parts.onNotice(failed(error, "until-back"));
    });
    if (!remote) return;
    if (this.#current) this.#watch(remote);
    else this.#adopt([remote], null, { why: "server-back" });
  }
}

function sameWanted(a: Wanted, b: Wanted): boolean {
  return a.choice === b.choice && sameAsked(a.asked, b.asked);
}

function sameAsked(a: Asked, b: Asked): boolean {
  return a.method === b.method && (a.target ?? -1) === (b.target ?? -1);
}

function failed(error: unknown, next: Extract<Told, { code: "engine-failed" }>["next"]): Told {
  return { code: "engine-failed", detail: toProblem(error).detail, next };
}

const silent = () => new EngineError("timeout", `the engine was silent for ${SILENCE_MS / 1_000} s`);

function isFatal(error: unknown): boolean {
  const code = error instanceof EngineError ? error.code : "failed";
  return code === "lost" || code === "closed" || code === "refused" || code === "timeout";
}
