/** Sound whose libraries take a file's bytes in pieces of any length, and give samples when they have some. */
import type { ByteSource } from "../../dsp/index.ts";
import type { Decoded } from "./packets.ts";

/** A decoder that takes a file's bytes in pieces of any length. */
interface StreamDecoder {
  decode(bytes: Uint8Array): Decoded;
  flush?(): Decoded;
  free(): void;
}

/** Loaded when a file needs them: each is up to a few hundred kilobytes of WebAssembly. */
const STREAM_DECODERS = {
  mp3: async (): Promise<StreamDecoder> => mono(await (await import("@audio/decode-mp3")).decoder()),
  oggflac: async (): Promise<StreamDecoder> => (await import("@audio/decode-flac")).decoder(),
  opus: async (): Promise<StreamDecoder> => (await import("@audio/decode-opus")).decoder(),
  vorbis: async (): Promise<StreamDecoder> => (await import("@audio/decode-vorbis")).decoder(),
  wma: async (): Promise<StreamDecoder> => (await import("@audio/decode-wma")).decoder(),
};

/** Bytes read at a time. */
const PIECE_BYTES = 1 << 18;

export async function* streamPieces(
  kind: keyof typeof STREAM_DECODERS,
  source: ByteSource,
  name: string,
  notes: string[],
): AsyncGenerator<Decoded> {
  const decoder = await STREAM_DECODERS[kind]();
  let complaints = 0;
  try {
    for (let at = 0; at < source.size; ) {
      const bytes = source.read(at, PIECE_BYTES);
      if (bytes.length === 0) break;
      at += bytes.length;
      const { result, said } = quietly(() => decoder.decode(bytes));
      complaints += said;
      yield result;
    }
    if (decoder.flush) yield decoder.flush();
  } finally {
    decoder.free();
  }
  if (complaints > 0) notes.push(`${name} holds parts that its decoder could not read (${complaints})`);
}

/** mpg123 and its likes write to the console what they stumble over: it is counted instead. */
function quietly<T>(action: () => T): { result: T; said: number } {
  const { error } = console;
  let said = 0;
  console.error = () => {
    said++;
  };
  try {
    const result = action();
    return { result, said };
  } finally {
    console.error = error;
  }
}

/** mpg123 gives mono as two like channels. One of them is given here for as long as the other is the same. */
function mono(decoder: StreamDecoder): StreamDecoder {
  let alike = true;
  return {
    decode(bytes) {
      const decoded = decoder.decode(bytes);
      const [left, right] = decoded.channelData;
      alike &&= left === undefined || right === undefined || left.every((value, n) => value === right[n]);
      return alike ? { ...decoded, channelData: decoded.channelData.slice(0, 1) } : decoded;
    },
    free: () => decoder.free(),
  };
}
