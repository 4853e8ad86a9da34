/** How a session hears: what becomes of its frames, and of the questions about them. By kind of pack there are two ways. */
import type { Pack, PackMethod } from "../../models/pack/pack.ts";
import type { BlocksMessage, ExplainMessage, FramesMessage, WireLimits } from "../../protocol/wire.ts";
import { WireError } from "../../protocol/wire-errors.ts";
import type { Answers } from "./answers.ts";
import type { PackReading } from "./backend.ts";
import type { Job } from "./scheduler.ts";

/** What a session's start asked for. */
export interface Asked {
  readonly method: PackMethod;
  /** Class to explain; -1 is the winner. */
  readonly target: number;
  /** Of a window so many of its newest frames will do; 0 is all. */
  readonly maskFrames: number;
}

export type HeardMessage = FramesMessage | ExplainMessage | BlocksMessage;

export interface Hearing {
  /** A sound begins: nothing of what was heard belongs to it. */
  start(asked: Asked): void;
  /** @throws WireError that must end the session. */
  receive(message: HeardMessage): void;
}

export type SessionJob = Job & { readonly request: number };

export interface HearingParts {
  /** The pack of the session; its reading may be another one tomorrow, its shape may not. */
  readonly service: { readonly pack: Pack; readonly reading: PackReading };
  readonly limits: WireLimits;
  readonly answers: Answers;
  /** Counts frames. @throws WireError "too-fast". */
  readonly taken: (frames: number) => void;
  /** See `Scheduler.submit`. */
  readonly submit: (job: SessionJob, most?: number) => readonly SessionJob[];
}

/** @throws WireError where frames are none of the pack's, or too many for a message. */
export function checkFrames(
  { frames, bins }: Pick<FramesMessage, "frames" | "bins">,
  { stft, name }: Pack,
  { keptFrames }: WireLimits,
): void {
  if (bins !== stft.bins) {
    throw new WireError("malformed", `frames of ${bins} bins; pack ${name} has ${stft.bins}`);
  }
  if (frames > keptFrames) {
    throw new WireError("too-large", `${frames} frames in one message; ${keptFrames} are allowed`);
  }
}

/** @throws WireError for a class that the pack does not have, or that the method does not take. */
export function checkTarget(target: number, { labels }: Pack, method: PackMethod): void {
  if (target < -1 || target >= labels.length || (target !== -1 && !method.target)) {
    throw new WireError(
      "bad-target",
      method.target
        ? `class ${target} is not in 0..${labels.length - 1} (or -1, the winner)`
        : `method ${method.name} explains only the winning class (-1), not class ${target}`,
    );
  }
}

/** Frames come in their order and each once. */
export function outOfOrder(firstFrame: number, newest: number): WireError {
  return new WireError("out-of-order", `frame ${firstFrame} came after frame ${newest}`);
}
