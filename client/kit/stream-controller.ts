import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Observable, Subscription } from "rxjs";

/**
 * Follows a stream while its element is on the page: subscribes on connect, unsubscribes on disconnect, and
 * changes over when `source` returns another stream than before.
 */
export class StreamController<T> implements ReactiveController {
  #stream: Observable<T> | undefined;
  #subscription: Subscription | undefined;

  constructor(
    host: ReactiveControllerHost,
    readonly source: () => Observable<T> | undefined,
    readonly next: (value: T) => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#follow();
  }

  hostUpdate(): void {
    this.#follow();
  }

  hostDisconnected(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    this.#stream = undefined;
  }

  #follow(): void {
    const stream = this.source();
    if (stream === this.#stream) return;
    this.#subscription?.unsubscribe();
    this.#stream = stream;
    this.#subscription = stream?.subscribe(this.next);
  }
}
