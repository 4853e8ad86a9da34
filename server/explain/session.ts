/**
 * One client's conversation, free of sockets: bytes in, bytes out. It keeps the client's newest frames, cuts windows
 * from them and hands them to the scheduler. Whatever a client sends ends at most its own session.
 */
import { heldMaskFrames } from "../../models/pack/live-frames.ts";
import { type Pack, PackError, type PackMethod, packMethod } from "../../models/pack/pack.ts";
import { localOnlyReason } from "../../protocol/audio-shape.ts";
import {
  decodeClientMessage,
  type ExplainMessage,
  encodeDropped,
  encodeError,
  encodeExplanation,
  encodePace,
  type FramesMessage,
  PROTOCOL_VERSION,
  type StartMessage,
  type WireLimits,
} from "../../protocol/wire.ts";
import { WireError } from "../../protocol/wire-errors.ts";
import { decodeMagnitudes } from "../../protocol/wire-levels.ts";
import { RateLimit } from "../http/rate-limit.ts";
import { NO_OBSERVER, type ServerObserver, type WindowDrop } from "../observe.ts";
import type { PackReading } from "./backend.ts";
import type { Job, Scheduler } from "./scheduler.ts";
import { WindowPool } from "./window-pool.ts";

export interface SessionOptions {
  /** The pack of the session; its reading may be another one tomorrow, its shape may not. */
  readonly service: { readonly pack: Pack; readonly reading: PackReading };
  readonly limits: WireLimits;
  readonly scheduler: Scheduler<Session, SessionJob>;
  readonly observer?: ServerObserver;
  /** A clock in milliseconds. */
  readonly now: () => number;
  readonly send: (message: Uint8Array) => void;
}

export interface SessionCounts {
  frames: number;
  explained: number;
  dropped: number;
  failed: number;
}

export type SessionJob = Job & { readonly request: number };

export class Session {
  readonly counts: SessionCounts = { frames: 0, explained: 0, dropped: 0, failed: 0 };
  readonly #kept: Float32Array;
  readonly #windows: WindowPool;
  readonly #frameLimit: RateLimit;
  readonly #messageLimit: RateLimit;
  #method: PackMethod | undefined;
  #target = -1;
  #maskFrames: number;
  /** Frames [#from, #to) are kept, frame k in row k mod keptFrames. */
  #from = 0;
  #to = 0;
  /** Windows asked for and not answered. */
  #unanswered = 0;
  #closed = false;

  constructor(private readonly options: SessionOptions) {
    const { limits, now } = options;
    const { stft, windowFrames } = this.#pack;
    this.#maskFrames = windowFrames;
    this.#kept = new Float32Array(limits.keptFrames * stft.bins);
    this.#windows = new WindowPool(windowFrames * stft.bins);
    this.#frameLimit = new RateLimit(limits.framesPerSecond, limits.frameBurst, now);
    this.#messageLimit = new RateLimit(limits.messagesPerSecond, limits.messageBurst, now);
  }

  get #pack(): Pack {
    return this.options.service.pack;
  }

  /** Tells the client how far apart its windows should be. */
  pace(leastMs: number): void {
    if (!this.#closed) this.options.send(encodePace(leastMs));
  }

  /** @throws WireError that must end the session. */
  receive(data: ArrayBuffer): void {
    if (this.#closed) return;
    const { limits } = this.options;
    if (data.byteLength > limits.maxMessageBytes) {
      throw new WireError(
        "too-large",
        `a message of ${data.byteLength} bytes; ${limits.maxMessageBytes} are allowed`,
      );
    }
    if (!this.#messageLimit.take(1)) {
      throw new WireError(
        "too-fast",
        `more than ${limits.messagesPerSecond} messages a second (${limits.messageBurst} at once)`,
      );
    }
    const message = decodeClientMessage(data);
    switch (message.type) {
      case "start":
        this.#start(message);
        break;
      case "frames":
        this.#frames(message);
        break;
      case "explain":
        this.#explain(message);
        break;
    }
  }

  close(): void {
    this.#closed = true;
    this.#forgetWindows();
  }

  #forgetWindows(): void {
    const { scheduler, observer = NO_OBSERVER } = this.options;
    scheduler.cancel(this);
    for (; this.#unanswered > 0; this.#unanswered--) observer.windowDropped(this.#pack.name, "cancelled");
  }

  #start(message: StartMessage): void {
    const pack = this.#pack;
    if (message.version !== PROTOCOL_VERSION) {
      throw new WireError(
        "wrong-version",
        `the client speaks protocol ${message.version} and this server ${PROTOCOL_VERSION}: update the older one`,
      );
    }
    if (pack.phases) throw new WireError("local-only", localOnlyReason(pack.name));
    let method: PackMethod;
    try {
      method = packMethod(pack, message.method === "" ? undefined : message.method);
    } catch (error) {
      if (error instanceof PackError) throw new WireError("unknown-method", error.message);
      throw error;
    }
    const { target } = message;
    if (target < -1 || target >= pack.labels.length || (target !== -1 && !method.target)) {
      throw new WireError(
        "bad-target",
        method.target
          ? `class ${target} is not in 0..${pack.labels.length - 1} (or -1, the winner)`
          : `method ${method.name} explains only the winning class (-1), not class ${target}`,
      );
    }
    this.#method = method;
    this.#target = target;
    this.#maskFrames = heldMaskFrames(message.maskFrames, pack.windowFrames);
    this.#from = 0;
    this.#to = 0;
    // What was asked before belongs to another stream: nobody waits for it any more.
    this.#forgetWindows();
  }

  #frames({ firstFrame, frames, bins, levels }: FramesMessage): void {
    const { limits } = this.options;
    const pack = this.#pack;
    if (!this.#method) throw new WireError("not-started", "frames came before a start message");
    if (bins !== pack.stft.bins) {
      throw new WireError("malformed", `frames of ${bins} bins; pack ${pack.name} has ${pack.stft.bins}`);
    }
    if (frames > limits.keptFrames) {
      throw new WireError("too-large", `${frames} frames in one message; ${limits.keptFrames} are allowed`);
    }
    if (!this.#frameLimit.take(frames)) {
      throw new WireError(
        "too-fast",
        `more than ${limits.framesPerSecond} frames a second (${limits.frameBurst} at once)`,
      );
    }
    const empty = this.#from === this.#to;
    if (!empty && firstFrame < this.#to) {
      throw new WireError("out-of-order", `frame ${firstFrame} came after frame ${this.#to - 1}`);
    }
    if (empty || firstFrame > this.#to) this.#from = firstFrame;
    for (let i = 0; i < frames; i++) {
      const row = levels.subarray(i * bins, (i + 1) * bins);
      decodeMagnitudes(row, this.#kept, this.#row(firstFrame + i) * bins);
    }
    this.#to = firstFrame + frames;
    this.#from = Math.max(this.#from, this.#to - limits.keptFrames);
    this.counts.frames += frames;
  }

  #explain({ request, firstFrame }: ExplainMessage): void {
    const { service, scheduler, send, now, observer = NO_OBSERVER } = this.options;
    const { pack, reading } = service;
    if (!this.#method) throw new WireError("not-started", "a window was asked for before a start message");
    const { windowFrames } = pack;
    const { bins } = pack.stft;
    if (firstFrame < this.#from || firstFrame + windowFrames > this.#to) {
      throw new WireError(
        "frames-missing",
        `window ${firstFrame}..${firstFrame + windowFrames - 1} was asked for; the server has ` +
          (this.#from === this.#to ? "no frames" : `frames ${this.#from}..${this.#to - 1}`),
      );
    }
    const asked = now();
    const maskFrames = this.#maskFrames;
    const job: SessionJob = {
      request,
      query: {
        pack: reading,
        method: this.#method.name,
        maskFrames,
        target: this.#target,
        magnitudes: this.#window(firstFrame),
      },
      done: ({ probabilities, mask, inferenceMs, magnitudes }, times) => {
        this.#windows.give(magnitudes);
        this.counts.explained++;
        this.#unanswered--;
        const { dropped } = this.counts;
        const serverMs = now() - asked;
        observer.windowDone(pack.name, { ...times, inferenceMs });
        send(
          encodeExplanation({
            request,
            firstFrame,
            frames: maskFrames,
            bins,
            probabilities,
            mask,
            inferenceMs,
            serverMs,
            dropped,
          }),
        );
      },
      failed: (error) => {
        this.counts.failed++;
        this.#unanswered--;
        observer.windowDropped(pack.name, "failed");
        send(encodeError("inference-failed", error.message, request));
      },
      late: () => this.#dropped(request, "deadline"),
    };
    this.#unanswered++;
    observer.windowQueued(pack.name);
    const displaced = scheduler.submit(this, job);
    if (displaced) this.#dropped(displaced.request, "displaced");
  }

  #dropped(request: number, reason: WindowDrop): void {
    const { observer = NO_OBSERVER, send } = this.options;
    this.#unanswered--;
    this.counts.dropped++;
    observer.windowDropped(this.#pack.name, reason);
    send(encodeDropped(request, this.counts.dropped));
  }

  /** A copy: the frames kept go on being overwritten while the window waits. */
  #window(firstFrame: number): Float32Array {
    const { windowFrames, stft } = this.#pack;
    const window = this.#windows.take();
    for (let t = 0; t < windowFrames; t++) {
      const row = this.#row(firstFrame + t) * stft.bins;
      window.set(this.#kept.subarray(row, row + stft.bins), t * stft.bins);
    }
    return window;
  }

  #row(frame: number): number {
    const { keptFrames } = this.options.limits;
    return ((frame % keptFrames) + keptFrames) % keptFrames;
  }
}
