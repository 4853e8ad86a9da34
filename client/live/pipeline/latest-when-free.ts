import { from, Observable, type ObservableInput, type OperatorFunction, Subscription } from "rxjs";

/**
 * Like `concatMap` with a queue of one place: while an inner observable runs, the newest value waits and those it
 * displaces are dropped, each with a call of `onDropped`. So the inner work always sees the newest value, and no
 * queue grows. (`exhaustMap` would drop the newest, `switchMap` would abandon work that is nearly done.)
 * Completes when the source has completed and the last work is done; errors of either go through.
 */
export function latestWhenFree<T, R>(
  project: (value: T) => ObservableInput<R>,
  onDropped: (value: T) => void = () => {},
): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      let waiting: { readonly value: T } | null = null;
      let busy = false;
      let sourceDone = false;
      const inner = new Subscription();

      const begin = (value: T) => {
        let work: Observable<R>;
        try {
          work = from(project(value));
        } catch (error) {
          subscriber.error(error);
          return;
        }
        busy = true;
        // Work that is done at once completes before `subscribe` returns.
        let running: Subscription | undefined;
        running = work.subscribe({
          next: (result) => subscriber.next(result),
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            busy = false;
            if (running) inner.remove(running);
            const next = waiting;
            waiting = null;
            if (next) begin(next.value);
            else if (sourceDone) subscriber.complete();
          },
        });
        if (busy) inner.add(running);
      };

      inner.add(
        source.subscribe({
          next: (value) => {
            if (!busy) return begin(value);
            if (waiting) onDropped(waiting.value);
            waiting = { value };
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            sourceDone = true;
            if (!busy) subscriber.complete();
          },
        }),
      );
      return inner;
    });
}
