/** Samples from standard input. The program that writes them waits when the analysis is behind. */
import type { Readable } from "node:stream";
import { type ChannelChoice, type ChannelVerdict, channelNote } from "../../dsp/channel-choice.ts";
import { ArrivalClock } from "./arrival-clock.ts";
import { type Clock, machineClock } from "./clock.ts";
import type { Input } from "./input.ts";
import { PcmDecoder, type PcmFormat } from "./pcm.ts";

export interface PcmOptions {
  readonly sampleRate: number;
  readonly channels: number;
  readonly format: PcmFormat;
  /** Which channel is heard. Default "mix". */
  readonly channel?: ChannelChoice | undefined;
  readonly clock?: Clock;
}

export function stdinInput(name: string, options: PcmOptions, stream: Readable = process.stdin): Input {
  return {
    name,
    source: "standard input",
    live: false,
    async *stretches(report, signal) {
      const { sampleRate, format, channels, channel: choice, clock = machineClock } = options;
      const onVerdict = (verdict: ChannelVerdict) =>
        report.noted?.(`${channelNote(verdict)} (--channel takes another)`);
      const decoder = new PcmDecoder(format, channels, { sampleRate, choice, onVerdict });
      // What is piped was not begun with before we were: a recording that comes faster than time counts from there.
      const arrivals = new ArrivalClock(sampleRate, 0, clock);
      const timeOf = (seconds: number) => arrivals.timeOf(Math.round(seconds * sampleRate));
      report.state("running");
      yield {
        sampleRate,
        startedAt: timeOf(0),
        timeOf,
        blocks: samples(stream, decoder, arrivals, signal),
      };
      report.state("ended");
    },
  };
}

async function* samples(
  stream: Readable,
  decoder: PcmDecoder,
  arrivals: ArrivalClock,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  const stop = () => stream.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const bytes of stream) {
      const samples = decoder.push(bytes as Uint8Array);
      arrivals.arrived(samples.length);
      if (samples.length > 0) yield samples;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
