/** What a session answers to the questions that it was asked: sent, counted, and told to the observer. */
import {
  type ExplanationMessage,
  encodeDropped,
  encodeError,
  encodeExplanation,
} from "../../protocol/wire.ts";
import { NO_OBSERVER, type ServerObserver, type WindowDrop } from "../observe.ts";
import type { WindowTimes } from "./scheduler.ts";

export interface SessionCounts {
  frames: number;
  explained: number;
  dropped: number;
  failed: number;
}

interface AnswersParts {
  readonly pack: string;
  readonly observer?: ServerObserver | undefined;
  /** A clock in milliseconds. */
  readonly now: () => number;
  readonly send: (message: Uint8Array) => void;
}

type Explained = Omit<ExplanationMessage, "type" | "serverMs" | "dropped"> & {
  /** See `WindowResult`. */
  readonly room?: Uint8Array | undefined;
};

export class Answers {
  readonly counts: SessionCounts = { frames: 0, explained: 0, dropped: 0, failed: 0 };
  readonly observer: ServerObserver;
  /** Questions without an answer. */
  #open = 0;

  constructor(private readonly parts: AnswersParts) {
    this.observer = parts.observer ?? NO_OBSERVER;
  }

  /** @returns when, for its answer. */
  asked(): number {
    this.#open++;
    this.observer.windowQueued(this.parts.pack);
    return this.parts.now();
  }

  explained(answer: Explained, asked: number, times: WindowTimes): void {
    const { pack, now, send } = this.parts;
    this.counts.explained++;
    this.#open--;
    const serverMs = now() - asked;
    this.observer.windowDone(pack, { ...times, inferenceMs: answer.inferenceMs });
    send(encodeExplanation({ ...answer, serverMs, dropped: this.counts.dropped }, answer.room));
  }

  failed(request: number, error: Error): void {
    this.counts.failed++;
    this.#open--;
    this.observer.windowDropped(this.parts.pack, "failed");
    this.parts.send(encodeError("inference-failed", error.message, request));
  }

  dropped(request: number, reason: WindowDrop): void {
    this.#open--;
    this.counts.dropped++;
    this.observer.windowDropped(this.parts.pack, reason);
    this.parts.send(encodeDropped(request, this.counts.dropped));
  }

  /** Nobody waits for what is open any more. */
  forget(): void {
    for (; this.#open > 0; this.#open--) this.observer.windowDropped(this.parts.pack, "cancelled");
  }
}
