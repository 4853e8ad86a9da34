/** Packs that hear windows: the newest frames are kept, and whoever asks names a window among them. */
import { heldMaskFrames } from "../../models/pack/live-frames.ts";
import type { ExplainMessage, FramesMessage } from "../../protocol/wire.ts";
import { WireError } from "../../protocol/wire-errors.ts";
import { decodeMagnitudes } from "../../protocol/wire-levels.ts";
import {
  type Asked,
  checkFrames,
  type HeardMessage,
  type Hearing,
  type HearingParts,
  outOfOrder,
} from "./hearing.ts";
import { WindowPool } from "./window-pool.ts";

export class WindowHearing implements Hearing {
  readonly #kept: Float32Array;
  readonly #windows: WindowPool;
  #asked: Asked | undefined;
  /** Frames [#from, #to) are kept, frame k in row k mod keptFrames. */
  #from = 0;
  #to = 0;

  constructor(private readonly parts: HearingParts) {
    const { windowFrames, stft } = parts.service.pack;
    this.#kept = new Float32Array(parts.limits.keptFrames * stft.bins);
    this.#windows = new WindowPool(windowFrames * stft.bins);
  }

  start(asked: Asked): void {
    this.#asked = asked;
    this.#from = 0;
    this.#to = 0;
  }

  receive(message: HeardMessage): void {
    switch (message.type) {
      case "frames":
        this.#frames(message);
        break;
      case "explain":
        this.#explain(message);
        break;
      case "blocks":
        throw new WireError(
          "wrong-blocks",
          `pack ${this.parts.service.pack.name} hears windows, and no blocks`,
        );
    }
  }

  #frames(message: FramesMessage): void {
    const { service, limits, taken } = this.parts;
    const { firstFrame, frames, bins, levels } = message;
    if (!this.#asked) throw new WireError("not-started", "frames came before a start message");
    checkFrames(message, service.pack, limits);
    taken(frames);
    const empty = this.#from === this.#to;
    if (!empty && firstFrame < this.#to) throw outOfOrder(firstFrame, this.#to - 1);
    if (empty || firstFrame > this.#to) this.#from = firstFrame;
    for (let i = 0; i < frames; i++) {
      const row = levels.subarray(i * bins, (i + 1) * bins);
      decodeMagnitudes(row, this.#kept, this.#row(firstFrame + i) * bins);
    }
    this.#to = firstFrame + frames;
    this.#from = Math.max(this.#from, this.#to - limits.keptFrames);
  }

  #explain({ request, firstFrame }: ExplainMessage): void {
    const { service, answers, submit } = this.parts;
    const { pack, reading } = service;
    if (!this.#asked) throw new WireError("not-started", "a window was asked for before a start message");
    const { windowFrames } = pack;
    const { bins } = pack.stft;
    if (firstFrame < this.#from || firstFrame + windowFrames > this.#to) {
      throw new WireError(
        "frames-missing",
        `window ${firstFrame}..${firstFrame + windowFrames - 1} was asked for; the server has ` +
          (this.#from === this.#to ? "no frames" : `frames ${this.#from}..${this.#to - 1}`),
      );
    }
    const { method, target } = this.#asked;
    const maskFrames = heldMaskFrames(this.#asked.maskFrames, windowFrames);
    const kind = { pack: reading, method: method.name, maskFrames };
    const query = { ...kind, target, magnitudes: this.#window(firstFrame) };
    const asked = answers.asked();
    const displaced = submit({
      request,
      kind,
      begin: () => query,
      done: ({ probabilities, mask, room, inferenceMs }, times) => {
        this.#windows.give(query.magnitudes);
        answers.explained(
          {
            request,
            firstFrame,
            frames: maskFrames,
            bins,
            begins: false,
            rows: 1,
            probabilities,
            mask,
            room,
            inferenceMs,
          },
          asked,
          times,
        );
      },
      failed: (error) => answers.failed(request, error),
      late: () => answers.dropped(request, "deadline"),
    });
    for (const job of displaced) answers.dropped(job.request, "displaced");
  }

  /** A copy: the frames kept go on being overwritten while the window waits. */
  #window(firstFrame: number): Float32Array {
    const { windowFrames, stft } = this.parts.service.pack;
    const window = this.#windows.take();
    for (let t = 0; t < windowFrames; t++) {
      const row = this.#row(firstFrame + t) * stft.bins;
      window.set(this.#kept.subarray(row, row + stft.bins), t * stft.bins);
    }
    return window;
  }

  #row(frame: number): number {
    const { keptFrames } = this.parts.limits;
    return ((frame % keptFrames) + keptFrames) % keptFrames;
  }
}
