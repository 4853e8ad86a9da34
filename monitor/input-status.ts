/** What the pages show of the inputs: their states and their last minute. */

import type { FeedMessage } from "./feed.ts";
import type { Input } from "./inputs/input.ts";
import type { InputState, InputStatus, Levels, MonitorHealth, Pending } from "./protocol.ts";

const KEPT_MS = 60_000;

interface Known {
  state: InputState;
  detail?: string | undefined;
  droppedSeconds: number;
  readonly pending: Record<Pending, number>;
  recent: Levels[];
}

export class InputStatuses {
  readonly #known = new Map<string, Known>();
  discarded = 0;

  constructor(private readonly inputs: readonly Input[]) {
    for (const { name } of inputs) {
      const pending = { events: 0, files: 0 };
      this.#known.set(name, { state: "connecting", droppedSeconds: 0, pending, recent: [] });
    }
  }

  readonly take = (message: FeedMessage): void => {
    if (message.type === "discarded") this.discarded++;
    else if (message.type === "input") {
      const known = this.#known.get(message.input)!;
      known.state = message.state;
      known.detail = message.detail;
    } else if (message.type === "pending") {
      this.#known.get(message.input)!.pending[message.what] = message.count;
    } else if (message.type === "dropped") {
      this.#known.get(message.input)!.droppedSeconds += message.seconds;
    } else if (message.type === "levels") {
      const { recent } = this.#known.get(message.levels.input)!;
      // Files run through their minutes faster than the clock; what is shown is a minute of sound either way.
      if (recent.length > 0 && message.levels.at < recent[recent.length - 1].at) recent.length = 0;
      recent.push(message.levels);
      while (recent[0].at < message.levels.at - KEPT_MS) recent.shift();
    }
  };

  list(withSources: boolean): InputStatus[] {
    return this.inputs.map(({ name, source, live }) => {
      const { state, detail, droppedSeconds, pending, recent } = this.#known.get(name)!;
      return {
        name,
        live,
        state,
        droppedSeconds: Math.round(10 * droppedSeconds) / 10,
        pending: { ...pending },
        recent,
        ...(withSources ? { source, detail } : {}),
      };
    });
  }

  health(): MonitorHealth {
    const inputs: Partial<Record<InputState, number>> = {};
    const pending = { events: 0, files: 0 };
    for (const known of this.#known.values()) {
      inputs[known.state] = (inputs[known.state] ?? 0) + 1;
      pending.events += known.pending.events;
      pending.files += known.pending.files;
    }
    const ended = inputs.ended === this.#known.size && this.#known.size > 0;
    const status = inputs.waiting || pending.events > 0 ? "waiting" : ended ? "ended" : "ok";
    return { status, inputs, pending };
  }
}
