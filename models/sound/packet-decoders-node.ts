/** The decoder of a container's track, by its codec. */
import type { InputAudioTrack } from "mediabunny";
import type { PcmFormat } from "../../dsp/pcm.ts";
import { aacDecoder, isPlainAac } from "./aac-node.ts";
import { flacDecoder, flacInfo } from "./flac.ts";
import { joinedBytes } from "./formats/bytes.ts";
import { pcmCodec } from "./formats/layout.ts";
import { opusDecoder, opusOptions } from "./opus-packets.ts";
import { bytesOf, type PacketDecoder } from "./packets.ts";

/** The track's decoder, or why there is none here. */
export async function openTrack(
  track: InputAudioTrack,
): Promise<{ decoder: PacketDecoder } | { why: string }> {
  const config = await track.getDecoderConfig();
  const start = -(await track.getFirstTimestamp());
  if (config === null) return { why: "its sound is of an unknown kind, for which there is no decoder here" };
  if (isPlainAac(config)) {
    try {
      return { decoder: await aacDecoder(config, start) };
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
      return { why: `the package node-web-audio-api, which decodes AAC, can't be loaded here (${reason})` };
    }
  }
  const pcm = pcmFormat(config);
  if (pcm) return { decoder: pcmPackets(pcm, config.sampleRate) };
  if (config.codec === "flac" && config.description) {
    const info = flacInfo(withoutHead(bytesOf(config.description)));
    if (info) return { decoder: await flacDecoder(info) };
  }
  const head = config.codec === "opus" ? opusOptions(config) : undefined;
  if (head) return { decoder: await opusDecoder(head, start) };
  return { why: `its sound is ${config.codec}, for which there is no decoder here` };
}

/** FLAC's description begins with "fLaC" and the head of a block. */
function withoutHead(description: Uint8Array): Uint8Array {
  return description.subarray(8);
}

/** mediabunny's names: pcm-s16, pcm-f32be, ulaw, ... */
function pcmFormat({ codec, numberOfChannels: channelCount }: AudioDecoderConfig): PcmFormat | undefined {
  if (codec === "ulaw" || codec === "alaw") return { encoding: codec, channelCount, width: 1 };
  const named = /^pcm-([suf])(\d+)(be)?$/.exec(codec);
  if (!named) return undefined;
  const encoding = named[1] === "f" ? "float" : named[1] === "u" ? "uint" : "int";
  return { encoding, channelCount, width: Number(named[2]) / 8, bigEndian: named[3] === "be" };
}

function pcmPackets(format: PcmFormat, sampleRate: number): PacketDecoder {
  const codec = pcmCodec(format, "it");
  return {
    skip: 0,
    secondsIn: (packet) => packet.length / codec.blockBytes / sampleRate,
    decode(packets) {
      const bytes = joinedBytes(packets);
      const frames = Math.floor(bytes.length / codec.blockBytes);
      const channelData = Array.from({ length: format.channelCount }, () => new Float32Array(frames));
      codec.decode(bytes, frames, channelData);
      return { channelData, sampleRate };
    },
    free() {},
  };
}
