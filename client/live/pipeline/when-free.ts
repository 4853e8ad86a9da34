import { Observable, type OperatorFunction, Subscription } from "rxjs";

/** What waits while work is under way. */
export interface Waiting<T, W> {
  add(value: T): void;
  /** The next piece of work, which no longer waits; null where there is none yet. */
  take(): W | null;
}

/**
 * Like `concatMap` with a queue of one's own: values of the source are put into `waiting`, and whenever no inner observable
 * runs, the next piece of work is taken out of it. Completes when the source has completed and the last work is done;
 * errors of either go through. `makeWaiting` is called for each subscriber.
 */
export function whenFree<T, W, R>(
  makeWaiting: () => Waiting<T, W>,
  project: (work: W) => Observable<R>,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      const waiting = makeWaiting();
      let busy = false;
      let sourceDone = false;
      const inner = new Subscription();

      const next = () => {
        const value = waiting.take();
        if (value !== null) begin(value);
        else if (sourceDone) subscriber.complete();
      };
      const begin = (value: W) => {
        let work: Observable<R>;
        try {
          work = project(value);
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
            next();
          },
        });
        if (busy) inner.add(running);
      };

      inner.add(
        source.subscribe({
          next: (value) => {
            waiting.add(value);
            if (!busy) next();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            sourceDone = true;
            if (!busy) next();
          },
        }),
      );
      return inner;
    });
}
