/** The well-behaved: a stream that asks for its windows in real time for as long as the run lasts. */
import { setTimeout as wait } from "node:timers/promises";
import { type LoadSound, loadSound } from "../../cli/bench/load/load-sound.ts";
import { LoadStream } from "../../cli/bench/load/load-stream.ts";

export interface SteadyCounts {
  asked: number;
  answered: number;
  dropped: number;
  failed: number;
}

const WINDOWS_A_SECOND = 10;
let sound: LoadSound | undefined;

export class SteadyClient {
  readonly counts: SteadyCounts = { asked: 0, answered: 0, dropped: 0, failed: 0 };
  #timer: NodeJS.Timeout | undefined;
  #windows = 0;

  private constructor(private readonly stream: LoadStream) {}

  /** @returns the client, or the reason why the server did not let it in. */
  static async join(url: string, offset: number): Promise<SteadyClient | string> {
    let client: SteadyClient | undefined;
    const stream = await LoadStream.connect({
      url,
      settled: (_due, { kind }) => {
        if (client) client.counts[kind]++;
      },
    });
    if (typeof stream === "string") return stream;
    client = new SteadyClient(stream);
    const { sampleRate, stft } = stream.hello.pack;
    sound ??= loadSound(sampleRate, stft, stream.hello.limits.keptFrames);
    stream.begin(sound, offset);
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
