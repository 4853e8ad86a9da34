/** Opus in packets, as MP4 and WebM hold it. */
import { createOpusDecoder, type OpusOptions } from "@audio/decode-opus/core";
import { bytesOf, type PacketDecoder } from "./packets.ts";

/** RFC 7845, section 5.1; undefined for what it does not allow. */
export function opusOptions({ description, numberOfChannels }: AudioDecoderConfig): OpusOptions | undefined {
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

export async function opusDecoder(options: OpusOptions, start: number): Promise<PacketDecoder> {
  const decoder = await createOpusDecoder();
  // The edit list of an MP4 says what the head says too; the later of both is the start.
  decoder.configure({ ...options, preSkip: 0 });
  return {
    skip: Math.max(options.preSkip ?? 0, Math.round(start * OPUS_RATE)),
    secondsIn,
    decode: (packets) => decoder.decodeFrames([...packets]),
    free: () => decoder.free(),
  };
}

/** RFC 6716, section 3.1: the first byte tells how long a frame is, and how many there are. */
function secondsIn(packet: Uint8Array): number {
  if (packet.length === 0) return 0;
  const config = packet[0] >> 3;
  const ms =
    config < 12
      ? [10, 20, 40, 60][config & 3]
      : config < 16
        ? [10, 20][config & 1]
        : [2.5, 5, 10, 20][config & 3];
  const code = packet[0] & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63;
  return (frames * ms) / 1000;
}
