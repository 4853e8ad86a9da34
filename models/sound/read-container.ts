/**
 * Sound out of files that hold packets: MP4 and M4A, WebM and Matroska, bare AAC. mediabunny finds the packets, reading
 * only where they lie, so an index at the file's end costs no memory; a decoder for each codec makes them samples.
 * What no library here decodes goes to the ffmpeg of the machine, where there is one.
 */
import { createOpusDecoder, type OpusOptions } from "@audio/decode-opus/core";
import {
  ADTS,
  type EncodedPacket,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  QTFF,
  WEBM,
} from "mediabunny";
import type { ByteSource } from "../../dsp/index.ts";
import { aacDecoder, isPlainAac } from "./aac-node.ts";
import { ffmpegPieces } from "./ffmpeg-node.ts";
import { guardedSource } from "./guarded-source.ts";
import { bytesOf, type Decoded, type PacketDecoder } from "./packets.ts";

// What it would warn of on the console comes up in our errors where it matters.
Logging.level = LogLevel.Silent;

export type ContainerKind = "m4a" | "webm" | "aac";

const FORMATS = { m4a: [MP4, QTFF], webm: [WEBM, MATROSKA], aac: [ADTS] };
/** What ffmpeg calls them; it is told, so that a file can't pass for a playlist that names other files. */
const FFMPEG_NAMES = { m4a: "mov", webm: "matroska", aac: "aac" };
/** Packets decoded at a time: two to three seconds. */
const BATCH = 128;

/** The sound in order. Rejects with an Error whose message goes on from "can't be read:". */
export async function* containerPieces(
  kind: ContainerKind,
  source: ByteSource,
  path: string,
): AsyncGenerator<Decoded> {
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
    if ("decoder" in opened) yield* decodePackets(track, opened.decoder);
    else {
      const rate = await track.getSampleRate();
      const channels = await track.getNumberOfChannels();
      yield* ffmpegPieces(path, FFMPEG_NAMES[kind], rate, channels, opened.why);
    }
  } finally {
    input.dispose();
  }
}

/** The track's decoder, or why there is none here. */
async function openTrack(track: InputAudioTrack): Promise<{ decoder: PacketDecoder } | { why: string }> {
  const config = await track.getDecoderConfig();
  const start = -(await track.getFirstTimestamp());
  if (config !== null && isPlainAac(config)) {
    try {
      return { decoder: await aacDecoder(config, start) };
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
      return { why: `the package node-web-audio-api, which decodes AAC, can't be loaded here (${reason})` };
    }
  }
  const head = config?.codec === "opus" ? opusOptions(config) : undefined;
  if (head) return { decoder: await opusDecoder(head, start) };
  return { why: `its sound is ${config?.codec ?? "of an unknown kind"}, for which there is no decoder here` };
}

async function* decodePackets(track: InputAudioTrack, decoder: PacketDecoder): AsyncGenerator<Decoded> {
  let skip = decoder.skip;
  let batch: EncodedPacket[] = [];
  const decode = async (): Promise<Decoded> => {
    const { channelData, sampleRate } = await decoder.decode(batch.map((packet) => packet.data));
    const from = Math.min(skip, channelData.length === 0 ? 0 : channelData[0].length);
    skip -= from;
    return { channelData: channelData.map((channel) => channel.subarray(from)), sampleRate };
  };
  try {
    for await (const packet of new EncodedPacketSink(track).packets()) {
      if (batch.length === BATCH) {
        yield await decode();
        batch = [];
      }
      batch.push(packet);
    }
    if (batch.length === 0) return;
    const { channelData, sampleRate } = await decode();
    // An M4A says by its last packet's duration how much of it is sound; the rest is padding.
    const { packetLength = 0 } = decoder;
    const sound = Math.round(batch[batch.length - 1].duration * sampleRate);
    const padding = sound > 0 ? Math.max(0, packetLength - sound) : 0;
    yield {
      channelData: channelData.map((channel) => channel.subarray(0, Math.max(0, channel.length - padding))),
      sampleRate,
    };
  } finally {
    decoder.free();
  }
}

/** RFC 7845, section 5.1; undefined for what it does not allow. */
function opusOptions({ description, numberOfChannels }: AudioDecoderConfig): OpusOptions | undefined {
  if (description === undefined) {
    return numberOfChannels <= 2 ? { channels: numberOfChannels } : undefined;
  }
  const bytes = bytesOf(description);
  if (bytes.length < 19) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channels = bytes[9];
  const options = { channels, preSkip: view.getUint16(10, true), outputGain: view.getInt16(16, true) };
  if (bytes[18] === 0) return channels === 1 || channels === 2 ? options : undefined;
  if (bytes.length < 21 + channels) return undefined;
  return {
    ...options,
    streamCount: bytes[19],
    coupledStreamCount: bytes[20],
    channelMappingTable: bytes.slice(21, 21 + channels),
  };
}

const OPUS_RATE = 48_000;

async function opusDecoder(options: OpusOptions, start: number): Promise<PacketDecoder> {
  const decoder = await createOpusDecoder();
  // The edit list of an MP4 says what the head says too; the later of both is the start.
  decoder.configure({ ...options, preSkip: 0 });
  return {
    skip: Math.max(options.preSkip ?? 0, Math.round(start * OPUS_RATE)),
    decode: (packets) => decoder.decodeFrames([...packets]),
    free: () => decoder.free(),
  };
}
