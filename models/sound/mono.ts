/** The channels of a file as one. */
import { type ChannelChoice, type ChannelVerdict, channelNote } from "../../dsp/channel-choice.ts";
import { MonoStream } from "../../dsp/channel-mixer.ts";
import { AudioFileError } from "./audio-file-error.ts";
import type { Piece } from "./read-pieces-node.ts";

/**
 * What was found of the channels goes to `notes`, in sentences. Nothing is given before as much was read as tells which
 * channels to take.
 *
 * @throws AudioFileError, from the generator, when the channel that is asked for is not there.
 */
export async function* monoOf(
  pieces: AsyncIterable<Piece>,
  path: string,
  notes: string[],
  choice?: ChannelChoice,
): AsyncGenerator<Float32Array> {
  const onVerdict = (verdict: ChannelVerdict) => {
    notes.push(`${path}: ${channelNote(verdict)} (--channel takes another)`);
  };
  let mono: MonoStream | undefined;
  let count = 0;
  for await (const { channels, sampleRate } of pieces) {
    if (mono === undefined || channels.length !== count) {
      // MP3 is given as one channel until the two differ for the first time.
      if (mono !== undefined) yield* mono.finish();
      count = channels.length;
      mono = begun(() => new MonoStream(sampleRate, count, { choice, onVerdict }), path);
    }
    yield* mono.push(channels);
  }
  if (mono !== undefined) yield* mono.finish();
}

function begun(begin: () => MonoStream, path: string): MonoStream {
  try {
    return begin();
  } catch (error) {
    throw new AudioFileError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
