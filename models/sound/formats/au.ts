/** Sun's and NeXT's sound files (.au, .snd), big-endian, or little-endian where they begin with "dns.". */
import { type ByteSource, WavError } from "../../../dsp/index.ts";
import type { PcmFormat } from "../../../dsp/pcm.ts";
import { latin, partOf, viewOf } from "./bytes.ts";
import { type Layout, pcmCodec } from "./layout.ts";

const UNKNOWN_SIZE = 0xffff_ffff;
const MOST_CHANNELS = 256;

/** By the number in the header. */
const ENCODINGS: Record<number, readonly [PcmFormat["encoding"], width: number]> = {
  1: ["ulaw", 1],
  2: ["int", 1],
  3: ["int", 2],
  4: ["int", 3],
  5: ["int", 4],
  6: ["float", 4],
  7: ["float", 8],
  27: ["alaw", 1],
};

export function readAu(source: ByteSource, name: string): Layout {
  const head = source.read(0, 24);
  if (head.length < 24) throw new WavError(`${name} is cut off within its header`);
  const little = latin(head, 0, 4) === "dns.";
  const [, start, size, code, sampleRate, channelCount] = Array.from({ length: 6 }, (_, n) =>
    viewOf(head).getUint32(4 * n, little),
  );
  if (channelCount === 0 || channelCount > MOST_CHANNELS || sampleRate === 0 || start < 24) {
    throw new WavError(`${name} claims ${channelCount} channels at ${sampleRate} Hz; its header is damaged`);
  }
  const rest = Math.max(0, source.size - start);
  const notes: string[] = [];
  const isUnknown = size === UNKNOWN_SIZE || (size === 0 && rest > 0);
  if (!isUnknown && size > rest)
    notes.push(`${name} is cut off: ${rest} of ${size} bytes of sound are there`);
  const known = ENCODINGS[code];
  const sound = known
    ? pcmCodec({ encoding: known[0], channelCount, width: known[1], bigEndian: !little }, name)
    : { what: code >= 23 && code <= 26 ? "ADPCM of G.72x" : `AU of encoding ${code}` };
  const data = partOf(source, start, isUnknown ? source.size : start + size);
  return { sampleRate, channelCount, data, sound, notes };
}
