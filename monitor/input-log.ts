/** What the log says of the inputs: each change once, however often it is told. */
import type { FeedMessage } from "./feed.ts";
import { reasonOf } from "./inputs/endless.ts";

export class InputLog {
  /** Why an input waits, by its name. */
  readonly #waiting = new Map<string, string>();
  /** Inputs of which it was said that they wait for more. */
  readonly #idle = new Set<string>();

  constructor(private readonly log: (line: string) => void) {}

  readonly take = (message: FeedMessage): void => {
    if (message.type === "notice") this.log(`${message.input}: ${message.message}`);
    if (message.type !== "input") return;
    const { input, state, detail = "" } = message;
    if (state === "waiting") {
      const reason = reasonOf(detail);
      if (this.#waiting.get(input) !== reason) this.log(`${input}: waiting, ${detail}`);
      this.#waiting.set(input, reason);
    } else if (state !== "connecting") {
      if (this.#waiting.delete(input) && state !== "ended") this.log(`${input}: goes on`);
      if (state === "idle" && !this.#idle.has(input)) this.log(`${input}: waiting, ${detail}`);
      if (state === "idle") this.#idle.add(input);
    }
  };
}
