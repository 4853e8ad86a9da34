/**
 * What a sound file holds, before the browser is asked: uncompressed kinds are read here, as in Node, since browsers know few of them;
 * compressed ones are freed of tags and left to the browser; what is no sound is told. Fetched when somebody opens a file.
 */
import type { ByteSource } from "../../../dsp/index.ts";
import { joined } from "../../../dsp/joined.ts";
import { findSound, isLayoutKind, whatElse } from "../../../models/sound/formats/kinds.ts";
import { isSampleCodec, samplePieces } from "../../../models/sound/formats/layout.ts";
import { readLayout } from "../../../models/sound/formats/read-layout.ts";

export interface SoundSamples {
  /** One array per channel, all of the same length. */
  readonly channels: readonly Float32Array[];
  readonly sampleRate: number;
}

/** Samples, or the bytes that the browser can be asked to decode. Throws an Error that names the file and says what it is. */
export function openSoundFile(bytes: Uint8Array<ArrayBuffer>, name: string): SoundSamples | ArrayBuffer {
  const source: ByteSource = { size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) };
  const found = findSound(source);
  if (found === undefined) throw new Error(`${name} is no sound: ${whatElse(source)}`);
  const { kind, from, to } = found;
  const sound = bytes.subarray(from, to);
  if (typeof kind === "string" && isLayoutKind(kind)) {
    const samples = layoutSamples(sound, kind, name);
    if (samples) return samples;
  }
  return sound.slice().buffer;
}

/** Undefined for what needs a decoder that the browser may have. */
function layoutSamples(
  bytes: Uint8Array,
  kind: Parameters<typeof readLayout>[0],
  name: string,
): SoundSamples | undefined {
  const layout = readLayout(
    kind,
    { size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) },
    name,
  );
  if (!isSampleCodec(layout.sound)) return undefined;
  const pieces = [...samplePieces(layout, layout.sound, name)];
  const channels = Array.from({ length: layout.channelCount }, (_, c) =>
    joined(pieces.map((piece) => piece.channels[c])),
  );
  return { channels, sampleRate: layout.sampleRate };
}
