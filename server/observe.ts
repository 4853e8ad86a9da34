/** What the server tells of itself while it works, for whoever counts. Calls are cheap and never throw. */

import type { HttpObserver, HttpRefusal } from "./http/index.ts";

export interface WindowTimes {
  /** From the request's arrival to the model's start. */
  readonly queueMs: number;
  /** Inside the model, for the whole batch. */
  readonly inferenceMs: number;
  /** Windows that the model ran together. */
  readonly batch: number;
}

export interface ServerObserver extends HttpObserver {
  sessionOpened(pack: string): void;
  /** `reason`: the name of the error that ended it, or "closed" when its client left. */
  sessionClosed(pack: string, reason: string): void;
  /** Somebody was turned away before a session began. */
  refused(reason: Refusal): void;
  windowQueued(pack: string): void;
  windowDone(pack: string, times: WindowTimes): void;
  /** A window that was asked for and will not be explained. */
  windowDropped(pack: string, reason: WindowDrop): void;
  /** The model remembers nothing of what a session of a streaming pack sent before. */
  memoryBegan(pack: string, reason: MemoryBegin): void;
  received(bytes: number): void;
  sent(bytes: number): void;
}

export type Refusal =
  | HttpRefusal
  | "path"
  | "server-full"
  | "address-sessions"
  | "shutting-down"
  | "overload";

/** A newer one took its place; nobody waits for it any more; the model failed; it came too late to begin. */
export type WindowDrop = "displaced" | "cancelled" | "failed" | "deadline";

/**
 * A sound began; its client left frames out; the server dropped some, or its model failed at them; the pack was read again.
 */
export type MemoryBegin = "start" | "missing" | "dropped" | "failed" | "reload";

export const NO_OBSERVER: ServerObserver = {
  sessionOpened() {},
  sessionClosed() {},
  refused() {},
  windowQueued() {},
  windowDone() {},
  windowDropped() {},
  memoryBegan() {},
  received() {},
  sent() {},
  httpAnswered() {},
  downloadCut() {},
};
