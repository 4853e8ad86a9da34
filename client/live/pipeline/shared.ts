import { Observable, Subject, type Subscription } from "rxjs";

/**
 * One subscription to `source` for all who listen, as long as there is one: rxjs's `share()` without its settings, which bring
 * 5 kB of ways to make an observable of anything.
 */
export function shared<T>(source: Observable<T>): Observable<T> {
  const told = new Subject<T>();
  let listeners = 0;
  let running: Subscription | undefined;
  return new Observable((subscriber) => {
    const listening = told.subscribe(subscriber);
    listeners++;
    if (listeners === 1) running = source.subscribe(told);
    return () => {
      listening.unsubscribe();
      listeners--;
      if (listeners === 0) running?.unsubscribe();
    };
  });
}
