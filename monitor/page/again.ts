/** Trying again what did not work: later and later, never all pages at once, and not before the server wants it. */
import { type BackOff, backOffMs } from "../../protocol/back-off.ts";
import { ApiError } from "./api.ts";

const BACK_OFF: BackOff = { firstMs: 2000, longestMs: 60_000 };
const TOO_MANY_OR_TOO_EARLY = [408, 425, 429];

/** What waits, in place of the browser's timers. */
export interface AgainOptions {
  readonly after?: (ms: number, work: () => void) => () => void;
  readonly random?: () => number;
}

const afterTimeout: NonNullable<AgainOptions["after"]> = (ms, work) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};

export class Again {
  #attempts = 0;
  #cancel: () => void = () => {};

  constructor(
    private readonly work: () => void,
    private readonly options: AgainOptions = {},
  ) {}

  /** @param problem what went wrong; its answer may say when to come again. */
  later(problem?: unknown): void {
    const { after = afterTimeout, random } = this.options;
    const wanted = problem instanceof ApiError ? problem.retryAfterMs : 0;
    this.#cancel();
    this.#cancel = after(Math.max(backOffMs(this.#attempts++, BACK_OFF, random), wanted), this.work);
  }

  /** It worked: the next wait is a short one again. */
  worked(): void {
    this.#attempts = 0;
    this.#cancel();
  }

  stop(): void {
    this.#cancel();
  }
}

/** Whether it may work in a while: no answer came, or one that speaks of now and not of what was asked. */
export function mayWorkLater(problem: unknown): boolean {
  if (!(problem instanceof ApiError)) return true;
  return problem.status >= 500 || TOO_MANY_OR_TOO_EARLY.includes(problem.status);
}
