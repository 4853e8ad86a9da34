/** What happens in the monitor, told to whoever listens: the pages, MQTT, the metrics, the terminal. */
import type { InputState, Levels, MonitorEvent, Pending } from "./protocol.ts";

export type FeedMessage =
  | { readonly type: "levels"; readonly levels: Levels }
  | {
      readonly type: "input";
      readonly input: string;
      readonly state: InputState;
      readonly detail?: string | undefined;
    }
  /** An event is kept, its explanation is to come. */
  | { readonly type: "closed"; readonly event: MonitorEvent }
  /** Its explanation is there, or there will be none. */
  | { readonly type: "explained"; readonly event: MonitorEvent }
  | { readonly type: "discarded"; readonly input: string; readonly label: string }
  | { readonly type: "windows"; readonly input: string; readonly count: number }
  | { readonly type: "dropped"; readonly input: string; readonly seconds: number }
  /** How much waits to be tried again: closed events that could not be written, files that could not be read. */
  | { readonly type: "pending"; readonly input: string; readonly what: Pending; readonly count: number }
  /** A closed event that will not be kept; a problem says why. */
  | { readonly type: "lost"; readonly input: string }
  /** What people should know of an input that is heard. */
  | { readonly type: "notice"; readonly input: string; readonly message: string }
  | { readonly type: "problem"; readonly input?: string; readonly message: string };

type FeedListener = (message: FeedMessage) => void;

export class Feed {
  readonly #listeners = new Set<FeedListener>();

  /** @param onError told of a listener's error, which is nobody else's: neither who tells nor other listeners notice it. */
  constructor(private readonly onError: (error: Error) => void = () => {}) {}

  /** @returns what ends it. */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(message: FeedMessage): void {
    for (const listener of this.#listeners) {
      try {
        listener(message);
      } catch (error) {
        this.onError(error as Error);
      }
    }
  }
}
