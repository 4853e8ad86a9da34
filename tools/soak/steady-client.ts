/** The well-behaved: a stream that asks for its windows in real time for as long as the run lasts. */
import { setTimeout as wait } from "node:timers/promises";
import { type LoadSound, loadSound } from "../../cli/bench/load/load-sound.ts";
import { LoadStream } from "../../cli/bench/load/load-stream.ts";
import type { Hello } from "../../protocol/wire.ts";
import type { MaskCheck } from "./mask-check.ts";

export interface SteadyCounts {
  asked: number;
  answered: number;
  dropped: number;
  failed: number;
}

const WINDOWS_A_SECOND = 10;
/** Of all answers so many are looked at closely: every one would be as much work as the server has. */
const CHECKED_EVERY = 10;
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
  /** Looks at some of the answers. */
  readonly check?: MaskCheck | undefined;
}

export class SteadyClient {
  readonly counts: SteadyCounts = { asked: 0, answered: 0, dropped: 0, failed: 0 };
  #timer: NodeJS.Timeout | undefined;
  #windows = 0;

  private constructor(private readonly stream: LoadStream) {}

  /** @returns the client, or the reason why the server did not let it in. */
  static async join({ url, offset, headers, check }: SteadyOptions): Promise<SteadyClient | string> {
    let client: SteadyClient | undefined;
    const stream = await LoadStream.connect({
      url,
      headers,
      settled: (_due, { kind }) => {
        if (client) client.counts[kind]++;
      },
      answered: (explanation) => {
        if (client && client.counts.answered % CHECKED_EVERY === 0) check?.offer(explanation, offset);
      },
    });
    if (typeof stream === "string") return stream;
    client = new SteadyClient(stream);
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
    const { windowFrames, sampleRate, stft } = this.stream.hello.pack;
    const step = sampleRate / stft.hop / WINDOWS_A_SECOND;
    this.#timer = setInterval(() => {
      this.#windows++;
      this.counts.asked++;
      this.stream.ask(performance.now(), windowFrames + Math.floor(this.#windows * step));
    }, 1000 / WINDOWS_A_SECOND);
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
