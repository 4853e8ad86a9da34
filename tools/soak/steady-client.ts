/** The well-behaved: a stream that asks for its windows, or sends its blocks, in real time for as long as the run lasts. */
import { setTimeout as wait } from "node:timers/promises";
import { type LoadSound, loadSound } from "../../cli/bench/load/load-sound.ts";
import { LoadStream } from "../../cli/bench/load/load-stream.ts";
import { usualRate } from "../../cli/bench/load/run-load.ts";
import type { Hello } from "../../protocol/wire.ts";
import type { AnswerCheck } from "./mask-check.ts";

export interface SteadyCounts {
  asked: number;
  answered: number;
  dropped: number;
  failed: number;
}

let sound: LoadSound | undefined;

/** The sound of all streams, made once. */
export function soundOf({ pack, limits }: Hello): LoadSound {
  sound ??= loadSound(pack.sampleRate, pack.stft, limits.keptFrames);
  return sound;
}

interface SteadyOptions {
  readonly url: string;
  /** In the sound, in frames. */
  readonly offset: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Looks at the answers. */
  readonly check?: AnswerCheck | undefined;
  /** Of a streaming pack: the frames of each so many-th step are never sent. */
  readonly leavesOut?: number | undefined;
}

export class SteadyClient {
  readonly counts: SteadyCounts = { asked: 0, answered: 0, dropped: 0, failed: 0 };
  #timer: NodeJS.Timeout | undefined;
  #steps = 0;

  private constructor(
    private readonly stream: LoadStream,
    private readonly leavesOut?: number,
  ) {}

  /** @returns the client, or the reason why the server did not let it in. */
  static async join({
    url,
    offset,
    headers,
    check,
    leavesOut,
  }: SteadyOptions): Promise<SteadyClient | string> {
    let client: SteadyClient | undefined;
    const stream = await LoadStream.connect({
      url,
      headers,
      settled: (_due, { kind }) => {
        if (client) client.counts[kind]++;
      },
      answered: check?.follow(offset),
    });
    if (typeof stream === "string") return stream;
    client = new SteadyClient(stream, leavesOut);
    stream.begin(soundOf(stream.hello), offset);
    client.#go();
    return client;
  }

  /** Windows without an outcome so far. */
  get waiting(): number {
    return this.stream.waiting.size;
  }

  /** Why the server ended it; undefined as long as it is well. */
  get ended(): string | undefined {
    return this.stream.ended;
  }

  #go(): void {
    const { pack } = this.stream.hello;
    const rate = usualRate(pack);
    const step = pack.sampleRate / pack.stft.hop / rate;
    this.#timer = setInterval(() => {
      this.#steps++;
      const lastFrame = pack.windowFrames + Math.floor(this.#steps * step);
      if (pack.streaming && this.leavesOut && this.#steps % this.leavesOut === 0) {
        this.stream.leaveOut(lastFrame);
      } else if (this.stream.ask(performance.now(), lastFrame)) this.counts.asked++;
    }, 1000 / rate);
  }

  /** Asks for nothing more and waits for what is still out, `patienceMs` at most. */
  async settle(patienceMs: number): Promise<void> {
    clearInterval(this.#timer);
    for (let left = patienceMs; left > 0 && this.waiting > 0 && !this.ended; left -= 20) await wait(20);
  }

  leave(): Promise<void> {
    clearInterval(this.#timer);
    return this.stream.close();
  }
}
