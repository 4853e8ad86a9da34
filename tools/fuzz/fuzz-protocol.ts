/** Runs the fuzzers of the wire protocol for so many messages. */
import { randomFrom } from "../../client/kit/sounds/synthetic/synth.ts";
import { fuzzDecoder } from "./fuzz-decoders.ts";
import { fuzzSession } from "./fuzz-session.ts";
import { randomNumbers } from "./mutate.ts";

export interface ProtocolFuzzReport {
  readonly seed: number;
  readonly messages: number;
  readonly sessions: number;
  /** What became of the messages to the decoders, and how the sessions ended, by name. */
  readonly decoders: Record<string, number>;
  readonly endings: Record<string, number>;
  /** JavaScript heap after the first and the last tenth, in MiB; only with --expose-gc. */
  readonly heapMiB: readonly [number, number] | null;
}

/** Messages between two looks at the heap. */
const BATCH = 2_000;

/** Half to the decoders, half to sessions. @throws Error that names the message when something did not hold. */
export async function fuzzProtocol(
  messages: number,
  seed: number,
  onProgress: (messages: number) => void = () => {},
): Promise<ProtocolFuzzReport> {
  const random = randomNumbers(randomFrom(seed));
  const decoders: Record<string, number> = {};
  const endings: Record<string, number> = {};
  const heap: number[] = [];
  let sessions = 0;
  let done = 0;
  const count = (counts: Record<string, number>, name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  while (done < messages) {
    const batchEnd = Math.min(messages, done + BATCH);
    const half = done + (batchEnd - done) / 2;
    for (; done < half; done++) count(decoders, fuzzDecoder(random));
    while (done < batchEnd) {
      const session = await fuzzSession(random);
      sessions++;
      done += session.messages;
      count(endings, session.ending);
    }
    onProgress(done);
    if (globalThis.gc && (heap.length === 0 ? done >= messages / 10 : done >= messages)) {
      globalThis.gc();
      heap.push(process.memoryUsage().heapUsed / 2 ** 20);
    }
  }
  return {
    seed,
    messages: done,
    sessions,
    decoders,
    endings,
    heapMiB: heap.length >= 2 ? [heap[0], heap[heap.length - 1]] : null,
  };
}
