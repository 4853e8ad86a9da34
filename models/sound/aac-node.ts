/**
 * AAC-LC in Node: Symphonia's decoder, which the optional package node-web-audio-api carries in its prebuilt binaries.
 * The package decodes whole files only. So packets are framed as small AAC files of their own, each begun by the last
 * packet of the one before: a packet's samples depend on no other, which makes the seams exact.
 * Layout: ISO/IEC 14496-3, sections 1.6.2.1 (AudioSpecificConfig) and 1.A.2 (ADTS).
 */
import type { OfflineAudioContext } from "node-web-audio-api";
import { bytesOf, type PacketDecoder } from "./packets.ts";

/** Samples per channel in a packet. */
const AAC_FRAME = 1024;
const ADTS_HEADER = 7;
const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

interface Layout {
  /** Index into RATES. */
  readonly rate: number;
  readonly channels: number;
}

/** Whether it is AAC-LC, mono or stereo, in packets of 1024 samples: what Symphonia decodes. */
export function isPlainAac(config: AudioDecoderConfig): boolean {
  if (config.codec !== "mp4a.40.2" || config.numberOfChannels > 2) return false;
  return config.description === undefined
    ? RATES.includes(config.sampleRate)
    : layoutOf(config) !== undefined;
}

/**
 * `start`: seconds before the sound starts, negative when it starts later. Rejects when the package is not installed
 * or its binary does not run on this machine.
 */
export async function aacDecoder(config: AudioDecoderConfig, start: number): Promise<PacketDecoder> {
  const library = await import("node-web-audio-api");
  const layout = layoutOf(config);
  // Without a description each packet has its header already.
  const sampleRate = layout === undefined ? config.sampleRate : RATES[layout.rate];
  const context: OfflineAudioContext = new library.OfflineAudioContext(1, 1, sampleRate);
  let previous: Uint8Array | undefined;
  return {
    skip: Math.max(0, Math.round(start * sampleRate)),
    packetLength: AAC_FRAME,
    secondsIn: () => AAC_FRAME / sampleRate,
    async decode(packets) {
      const all = previous === undefined ? packets : [previous, ...packets];
      const from = previous === undefined ? 0 : AAC_FRAME;
      previous = packets[packets.length - 1];
      const sound = await context.decodeAudioData(framed(all, layout));
      const length = Math.max(0, sound.length - from);
      const channelData = Array.from({ length: sound.numberOfChannels }, (_, c) => {
        // Not getChannelData: in version 1.0.9 its array points to memory that is freed along with the AudioBuffer.
        const channel = new Float32Array(length);
        sound.copyFromChannel(channel, c, from);
        return channel;
      });
      return { channelData, sampleRate };
    },
    free() {},
  };
}

function layoutOf({ description }: AudioDecoderConfig): Layout | undefined {
  if (description === undefined) return undefined;
  const bytes = bytesOf(description);
  if (bytes.length < 2) return undefined;
  const type = bytes[0] >> 3;
  const rate = ((bytes[0] & 7) << 1) | (bytes[1] >> 7);
  const channels = (bytes[1] >> 3) & 15;
  const shortFrames = (bytes[1] & 4) !== 0;
  if (type !== 2 || rate >= RATES.length || channels < 1 || channels > 2 || shortFrames) return undefined;
  return { rate, channels };
}

/** The packets one after the other, each behind a header where they have none of their own. */
function framed(packets: readonly Uint8Array[], layout: Layout | undefined): ArrayBuffer {
  const header = layout === undefined ? 0 : ADTS_HEADER;
  const bytes = new Uint8Array(packets.reduce((sum, packet) => sum + header + packet.length, 0));
  let at = 0;
  for (const packet of packets) {
    const size = header + packet.length;
    if (layout !== undefined) {
      const { rate, channels } = layout;
      const profile = 1; // LC
      bytes[at] = 0xff;
      bytes[at + 1] = 0xf1;
      bytes[at + 2] = (profile << 6) | (rate << 2);
      bytes[at + 3] = (channels << 6) | (size >> 11);
      bytes[at + 4] = size >> 3;
      bytes[at + 5] = (size << 5) | 0x1f;
      bytes[at + 6] = 0xfc;
    }
    bytes.set(packet, at + header);
    at += size;
  }
  return bytes.buffer;
}
