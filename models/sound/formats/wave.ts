/** WAV with all that it may hold: PCM, float, the telephone's codecs, and MP3. Its chunks are dsp's matter. */
import { type ByteSource, WavError } from "../../../dsp/index.ts";
import { joinedParts, wavCodecName, wavPcm } from "../../../dsp/wav.ts";
import { readWavHeader, type WavFormat } from "../../../dsp/wav-header.ts";
import { imaWavCodec, microsoftCodec } from "./adpcm.ts";
import { latin } from "./bytes.ts";
import { isSampleCodec, type Layout, type OtherSound, pcmCodec, type SampleCodec } from "./layout.ts";

export function readWave(source: ByteSource, name: string): Layout {
  const { format, parts, promised, notes } = readWavHeader(source, name);
  const data = joinedParts(source, parts);
  if (data.size === 0) {
    throw new WavError(`${name} is a WAV file without a single sample; record or export it again`);
  }
  const sound = carriedBitstream(data, format) ?? soundOf(format, name);
  const { sampleRate, channelCount } = format;
  const isBlocks = isSampleCodec(sound) && sound.blockFrames > 1;
  return {
    sampleRate,
    channelCount,
    data,
    sound,
    frames: isBlocks && promised ? promised : undefined,
    notes,
  };
}

function soundOf(format: WavFormat, name: string): SampleCodec | OtherSound {
  const { tag, channelCount, blockBytes, bits, chunk } = format;
  const pcm = wavPcm(format);
  if (pcm) return pcmCodec(pcm, name);
  const what = { what: wavCodecName(format) };
  switch (tag) {
    case 6:
      return pcmCodec({ encoding: "alaw", channelCount, width: 1 }, name);
    case 7:
      return pcmCodec({ encoding: "ulaw", channelCount, width: 1 }, name);
    case 17:
      return (bits === 4 && imaWavCodec(channelCount, blockBytes)) || what;
    case 2:
      return microsoftCodec(channelCount, blockBytes, chunk) ?? what;
    case 80:
    case 85:
      return { ...what, stream: "mp3" };
    default:
      return what;
  }
}

/** Dolby Digital or DTS on its way to a receiver, which says that it is PCM and sounds like noise: IEC 61937, DTS in WAV. */
function carriedBitstream(data: ByteSource, { tag, bits }: WavFormat): OtherSound | undefined {
  if (tag !== 1 || bits !== 16) return undefined;
  const start = latin(data.read(0, 8192));
  const dts = start.slice(start.search(/[^\0]/));
  const isCarried =
    start.includes("\x72\xf8\x1f\x4e") ||
    dts.startsWith("\xfe\x7f\x01\x80") ||
    dts.startsWith("\xff\x1f\0\xe8");
  return isCarried ? { what: "Dolby Digital or DTS that says it is PCM" } : undefined;
}
