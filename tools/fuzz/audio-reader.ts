/**
 * Reads files that its parent names, in a process of its own: a decoder that hangs, eats memory or brings its process
 * down costs this process alone.
 */
import { AudioFileError, readMono } from "../../models/sound/read-audio.ts";
import type { ReadOutcome } from "./fallible-reader.ts";
import { wholeSound } from "./whole-sound.ts";

export interface ReadRequest {
  readonly path: string;
  readonly mono: boolean;
  readonly maxSeconds: number;
}

process.on("message", async (request: ReadRequest) => {
  const started = performance.now();
  const outcome = await read(request);
  const ms = performance.now() - started;
  const maxRssMiB = process.resourceUsage().maxRSS / 1024;
  process.send!({ outcome, ms, maxRssMiB } satisfies ReadOutcome);
});
process.on("disconnect", () => process.exit());
// A promise that nobody waits for is the reader's mistake: it would end the program that reads the file.
process.on("unhandledRejection", (error) => {
  console.error(error);
  process.exit(1);
});

async function read({ path, mono, maxSeconds }: ReadRequest): Promise<string> {
  try {
    if (mono) {
      const { samples } = await readMono(path, 16_000, { maxSeconds });
      return wrongSamples([samples], 16_000, maxSeconds) ?? "read";
    }
    const { channels, sampleRate } = await wholeSound(path, { maxSeconds });
    return wrongSamples(channels, sampleRate, maxSeconds) ?? "read";
  } catch (error) {
    if (!(error instanceof AudioFileError)) return `threw ${(error as Error).stack ?? error}`;
    return error.message.includes(path) ? "refused" : `an error without the file's name: ${error.message}`;
  }
}

function wrongSamples(channels: Float32Array[], rate: number, maxSeconds: number): string | undefined {
  if (channels.length === 0 || channels[0].length === 0) return "gave no samples and no error";
  if (!Number.isFinite(rate) || rate <= 0) return `gave the rate ${rate}`;
  const [{ length }] = channels;
  if (channels.some((channel) => channel.length !== length)) return "gave channels of different lengths";
  if (length > Math.ceil(maxSeconds * rate) + rate) return `gave ${length} samples at ${rate} Hz`;
  if (channels.some((channel) => !channel.every(Number.isFinite))) return "gave samples that are no numbers";
  return undefined;
}
