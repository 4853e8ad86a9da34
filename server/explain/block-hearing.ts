/**
 * Streaming packs: each message brings the newest blocks and is answered with their masks. What the graph remembers of the
 * sound up to them belongs to the session: a copy goes along with its blocks to whichever thread runs them, and the next one
 * comes back. So no other session can come by it, any thread will do, and it is gone with the session.
 */
import type { StreamState } from "../../models/runtime/streaming.ts";
import type { BlocksMessage } from "../../protocol/wire.ts";
import { WireError } from "../../protocol/wire-errors.ts";
import type { MemoryBegin } from "../observe.ts";
import { formOf, type PackReading, type WindowOutcome, type WindowQuery } from "./backend.ts";
import {
  type Asked,
  checkFrames,
  checkTarget,
  type HeardMessage,
  type Hearing,
  type HearingParts,
  outOfOrder,
  type SessionJob,
} from "./hearing.ts";

/** Messages of a session that may wait for the model: at steps of 64 ms a second's. */
const MOST_WAITING = 16;

interface Memory {
  readonly state: StreamState;
  /** The frame that it may go on with. */
  readonly next: number;
  /** Another reading's graph may mean something else by the same numbers. */
  readonly reading: PackReading;
}

export class BlockHearing implements Hearing {
  #asked: Asked | undefined;
  /** The frame that has to come next; undefined where a sound begins. */
  #next: number | undefined;
  #memory: Memory | undefined;
  /** Why there is no memory. */
  #reason: MemoryBegin = "start";
  /** Of the memory, as long as the session lives. */
  #values = new Float32Array(0);

  constructor(private readonly parts: HearingParts) {}

  start(asked: Asked): void {
    this.#asked = asked;
    this.#next = undefined;
    this.#memory = undefined;
    this.#reason = "start";
  }

  receive(message: HeardMessage): void {
    const { service, limits, answers, taken, submit } = this.parts;
    const { name, windowFrames } = service.pack;
    if (message.type !== "blocks") {
      throw new WireError(
        "wrong-blocks",
        `pack ${name} hears blocks of ${windowFrames} frames, and no windows`,
      );
    }
    const { firstFrame, frames } = message;
    if (!this.#asked) throw new WireError("not-started", "blocks came before a start message");
    checkFrames(message, service.pack, limits);
    if (frames % windowFrames !== 0) {
      throw new WireError("wrong-blocks", `${frames} frames; pack ${name} hears blocks of ${windowFrames}`);
    }
    checkTarget(message.target, service.pack, this.#asked.method);
    taken(frames);
    if (this.#next !== undefined && firstFrame < this.#next) throw outOfOrder(firstFrame, this.#next - 1);
    // Of the memory that these would have needed, some of the sound is missing.
    if (this.#next !== undefined && firstFrame > this.#next) this.#lost("missing");
    this.#next = firstFrame + frames;
    const displaced = submit(this.#job(this.#asked.method.name, message), MOST_WAITING);
    if (displaced.length > 0) this.#lost("dropped");
    for (const job of displaced) answers.dropped(job.request, "displaced");
  }

  #job(method: string, message: BlocksMessage): SessionJob {
    const { request, firstFrame, frames, bins, levels, target } = message;
    const { service, answers } = this.parts;
    const { pack, reading } = service;
    const kind = { pack: reading, method, maskFrames: frames, form: formOf(levels) };
    let begins = false;
    const asked = answers.asked();
    return {
      request,
      kind,
      steady: true,
      begin: (): WindowQuery => {
        const memory = this.#take(firstFrame, reading);
        begins = memory === null;
        return { ...kind, target, magnitudes: levels, memory };
      },
      ran: (outcome: WindowOutcome) => {
        if (outcome instanceof Error) this.#lost("failed");
        else this.#memory = { state: this.#kept(outcome.memory!), next: firstFrame + frames, reading };
      },
      done: ({ probabilities, mask, room, inferenceMs }, times) => {
        const rows = frames / pack.windowFrames;
        answers.explained(
          { request, firstFrame, frames, bins, begins, rows, probabilities, mask, room, inferenceMs },
          asked,
          times,
        );
      },
      failed: (error) => answers.failed(request, error),
      late: () => {
        this.#lost("dropped");
        answers.dropped(request, "deadline");
      },
    };
  }

  /** Given away to those frames, or null where they begin anew. */
  #take(firstFrame: number, reading: PackReading): StreamState | null {
    const memory = this.#memory;
    this.#memory = undefined;
    if (memory && memory.next === firstFrame && memory.reading === reading) return memory.state;
    const reason = memory && memory.next === firstFrame ? "reload" : this.#reason;
    this.parts.answers.observer.memoryBegan(this.parts.service.pack.name, reason);
    return null;
  }

  /** A copy, in the session's own memory. */
  #kept({ of, frames, values }: StreamState): StreamState {
    if (this.#values.length !== values.length) this.#values = new Float32Array(values.length);
    this.#values.set(values);
    return { of, frames, values: this.#values };
  }

  #lost(reason: MemoryBegin): void {
    this.#reason = reason;
  }
}
