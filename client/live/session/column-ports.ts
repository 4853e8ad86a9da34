import { Observable, type Subscriber } from "rxjs";

/** Where a stream's pipeline worker takes and gives back the ends of ports; `id` names one. */
export interface ColumnPortTaker {
  open(id: number, port: MessagePort): void;
  close(id: number): void;
}

/**
 * Lets columns go from the pipeline worker to whoever draws them without this thread in between. Each subscriber of
 * `ports$` gets a port of its own for the stream that runs and for every later one.
 */
export class ColumnPorts {
  readonly #subscribers = new Map<number, Subscriber<MessagePort>>();
  #taker: ColumnPortTaker | null = null;
  #nextId = 0;

  readonly ports$ = new Observable<MessagePort>((subscriber) => {
    const id = this.#nextId++;
    this.#subscribers.set(id, subscriber);
    this.#open(id, subscriber);
    return () => {
      this.#subscribers.delete(id);
      this.#taker?.close(id);
    };
  });

  /** A stream begins; returns what is to be called at its end. */
  attach(taker: ColumnPortTaker): () => void {
    this.#taker = taker;
    for (const [id, subscriber] of this.#subscribers) this.#open(id, subscriber);
    return () => {
      if (this.#taker === taker) this.#taker = null;
    };
  }

  #open(id: number, subscriber: Subscriber<MessagePort>): void {
    if (!this.#taker) return;
    const { port1, port2 } = new MessageChannel();
    this.#taker.open(id, port2);
    subscriber.next(port1);
  }
}
