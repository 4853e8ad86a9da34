/** Sound that the machine's own ffmpeg decodes: the last resort for codecs no library here knows. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Decoded } from "./packets.ts";

/** Of what ffmpeg complains about, this many characters are kept. */
const MOST_COMPLAINT = 2000;

export interface FfmpegRequest {
  /** ffmpeg's name of the file's kind; it is told, so that a file can't pass for a playlist that names other files. */
  readonly format: string;
  /** What ffmpeg is needed for. */
  readonly why: string;
  /** The bytes that are the sound, where there are others in front or behind. */
  readonly part?: FilePart | undefined;
  /** Of the sound, where it is known; ffmpeg tells otherwise. */
  readonly shape?: Shape;
  /** Where it is told what ffmpeg complained of and put up with. */
  readonly notes: string[];
  /** What is missing by the file's clock becomes silence. */
  readonly fillGaps?: boolean;
}

/** The bytes [from, to). */
export interface FilePart {
  readonly from: number;
  readonly to: number;
}

interface Shape {
  readonly sampleRate: number;
  readonly channelCount: number;
}

/**
 * The file's first sound track, in order, as it comes out of ffmpeg. Memory stays bounded: ffmpeg waits while nobody
 * reads. Rejects with an Error that says what to do when there is no ffmpeg, or what it complained about.
 */
export async function* ffmpegPieces(path: string, request: FfmpegRequest): AsyncGenerator<Decoded> {
  const child = spawn("ffmpeg", ["-nostdin", "-v", "error", ...wordsOf(path, request)], {
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
    yield* samplesOf(child.stdout, request.shape);
    const [code] = await ended;
    const [complained] = complaint.trim().split("\n", 1);
    if (code !== 0) throw new Error(`ffmpeg: ${complained || `ended with ${code}`}`);
    if (complained) request.notes.push(`${path} is cut off or damaged; ffmpeg says: ${complained}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const { why } = request;
    throw new Error(
      `${why}, and there is no ffmpeg on the PATH; install ffmpeg, or convert the file to WAV, FLAC or MP3: ` +
        "ffmpeg -i INPUT OUTPUT.wav",
      { cause: error },
    );
  } finally {
    child.kill();
  }
}

function wordsOf(path: string, { format, part, shape, fillGaps = false }: FfmpegRequest): string[] {
  const file = part ? `subfile,,start,${part.from},end,${part.to},,:file:${path}` : `file:${path}`;
  const fill = fillGaps ? ["-af", "aresample=async=1:min_hard_comp=0.05"] : [];
  const input = ["-protocol_whitelist", "file,subfile", "-f", format, "-i", file, "-map", "0:a:0"];
  if (shape === undefined) return [...input, ...fill, "-c:a", "pcm_f32be", "-f", "au", "pipe:1"];
  const { sampleRate, channelCount } = shape;
  return [...input, ...fill, "-f", "f32le", "-ar", `${sampleRate}`, "-ac", `${channelCount}`, "pipe:1"];
}

/** Of the header of AU: where samples begin, their rate and channels. */
const AU_HEAD = 24;

async function* samplesOf(bytes: AsyncIterable<Buffer>, known?: Shape): AsyncGenerator<Decoded> {
  let shape = known;
  let rest: Buffer = Buffer.alloc(0);
  for await (const more of bytes) {
    let all = rest.length === 0 ? more : Buffer.concat([rest, more]);
    if (shape === undefined) {
      if (all.length < AU_HEAD || all.length < all.readUInt32BE(4)) {
        rest = all;
        continue;
      }
      shape = { sampleRate: all.readUInt32BE(16), channelCount: all.readUInt32BE(20) };
      all = all.subarray(all.readUInt32BE(4));
    }
    const { sampleRate, channelCount } = shape;
    const frames = Math.floor(all.length / (4 * channelCount));
    rest = all.subarray(frames * 4 * channelCount);
    const little = known !== undefined;
    if (frames > 0) yield { channelData: deinterleaved(all, frames, channelCount, little), sampleRate };
  }
}

function deinterleaved(bytes: Buffer, frames: number, channelCount: number, little: boolean): Float32Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: channelCount }, (_, c) => {
    const channel = new Float32Array(frames);
    for (let n = 0; n < frames; n++) channel[n] = view.getFloat32(4 * (n * channelCount + c), little);
    return channel;
  });
}
