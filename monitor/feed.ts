/** What happens in the monitor, told to whoever listens: the pages, MQTT, the metrics, the terminal. */
import type { InputState, Levels, MonitorEvent } from "./protocol.ts";

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
  | { readonly type: "problem"; readonly input?: string; readonly message: string };

type FeedListener = (message: FeedMessage) => void;

export class Feed {
  readonly #listeners = new Set<FeedListener>();

  /** @returns what ends it. */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(message: FeedMessage): void {
    for (const listener of this.#listeners) listener(message);
  }
}
