/** Bare AAC, frame by frame. What is damaged between frames is left out; https://wiki.multimedia.cx/index.php/ADTS */
import type { ByteSource } from "../../dsp/index.ts";
import { aacFrameLength, findFrames } from "./formats/mpeg-frames.ts";

const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
const HEADER = 7;

export interface AdtsFrame {
  /** With its header. */
  readonly bytes: Uint8Array;
  readonly sampleRate: number;
  /** 0 where the frame itself tells. */
  readonly channelCount: number;
  /** 2 is AAC-LC. */
  readonly profile: number;
}

/** Whole frames in order. `onDamage` is told how many bytes between two frames are none. */
export function* adtsFrames(source: ByteSource, onDamage: (bytes: number) => void): Generator<AdtsFrame> {
  for (let at = 0; at + HEADER <= source.size; ) {
    const head = source.read(at, HEADER);
    const length = aacFrameLength(head, 0);
    if (length === undefined) {
      const next = findFrames(source, at);
      if (next?.kind !== "aac") return;
      onDamage(next.at - at);
      at = next.at;
      continue;
    }
    if (at + length > source.size) return;
    yield {
      bytes: source.read(at, length),
      sampleRate: RATES[(head[2] >> 2) & 15],
      channelCount: ((head[2] & 1) << 2) | (head[3] >> 6),
      profile: (head[2] >> 6) + 1,
    };
    at += length;
  }
}
