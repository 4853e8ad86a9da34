/**
 * The ADPCM of telephones and dictaphones: four bits a sample, each a step from the one before, in blocks that stand for
 * themselves. IMA as WAV and as QuickTime (AIFF-C, CAF) have it, and Microsoft's.
 * Multimedia Registration of Microsoft, 1994; IMA Digital Audio Focus, 1992.
 */
import { viewOf } from "./bytes.ts";
import type { SampleCodec } from "./layout.ts";

/** How much larger or smaller the next step becomes, by the size of this one. */
const INDEX_CHANGES = [-1, -1, -1, -1, 2, 4, 6, 8];
/** The 89 steps of IMA: each a tenth larger than the one before, as its table rounds them. */
const STEPS = [
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97,
  107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724,
  796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026,
  4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500,
  20350, 22385, 24623, 27086, 29794, 32767,
];

/** One channel's state. */
class ImaVoice {
  value = 0;
  index = 0;

  /** Gives the next sample, full scale at 1. */
  next(nibble: number): number {
    const step = STEPS[this.index];
    const size = nibble & 7;
    let change = step >> 3;
    if (size & 4) change += step;
    if (size & 2) change += step >> 1;
    if (size & 1) change += step >> 2;
    this.value = clipped(this.value + (nibble & 8 ? -change : change));
    this.index = Math.max(0, Math.min(STEPS.length - 1, this.index + INDEX_CHANGES[size]));
    return this.value / 0x8000;
  }
}

function clipped(value: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, value));
}

/** Undefined for blocks that hold no sample. */
export function imaWavCodec(channelCount: number, blockBytes: number): SampleCodec | undefined {
  const head = 4 * channelCount;
  const groups = Math.floor((blockBytes - head) / head);
  if (groups < 1) return undefined;
  const blockFrames = 1 + 8 * groups;
  const decodeChannel = (block: DataView, c: number, channel: Float32Array, at: number) => {
    const voice = new ImaVoice();
    voice.value = block.getInt16(4 * c, true);
    voice.index = Math.min(STEPS.length - 1, block.getUint8(4 * c + 2));
    channel[at] = voice.value / 0x8000;
    for (let group = 0, out = at + 1; group < groups; group++) {
      // Eight samples of one channel after eight of the other.
      const from = head + group * head + 4 * c;
      for (let n = 0; n < 8; n++) channel[out++] = voice.next(nibbleOf(block.getUint8(from + (n >> 1)), n));
    }
  };
  const framesIn = (bytes: number) => (bytes < head ? 0 : 1 + 8 * Math.floor((bytes - head) / head));
  return { ...blockCodec(blockBytes, blockFrames, decodeChannel), framesIn };
}

/** Low nibble first. */
function nibbleOf(byte: number, n: number): number {
  return n % 2 === 0 ? byte & 15 : byte >> 4;
}

const QT_BYTES = 34;
const QT_FRAMES = 64;

/** "ima4": one channel's packet after the other's. */
export function imaQuickTimeCodec(channelCount: number): SampleCodec {
  const voices = Array.from({ length: channelCount }, () => new ImaVoice());
  const decodeChannel = (block: DataView, c: number, channel: Float32Array, at: number) => {
    const voice = voices[c];
    const head = block.getInt16(QT_BYTES * c, false);
    const value = head & ~0x7f;
    const index = Math.min(STEPS.length - 1, head & 0x7f);
    // The head has but the upper nine bits; the lower ones are those that the packet before ended with.
    if (voice.index !== index || Math.abs(value - voice.value) > 0x7f) voice.value = value;
    voice.index = index;
    for (let n = 0; n < QT_FRAMES; n++) {
      channel[at + n] = voice.next(nibbleOf(block.getUint8(QT_BYTES * c + 2 + (n >> 1)), n));
    }
  };
  return blockCodec(QT_BYTES * channelCount, QT_FRAMES, decodeChannel);
}

/** How the step of Microsoft's ADPCM grows or shrinks, in 256ths, by the four bits. */
const GROWTH = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];
/** Of the two samples before, in 256ths, where the header brings no pairs of its own. */
const MS_PAIRS: readonly (readonly [number, number])[] = [
  [256, 0],
  [512, -256],
  [0, 0],
  [192, 64],
  [240, 0],
  [460, -208],
  [392, -232],
];

/** `chunk` is the "fmt " chunk, which brings the pairs of coefficients. Undefined for blocks that hold no sample. */
export function microsoftCodec(
  channelCount: number,
  blockBytes: number,
  chunk: Uint8Array,
): SampleCodec | undefined {
  const head = 7 * channelCount;
  const steps = Math.floor((2 * (blockBytes - head)) / channelCount);
  if (channelCount > 2 || steps < 0) return undefined;
  const pairs = pairsOf(chunk);
  const decodeChannel = (block: DataView, c: number, channel: Float32Array, at: number) => {
    const [a, b] = pairs[Math.min(pairs.length - 1, block.getUint8(c))];
    let delta = block.getInt16(channelCount + 2 * c, true);
    let last = block.getInt16(3 * channelCount + 2 * c, true);
    let before = block.getInt16(5 * channelCount + 2 * c, true);
    channel[at] = before / 0x8000;
    channel[at + 1] = last / 0x8000;
    for (let n = 0; n < steps; n++) {
      // High nibble first, the channels in turn.
      const place = n * channelCount + c;
      const nibble = nibbleOf(block.getUint8(head + (place >> 1)), place + 1);
      const signed = nibble >= 8 ? nibble - 16 : nibble;
      const value = clipped(Math.trunc((last * a + before * b) / 256) + signed * delta);
      [before, last] = [last, value];
      delta = Math.max(16, (GROWTH[nibble] * delta) >> 8);
      channel[at + 2 + n] = value / 0x8000;
    }
  };
  const framesIn = (bytes: number) =>
    bytes < head ? 0 : 2 + Math.floor((2 * (bytes - head)) / channelCount);
  return { ...blockCodec(blockBytes, 2 + steps, decodeChannel), framesIn };
}

function pairsOf(chunk: Uint8Array): readonly (readonly [number, number])[] {
  if (chunk.length < 26) return MS_PAIRS;
  const fields = viewOf(chunk);
  const count = Math.min(fields.getUint16(20, true), Math.floor((chunk.length - 22) / 4));
  if (count === 0) return MS_PAIRS;
  return Array.from({ length: count }, (_, n) => [
    fields.getInt16(22 + 4 * n, true),
    fields.getInt16(24 + 4 * n, true),
  ]);
}

type DecodeChannel = (block: DataView, c: number, channel: Float32Array, at: number) => void;

function blockCodec(blockBytes: number, blockFrames: number, decodeChannel: DecodeChannel): SampleCodec {
  return {
    blockBytes,
    blockFrames,
    decode(bytes, blocks, channels) {
      for (let block = 0; block < blocks; block++) {
        const view = viewOf(bytes.subarray(block * blockBytes, (block + 1) * blockBytes));
        for (const [c, channel] of channels.entries()) decodeChannel(view, c, channel, block * blockFrames);
      }
      return 0;
    },
  };
}
