/** Samples from standard input. The program that writes them waits when the analysis is behind. */
import type { Readable } from "node:stream";
import type { Input } from "./input.ts";
import { PcmDecoder, type PcmFormat } from "./pcm.ts";

export interface PcmOptions {
  readonly sampleRate: number;
  readonly channels: number;
  readonly format: PcmFormat;
}

export function stdinInput(name: string, options: PcmOptions, stream: Readable = process.stdin): Input {
  return {
    name,
    source: "standard input",
    live: false,
    async *stretches(report, signal) {
      report.state("running");
      yield {
        sampleRate: options.sampleRate,
        startedAt: new Date(),
        blocks: samples(stream, options, signal),
      };
      report.state("ended");
    },
  };
}

async function* samples(
  stream: Readable,
  { format, channels }: PcmOptions,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  const decoder = new PcmDecoder(format, channels);
  const stop = () => stream.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const bytes of stream) {
      const samples = decoder.push(bytes as Uint8Array);
      if (samples.length > 0) yield samples;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
