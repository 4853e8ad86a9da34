/** AIFF and AIFF-C. Apple's "Audio Interchange File Format: AIFF-C", 1991; what came later by QuickTime's codes. */
import { type ByteSource, WavError } from "../../../dsp/index.ts";
import { imaQuickTimeCodec } from "./adpcm.ts";
import { latin, partOf, viewOf } from "./bytes.ts";
import { type Layout, type OtherSound, pcmCodec, type SampleCodec } from "./layout.ts";

interface Common {
  readonly channelCount: number;
  readonly bits: number;
  readonly sampleRate: number;
  readonly codec: string;
}

const MOST_CHUNKS = 10_000;
const MOST_CHANNELS = 256;

export function readAiff(source: ByteSource, name: string): Layout {
  const notes: string[] = [];
  let common: Common | undefined;
  let data: ByteSource | undefined;
  for (let at = 12, chunks = 0; at + 8 <= source.size && chunks < MOST_CHUNKS; chunks++) {
    const head = source.read(at, 8);
    const id = latin(head, 0, 4);
    const size = viewOf(head).getUint32(4, false);
    if (id === "COMM") common ??= readCommon(source.read(at + 8, Math.min(size, 64)), name);
    // Samples may begin later than their chunk: eight bytes of offset and block size stand first.
    else if (id === "SSND") data ??= soundData(source, at + 8, size, name, notes);
    at += 8 + size + (size % 2);
  }
  if (!common) throw new WavError(`${name} is an AIFF file without a "COMM" chunk; it is damaged or cut off`);
  if (!data) throw new WavError(`${name} is an AIFF file without a "SSND" chunk; it is damaged or cut off`);
  const sound = soundOf(common, name);
  return { sampleRate: common.sampleRate, channelCount: common.channelCount, data, sound, notes };
}

function readCommon(chunk: Uint8Array, name: string): Common {
  if (chunk.length < 18) {
    throw new WavError(
      `${name} has a "COMM" chunk of ${chunk.length} bytes, 18 are the least; it is damaged`,
    );
  }
  const fields = viewOf(chunk);
  const channelCount = fields.getUint16(0, false);
  if (channelCount === 0 || channelCount > MOST_CHANNELS) {
    throw new WavError(`${name} claims ${channelCount} channels; its header is damaged`);
  }
  return {
    channelCount,
    bits: fields.getUint16(6, false),
    sampleRate: Math.round(extended(fields, 8)),
    codec: chunk.length >= 22 ? latin(chunk, 18, 22) : "NONE",
  };
}

/** An 80-bit float: sign and 15 bits of exponent, 64 bits of mantissa. */
function extended(fields: DataView, at: number): number {
  const head = fields.getUint16(at, false);
  const mantissa = Number(fields.getBigUint64(at + 2, false));
  return (head & 0x8000 ? -1 : 1) * mantissa * 2 ** ((head & 0x7fff) - 16_383 - 63);
}

function soundData(
  source: ByteSource,
  start: number,
  size: number,
  name: string,
  notes: string[],
): ByteSource {
  const rest = source.size - start;
  // A recorder that never came back to fill in the size leaves 0 or more than there is.
  const isEmpty = size <= 8 && (rest <= 8 || /^[\x20-\x7e]{4}$/.test(latin(source.read(start + size, 4))));
  const isUnknown = size >= 0x7fff_0000 || (size <= 8 && !isEmpty);
  if (isUnknown) notes.push(`${name} does not say how long it is; it was read to its end`);
  else if (size > rest) notes.push(`${name} is cut off: ${rest} of ${size} bytes of sound are there`);
  const head = source.read(start, 8);
  const offset = head.length < 8 ? 0 : viewOf(head).getUint32(0, false);
  const from = start + 8 + (offset < rest ? offset : 0);
  return partOf(source, from, isUnknown ? source.size : start + size);
}

function soundOf({ codec, channelCount, bits }: Common, name: string): SampleCodec | OtherSound {
  const width = Math.ceil(bits / 8);
  const pcm = (encoding: "int" | "uint" | "float" | "ulaw" | "alaw", bytes: number, bigEndian = true) =>
    pcmCodec({ encoding, channelCount, width: bytes, bigEndian }, name);
  switch (codec) {
    case "NONE":
    case "twos":
      return pcm("int", width);
    case "sowt":
      return pcm("int", width, false);
    case "raw ":
      return pcm("uint", width);
    case "in24":
    case "in32":
      return pcm("int", codec === "in24" ? 3 : 4);
    case "42ni":
    case "23ni":
      return pcm("int", codec === "42ni" ? 3 : 4, false);
    case "fl32":
    case "FL32":
      return pcm("float", 4);
    case "fl64":
    case "FL64":
      return pcm("float", 8);
    case "ulaw":
    case "ULAW":
      return pcm("ulaw", 1);
    case "alaw":
    case "ALAW":
      return pcm("alaw", 1);
    case "ima4":
      return imaQuickTimeCodec(channelCount);
    default:
      return { what: codec === "GSM " || codec === "agsm" ? "GSM 6.10" : `AIFF-C of kind "${codec.trim()}"` };
  }
}
