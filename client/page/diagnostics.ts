/** What the page tells of itself when somebody looks for a fault. */
import { VERSION } from "../../protocol/version.ts";
import type { Environment, LiveEvent, Timings } from "../live/live-explainer.ts";

export interface DiagnosticFacts {
  readonly state: string;
  readonly problem: string | null;
  readonly engine: {
    readonly chosen: string;
    readonly inUse: string | null;
    readonly description: string;
    readonly method: string | null;
    readonly delay: string;
  };
  readonly timings: Timings | null;
  readonly environment: Environment;
  readonly events: readonly LiveEvent[];
  readonly browser: {
    readonly userAgent: string;
    readonly isolated: boolean;
    readonly secure: boolean;
    readonly cores: number | null;
  };
}

/** A bug report as JSON: no sound, no names of devices or files, no token. Times are UTC. */
export function diagnosticReport(facts: DiagnosticFacts, now: Date): string {
  const events = facts.events.map(({ at, ...event }) => ({ at: new Date(at).toISOString(), ...event }));
  const rounded = (_: string, value: unknown) =>
    typeof value === "number" ? Math.round(100 * value) / 100 : value;
  const report = { listenable: VERSION, at: now.toISOString(), ...facts, events };
  return JSON.stringify(report, rounded, 2);
}

/** The engine's description without what may follow an address, where a careless link could carry a secret. */
export function withoutQueries(description: string): string {
  return description.replace(/\?[^\s,]*/g, "");
}
