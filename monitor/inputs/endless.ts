/**
 * The one loop of every input that goes on for ever. Whatever ends or fails in it is told as the state "waiting" and
 * tried again, later and later: a process that looks well and hears nothing is the worst that a monitor can be.
 */
import { type BackOff, backOffMs } from "../../protocol/back-off.ts";
import { type Sleep, sleep } from "../sleep.ts";
import type { InputReport, Stretch } from "./input.ts";

export interface Patience {
  /** Default: 1 s to a minute. */
  readonly backOff?: BackOff;
  readonly sleep?: Sleep;
  readonly random?: () => number;
}

const BACK_OFF: BackOff = { firstMs: 1000, longestMs: 60_000 };

/** @param attempt hears until it ends or throws; `wentWell` makes the next wait a short one again. */
export async function* endless(
  report: InputReport,
  signal: AbortSignal,
  attempt: (wentWell: () => void) => AsyncGenerator<Stretch>,
  patience: Patience = {},
): AsyncGenerator<Stretch> {
  const { backOff = BACK_OFF, random = Math.random } = patience;
  let failures = 0;
  while (!signal.aborted) {
    let problem = "it ended";
    try {
      yield* attempt(() => {
        failures = 0;
      });
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (signal.aborted) break;
    const ms = backOffMs(failures++, backOff, random);
    report.state("waiting", waitingDetail(problem, ms));
    await (patience.sleep ?? sleep)(ms, signal);
  }
  report.state("ended");
}

/** Why an input waits, and for how long, for people. */
export function waitingDetail(problem: string, ms: number): string {
  return `${problem}; next try in ${(ms / 1000).toFixed(0)} s`;
}

/** The same without the time, which is another at every try. */
export function reasonOf(detail: string): string {
  return detail.replace(/; next try in \d+ s$/, "");
}
