/** A file of bare AAC (ADTS): by the package that decodes AAC-LC where it runs, else by ffmpeg. */
import type { ByteSource } from "../../dsp/index.ts";
import { aacDecoder, isPlainAac } from "./aac-node.ts";
import { adtsFrames } from "./adts.ts";
import { type FilePart, ffmpegPieces } from "./ffmpeg-node.ts";
import type { Decoded, PacketDecoder } from "./packets.ts";

/** Frames decoded at a time: two to three seconds. */
const BATCH = 128;

export async function* aacPieces(
  source: ByteSource,
  path: string,
  notes: string[],
  part?: FilePart,
): AsyncGenerator<Decoded> {
  const [first] = adtsFrames(source, () => {});
  if (first === undefined) return;
  const config = {
    codec: `mp4a.40.${first.profile}`,
    sampleRate: first.sampleRate,
    numberOfChannels: first.channelCount || 8,
  };
  const opened = isPlainAac(config) ? await openDecoder(config) : { why: `its sound is ${config.codec}` };
  if ("why" in opened) {
    yield* ffmpegPieces(path, {
      format: "aac",
      why: `${opened.why}, for which there is no decoder here`,
      part,
      notes,
    });
    return;
  }
  let damaged = 0;
  try {
    let batch: Uint8Array[] = [];
    for (const { bytes } of adtsFrames(source, (lost) => {
      damaged += lost;
    })) {
      if (batch.push(bytes) < BATCH) continue;
      yield await opened.decoder.decode(batch);
      batch = [];
    }
    if (batch.length > 0) yield await opened.decoder.decode(batch);
  } finally {
    opened.decoder.free();
  }
  if (damaged > 0) notes.push(`${path} is damaged: ${damaged} bytes between its frames were left out`);
}

async function openDecoder(
  config: AudioDecoderConfig,
): Promise<{ decoder: PacketDecoder } | { why: string }> {
  try {
    return { decoder: await aacDecoder(config, 0) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    return { why: `it is AAC, and the package node-web-audio-api can't be loaded here (${reason})` };
  }
}
