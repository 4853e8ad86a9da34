/** Sound that the machine's own ffmpeg decodes: the last resort for codecs no library here knows. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Decoded } from "./packets.ts";

/** Of what ffmpeg complains about, this many characters are kept. */
const MOST_COMPLAINT = 2000;

/**
 * The file's first sound track, in order, as it comes out of ffmpeg. Memory stays bounded: ffmpeg waits while nobody
 * reads. `format` is ffmpeg's name of the file's kind, `why` tells what ffmpeg is needed for.
 * Rejects with an Error that says what to do when there is no ffmpeg, or what it complained about.
 */
export async function* ffmpegPieces(
  path: string,
  format: string,
  sampleRate: number,
  channelCount: number,
  why: string,
): AsyncGenerator<Decoded> {
  const input = ["-protocol_whitelist", "file", "-f", format, "-i", `file:${path}`, "-map", "0:a:0"];
  const output = ["-f", "f32le", "-ar", `${sampleRate}`, "-ac", `${channelCount}`, "pipe:1"];
  const child = spawn("ffmpeg", ["-nostdin", "-v", "error", ...input, ...output], {
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const ended = once(child, "close") as Promise<[code: number | null]>;
  ended.catch(() => {}); // Awaited below, but perhaps only after the pipe has ended.
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, MOST_COMPLAINT);
  });
  try {
    let rest: Buffer = Buffer.alloc(0);
    for await (const bytes of child.stdout as AsyncIterable<Buffer>) {
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const frames = Math.floor(all.length / (4 * channelCount));
      rest = all.subarray(frames * 4 * channelCount);
      if (frames > 0) yield { channelData: deinterleaved(all, frames, channelCount), sampleRate };
    }
    const [code] = await ended;
    if (code !== 0) throw new Error(`ffmpeg: ${complaint.trim().split("\n", 1)[0] || `ended with ${code}`}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(
      `${why}, and there is no ffmpeg on the PATH; install ffmpeg, or convert the file to WAV, FLAC or MP3`,
      { cause: error },
    );
  } finally {
    child.kill();
  }
}

function deinterleaved(bytes: Buffer, frames: number, channelCount: number): Float32Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: channelCount }, (_, c) => {
    const channel = new Float32Array(frames);
    for (let n = 0; n < frames; n++) channel[n] = view.getFloat32(4 * (n * channelCount + c), true);
    return channel;
  });
}
