import { BehaviorSubject, type Observable } from "rxjs";
import type { LiveEvent } from "../live-explainer.ts";
import type { Told } from "../told.ts";

/** The oldest go first: a page may run for weeks. */
const MOST_EVENTS = 60;

/** The last things that happened to sound, engine and session, as codes and values that name no device. */
export class EventLog {
  readonly #events = new BehaviorSubject<readonly LiveEvent[]>([]);
  readonly events$: Observable<readonly LiveEvent[]> = this.#events.asObservable();

  /** `at`: milliseconds since 1970. An event that repeats the newest one only counts it up. */
  add(kind: LiveEvent["kind"], told: Told, at = Date.now()): void {
    const events = this.#events.value;
    const newest = events.at(-1);
    const again = newest?.kind === kind && JSON.stringify(newest.told) === JSON.stringify(told);
    const times = again ? newest.times + 1 : 1;
    const kept = again ? events.slice(0, -1) : events.slice(-MOST_EVENTS + 1);
    this.#events.next([...kept, { at, kind, told, times }]);
  }

  close(): void {
    this.#events.complete();
  }
}
