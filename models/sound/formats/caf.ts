/** Apple's Core Audio Format, whose specification names its fields as they are named here. */
import { type ByteSource, WavError } from "../../../dsp/index.ts";
import { imaQuickTimeCodec } from "./adpcm.ts";
import { latin, partOf, viewOf } from "./bytes.ts";
import { type Layout, type OtherSound, pcmCodec, type SampleCodec } from "./layout.ts";

interface Description {
  readonly sampleRate: number;
  readonly format: string;
  readonly flags: number;
  readonly bytesPerPacket: number;
  readonly channelCount: number;
  readonly bits: number;
}

interface Packets {
  readonly validFrames: number;
  readonly primingFrames: number;
}

const IS_FLOAT = 1;
const IS_LITTLE_ENDIAN = 2;
const MOST_CHUNKS = 10_000;
const MOST_CHANNELS = 256;

export function readCaf(source: ByteSource, name: string): Layout {
  const notes: string[] = [];
  let description: Description | undefined;
  let packets: Packets | undefined;
  let data: ByteSource | undefined;
  for (let at = 8, chunks = 0; at + 12 <= source.size && chunks < MOST_CHUNKS; chunks++) {
    const head = source.read(at, 12);
    const id = latin(head, 0, 4);
    const start = at + 12;
    const rest = source.size - start;
    // -1: to the end of the file, as a recorder leaves it.
    const written = Number(viewOf(head).getBigInt64(4, false));
    const size = written < 0 ? rest : written;
    if (id === "desc") description ??= readDescription(source.read(start, 32), name);
    else if (id === "pakt") packets ??= readPackets(source.read(start, 24));
    else if (id === "data" && data === undefined) {
      if (size > rest) notes.push(`${name} is cut off: ${rest} of ${size} bytes of sound are there`);
      // A count of edits stands first.
      data = partOf(source, start + 4, start + size);
    }
    at = start + size;
  }
  if (!description)
    throw new WavError(`${name} is a CAF file without a "desc" chunk; it is damaged or cut off`);
  if (!data) throw new WavError(`${name} is a CAF file without a "data" chunk; it is damaged or cut off`);
  const sound = soundOf(description, name);
  const { sampleRate, channelCount } = description;
  const isBlocks = "blockFrames" in sound && sound.blockFrames > 1;
  const told = isBlocks && packets && packets.validFrames > 0 ? packets : undefined;
  return {
    sampleRate,
    channelCount,
    data,
    sound,
    skip: told?.primingFrames ?? 0,
    frames: told?.validFrames,
    notes,
  };
}

function readDescription(chunk: Uint8Array, name: string): Description {
  if (chunk.length < 32) throw new WavError(`${name} is cut off within its "desc" chunk`);
  const fields = viewOf(chunk);
  const channelCount = fields.getUint32(24, false);
  if (channelCount === 0 || channelCount > MOST_CHANNELS) {
    throw new WavError(`${name} claims ${channelCount} channels; its header is damaged`);
  }
  return {
    sampleRate: Math.round(fields.getFloat64(0, false)),
    format: latin(chunk, 8, 12),
    flags: fields.getUint32(12, false),
    bytesPerPacket: fields.getUint32(16, false),
    channelCount,
    bits: fields.getUint32(28, false),
  };
}

function readPackets(chunk: Uint8Array): Packets | undefined {
  if (chunk.length < 24) return undefined;
  const fields = viewOf(chunk);
  return {
    validFrames: Number(fields.getBigInt64(8, false)),
    primingFrames: Math.max(0, fields.getInt32(16, false)),
  };
}

/** What people call the formats that are refused or left to ffmpeg. */
const NAMES: Record<string, string> = {
  "aac ": "AAC",
  alac: "Apple Lossless",
  ".mp3": "MP3",
  agsm: "GSM 6.10",
};

function soundOf(description: Description, name: string): SampleCodec | OtherSound {
  const { format, flags, bytesPerPacket, channelCount, bits } = description;
  const bigEndian = (flags & IS_LITTLE_ENDIAN) === 0;
  switch (format) {
    case "lpcm": {
      const encoding = (flags & IS_FLOAT) !== 0 ? "float" : "int";
      const width = bytesPerPacket > 0 ? bytesPerPacket / channelCount : Math.ceil(bits / 8);
      return pcmCodec({ encoding, channelCount, width, bigEndian }, name);
    }
    case "ulaw":
    case "alaw":
      return pcmCodec({ encoding: format, channelCount, width: 1 }, name);
    case "ima4":
      return imaQuickTimeCodec(channelCount);
    default:
      return { what: NAMES[format] ?? `CAF of kind "${format.trim()}"` };
  }
}
