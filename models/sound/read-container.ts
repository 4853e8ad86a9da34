/**
 * Sound out of files that hold packets: MP4 and M4A, WebM and Matroska. mediabunny finds the packets, reading
 * only where they lie, so an index at the file's end costs no memory; a decoder for each codec makes them samples.
 * What no library here decodes goes to the ffmpeg of the machine, where there is one.
 */
import { Input, type InputAudioTrack, Logging, LogLevel, MATROSKA, MP4, QTFF, WEBM } from "mediabunny";
import type { ByteSource } from "../../dsp/index.ts";
import { type FfmpegRequest, type FilePart, ffmpegPieces } from "./ffmpeg-node.ts";
import type { ContainerKind } from "./formats/kinds.ts";
import { guardedSource } from "./guarded-source.ts";
import { mendedWebm } from "./mended-webm.ts";
import { openTrack } from "./packet-decoders-node.ts";
import type { Decoded } from "./packets.ts";
import { silence } from "./silence.ts";
import { LEAST_GAP, MOST_START, trackPieces } from "./timeline.ts";

// What it would warn of on the console comes up in our errors where it matters.
Logging.level = LogLevel.Silent;

const FORMATS = { m4a: [MP4, QTFF], webm: [WEBM, MATROSKA] };
/** What ffmpeg calls them; it is told, so that a file can't pass for a playlist that names other files. */
const FFMPEG_NAMES = { m4a: "mov", webm: "matroska" };

/** The sound in order. Rejects with an Error whose message goes on from "can't be read:". */
export async function* containerPieces(
  kind: ContainerKind,
  given: ByteSource,
  path: string,
  notes: string[],
  part?: FilePart,
): AsyncGenerator<Decoded> {
  const { source, isCutOff } = kind === "webm" ? mendedWebm(given) : { source: given, isCutOff: false };
  if (isCutOff) notes.push(`${path} is cut off; it was read as far as it goes`);
  const input = new Input({
    formats: FORMATS[kind],
    source: guardedSource(source.size, {
      read: (start, end) => source.read(start, end - start),
      // Pages instead of single packets; without it an hour's packets take eight times as long.
      prefetchProfile: "fileSystem",
    }),
  });
  try {
    const track = await input.getPrimaryAudioTrack();
    if (track === null) {
      const tracks = await input.getTracks();
      throw new Error(
        tracks.length > 0
          ? "it holds no sound"
          : "its index is missing, so it was cut off or never finished; record or download it again",
      );
    }
    const opened = await openTrack(track);
    if ("decoder" in opened) yield* trackPieces(track, opened.decoder, path, notes);
    else yield* trackByFfmpeg(track, path, { format: FFMPEG_NAMES[kind], why: opened.why, part, notes });
  } finally {
    input.dispose();
  }
}

async function* trackByFfmpeg(
  track: InputAudioTrack,
  path: string,
  request: FfmpegRequest,
): AsyncGenerator<Decoded> {
  const sampleRate = await track.getSampleRate();
  const channelCount = await track.getNumberOfChannels();
  const first = await track.getFirstTimestamp();
  // ffmpeg leaves out what lies before the first sound, and the beginning that belongs to the encoder.
  if (first > LEAST_GAP && first <= MOST_START) {
    yield* silence(Math.round(first * sampleRate), channelCount, sampleRate);
  }
  yield* ffmpegPieces(path, { ...request, shape: { sampleRate, channelCount }, fillGaps: true });
}
