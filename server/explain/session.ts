/**
 * One client's conversation, free of sockets: bytes in, bytes out. It keeps the limits and the order of the conversation; what
 * becomes of its frames is its `Hearing`'s. Whatever a client sends ends at most its own session.
 */
import { type Pack, PackError, type PackMethod, packMethod } from "../../models/pack/pack.ts";
import { localOnlyReason } from "../../protocol/audio-shape.ts";
import {
  decodeClientMessage,
  encodePace,
  PROTOCOL_VERSION,
  type StartMessage,
  type WireLimits,
} from "../../protocol/wire.ts";
import { WireError } from "../../protocol/wire-errors.ts";
import { RateLimit } from "../http/rate-limit.ts";
import type { ServerObserver } from "../observe.ts";
import { Answers, type SessionCounts } from "./answers.ts";
import type { PackReading } from "./backend.ts";
import { BlockHearing } from "./block-hearing.ts";
import { checkTarget, type Hearing, type SessionJob } from "./hearing.ts";
import type { Scheduler } from "./scheduler.ts";
import { WindowHearing } from "./window-hearing.ts";

export type { SessionCounts, SessionJob };

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

export class Session {
  readonly #answers: Answers;
  readonly #hearing: Hearing;
  readonly #frameLimit: RateLimit;
  readonly #messageLimit: RateLimit;
  #closed = false;

  constructor(private readonly options: SessionOptions) {
    const { service, limits, scheduler, observer, now, send } = options;
    this.#answers = new Answers({ pack: service.pack.name, observer, now, send });
    this.#frameLimit = new RateLimit(limits.framesPerSecond, limits.frameBurst, now);
    this.#messageLimit = new RateLimit(limits.messagesPerSecond, limits.messageBurst, now);
    const parts = {
      service,
      limits,
      answers: this.#answers,
      taken: (frames: number) => this.#taken(frames),
      submit: (job: SessionJob, most?: number) => scheduler.submit(this, job, most),
    };
    this.#hearing = service.pack.streaming ? new BlockHearing(parts) : new WindowHearing(parts);
  }

  get counts(): Readonly<SessionCounts> {
    return this.#answers.counts;
  }

  get #pack(): Pack {
    return this.options.service.pack;
  }

  /** Tells the client how far apart its windows should be; blocks come as the sound does. */
  pace(leastMs: number): void {
    if (!this.#closed && !this.#pack.streaming) this.options.send(encodePace(leastMs));
  }

  /**
   * @param data is the session's: what waits for the model may lie in it.
   * @throws WireError that must end the session.
   */
  receive(data: ArrayBuffer | Uint8Array): void {
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
    if (message.type === "start") this.#start(message);
    else this.#hearing.receive(message);
  }

  close(): void {
    this.#closed = true;
    this.#forgetWindows();
  }

  #forgetWindows(): void {
    this.options.scheduler.cancel(this);
    this.#answers.forget();
  }

  #taken(frames: number): void {
    const { framesPerSecond, frameBurst } = this.options.limits;
    if (!this.#frameLimit.take(frames)) {
      throw new WireError("too-fast", `more than ${framesPerSecond} frames a second (${frameBurst} at once)`);
    }
    this.#answers.counts.frames += frames;
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
    checkTarget(message.target, pack, method);
    // What was asked before belongs to another stream: nobody waits for it any more.
    this.#forgetWindows();
    this.#hearing.start({ method, target: message.target, maskFrames: message.maskFrames });
  }
}
