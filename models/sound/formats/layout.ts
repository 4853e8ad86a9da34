/** How samples stand in a file of the uncompressed kinds (WAV, AIFF, CAF, AU), and the samples out of it, piece by piece. */
import { type ByteSource, WavError } from "../../../dsp/index.ts";
import { type PcmFormat, pcmDecoder, unreadableWidth } from "../../../dsp/pcm.ts";
import { viewOf } from "./bytes.ts";

export interface Layout {
  /** In Hz. */
  readonly sampleRate: number;
  readonly channelCount: number;
  /** The sound's bytes alone. */
  readonly data: ByteSource;
  readonly sound: SampleCodec | OtherSound;
  /** Samples per channel at the start that are no sound yet. */
  readonly skip?: number;
  /** Samples per channel that are sound, where the file tells; what follows them is padding. */
  readonly frames?: number | undefined;
  /** What was wrong with the file and put up with, in sentences for people. */
  readonly notes: readonly string[];
}

/** Blocks of bytes to samples; of plain PCM a block is a frame. Blocks come in order, each once. */
export interface SampleCodec {
  readonly blockBytes: number;
  /** Samples per channel in a block. */
  readonly blockFrames: number;
  /** Those in a block that is cut off after so many bytes; none without. */
  readonly framesIn?: (bytes: number) => number;
  /** Gives how many samples were NaN or infinite and became 0. */
  decode(bytes: Uint8Array, blocks: number, channels: readonly Float32Array[]): number;
}

/** Sound that needs a decoder of its own: `stream` where there is one here, else `what` it is. */
export interface OtherSound {
  readonly what: string;
  readonly stream?: "mp3";
}

export interface SamplePiece {
  readonly channels: Float32Array[];
  readonly sampleRate: number;
  readonly expected: number;
  readonly replaced: number;
}

/** Bytes read at a time. */
const PIECE_BYTES = 1 << 18;

export function isSampleCodec(sound: SampleCodec | OtherSound): sound is SampleCodec {
  return "decode" in sound;
}

/** Throws a WavError for samples of a width that can't be read. */
export function pcmCodec(format: PcmFormat, name: string): SampleCodec {
  const unreadable = unreadableWidth(format);
  if (unreadable) throw new WavError(`${name} holds ${unreadable}`);
  const decode = pcmDecoder(format);
  return {
    blockBytes: format.width * format.channelCount,
    blockFrames: 1,
    decode: (bytes, blocks, channels) => decode(viewOf(bytes), blocks, channels, 0),
  };
}

/** The sound in order; at least one piece, none of them empty. Throws a WavError where there is none. */
export function* samplePieces(layout: Layout, codec: SampleCodec, name: string): Generator<SamplePiece> {
  const { data, sampleRate, channelCount, skip = 0 } = layout;
  const { blockBytes, blockFrames } = codec;
  const blocks = Math.floor(data.size / blockBytes);
  const there = blocks * blockFrames + (codec.framesIn?.(data.size % blockBytes) ?? 0);
  const end = Math.min(there, layout.frames === undefined ? there : skip + layout.frames);
  if (end <= skip) {
    throw new WavError(`${name} has a header and not a single sample; record or export it again`);
  }
  const most = Math.max(1, Math.floor(PIECE_BYTES / Math.max(blockBytes, 4 * channelCount * blockFrames)));
  for (let block = 0; block * blockFrames < end; block += most) {
    const count = Math.min(most, Math.ceil(end / blockFrames) - block);
    const bytes = data.read(block * blockBytes, count * blockBytes);
    if (bytes.length < Math.min(count * blockBytes, data.size - block * blockBytes)) {
      throw new WavError(`${name} became shorter while it was read`);
    }
    const channels = Array.from({ length: channelCount }, () => new Float32Array(count * blockFrames));
    const replaced = codec.decode(filledUp(bytes, count * blockBytes), count, channels);
    const from = Math.max(0, skip - block * blockFrames);
    const to = Math.min(count * blockFrames, end - block * blockFrames);
    if (to <= from) continue;
    const kept = channels.map((channel) => channel.subarray(from, to));
    yield { channels: kept, sampleRate, expected: end - skip, replaced };
  }
}

/** A last block that is cut short, with zeros behind it. */
function filledUp(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}
