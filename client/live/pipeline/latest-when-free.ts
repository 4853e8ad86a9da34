import type { Observable, OperatorFunction } from "rxjs";
import { type Waiting, whenFree } from "./when-free.ts";

/**
 * `whenFree` with a queue of one place: while an inner observable runs, the newest value waits and those it displaces are
 * dropped, each with a call of `onDropped`. So the inner work always sees the newest value, and no queue grows.
 * (`exhaustMap` would drop the newest, `switchMap` would abandon work that is nearly done.)
 */
export function latestWhenFree<T, R>(
  project: (value: T) => Observable<R>,
  onDropped: (value: T) => void = () => {},
): OperatorFunction<T, R> {
  return whenFree<T, { readonly value: T }, R>(
    () => new OnePlace(onDropped),
    ({ value }) => project(value),
  );
}

class OnePlace<T> implements Waiting<T, { readonly value: T }> {
  #newest: { readonly value: T } | null = null;

  constructor(private readonly onDropped: (value: T) => void) {}

  add(value: T): void {
    if (this.#newest) this.onDropped(this.#newest.value);
    this.#newest = { value };
  }

  take(): { readonly value: T } | null {
    const newest = this.#newest;
    this.#newest = null;
    return newest;
  }
}
