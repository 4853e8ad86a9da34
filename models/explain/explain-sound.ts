/**
 * The way a sound meets a method: whole by `explainSound`, or in pieces and with bounded memory by `explainStream`, which
 * gives the same to the last bit. Both follow `SignalExplainer`.
 */
import { type ChannelChoice, channelNote } from "../../dsp/channel-choice.ts";
import { MonoStream, mixDown } from "../../dsp/channel-mixer.ts";
import { type LoadedMethod, MethodInputError } from "../runtime/load-method.ts";
import type { RunnablePack } from "../runtime/runnable-pack.ts";
import { askMethod, type MethodQuestion, targetIndex } from "./ask-method.ts";
import { type ClipDecision, clipDecision, type WindowDecision } from "./clip-decision.ts";
import { type ExplainedBlock, type ExplainWindow, SignalExplainer, windowCount } from "./signal-explainer.ts";

/** A pack, whose named or first method is loaded when needed and kept, or a method that the caller loaded. */
export type Explaining = RunnablePack | LoadedMethod;

/** Samples of one channel, or an array of such for each, all of one length. */
export type Sound = Float32Array | readonly Float32Array[];

export interface ExplainStreamOptions extends MethodQuestion {
  /** Of the samples, in Hz; a whole number. The model hears them at the pack's rate. */
  readonly rate: number;
  /** Method of the pack; its first when left out. */
  readonly method?: string | undefined;
  /**
   * Frames from one window to the next, 1 to the pack's window; 16 (or the window, where that is shorter) when left out. Not
   * looked at for streaming packs: they hear each frame once.
   */
  readonly stride?: number | undefined;
  /** Which of several channels is explained. Default "mix": their mean, or that of those that can be mixed. */
  readonly channel?: ChannelChoice | undefined;
  /** Told which channels were taken, in a sentence, where it is not the mean of all. */
  readonly onNote?: ((note: string) => void) | undefined;
  /** Asked before every piece and window; its reason is what is thrown. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told of every window that the model was asked about, or of how many blocks at once; may wait, to leave others their time.
   */
  readonly onWindow?: ((windows: number) => Promise<void> | void) | undefined;
}

export interface ExplainSoundOptions extends Omit<ExplainStreamOptions, "onWindow"> {
  /** Told the share done, above 0 to 1, after every window; may wait, to leave others their time. */
  readonly onProgress?: ((share: number) => Promise<void> | void) | undefined;
}

export interface ExplainedSound {
  /** In Hz, of the samples that went in and of both parts. */
  readonly rate: number;
  /** The class that was asked about, by its index in the pack; -1 is the winner of each window. */
  readonly target: number;
  /** What the classifier went by, as long as the sound and in place; may exceed full scale where the sound was loud. */
  readonly explanation: Float32Array;
  /** Everything else: explanation + rest = samples, those of the one channel that was heard. Above half the pack's rate all is rest. */
  readonly rest: Float32Array;
  /** Frames that touch the sound, at the pack's rate. */
  readonly frames: number;
  /** Row-major [frames, bins]: |X| of the sound. */
  readonly magnitudes: Float32Array;
  /** Row-major [frames, bins], in [0, 1]: the weighted mean of the masks of all windows that covered the frame, or its block's own. */
  readonly mask: Float32Array;
  /** What the classifier said of each window, or at the end of each block, in order. */
  readonly windows: readonly WindowDecision[];
  /** What it says of the sound: the mean of its audible windows. */
  readonly decision: ClipDecision;
  /** Which of its channels were explained, in sentences, where it is not the mean of all. */
  readonly notes: readonly string[];
}

/**
 * Explains a whole sound: what made the classifier decide, and the rest. Magnitudes and mask take about 260 kB a second of
 * sound with the released packs; very long sounds are for `explainStream`.
 *
 * @param sound finite, full scale is 1. Of any length: a sound shorter than a window is followed by silence.
 * @throws MethodInputError for samples, a class or a method that can't be used; RangeError for a rate or a stride; PackError
 *   when the method can't be loaded or gives no usable numbers; the signal's reason when it is aborted.
 */
export async function explainSound(
  from: Explaining,
  sound: Sound,
  options: ExplainSoundOptions,
): Promise<ExplainedSound> {
  const notes: string[] = [];
  const onNote = (note: string) => {
    notes.push(note);
    options.onNote?.(note);
  };
  const { rate, stride, signal, onProgress } = options;
  signal?.throwIfAborted();
  const samples = mono(sound, { ...options, onNote });
  const loaded = await methodOf(from, options.method);
  const { pack } = loaded;
  const total = windowCount(pack, samples.length, rate, stride);
  let asked = 0;
  const onWindow = (windows: number) => {
    asked += windows;
    return onProgress?.(Math.min(1, asked / total));
  };
  const block = await explainerOf(loaded, { ...options, onWindow }).whole(samples);
  // The model is not asked about digital silence.
  if (asked < total) await onProgress?.(1);

  const { explanation, rest, magnitudes, mask, windows } = block;
  return {
    rate,
    target: targetIndex(pack, options.target),
    explanation,
    rest,
    frames: mask.length / pack.stft.bins,
    magnitudes,
    mask,
    windows,
    decision: clipDecision(pack, windows),
    notes,
  };
}

/**
 * Explains a sound of any length that comes in pieces; holds one window, and the piece under way. Yields a block for every
 * piece and one for the end; the blocks joined are the explained sound.
 *
 * @param pieces finite, each as long as the caller likes; may be reused once the next one was asked for.
 * @throws as `explainSound` does, from the generator.
 */
export async function* explainStream(
  from: Explaining,
  pieces: Iterable<Sound> | AsyncIterable<Sound>,
  options: ExplainStreamOptions,
): AsyncGenerator<ExplainedBlock, void, undefined> {
  const { signal } = options;
  const explainer = explainerOf(await methodOf(from, options.method), options);
  for await (const piece of monoPieces(pieces, options)) {
    signal?.throwIfAborted();
    yield await explainer.push(piece);
  }
  signal?.throwIfAborted();
  yield await explainer.finish();
}

function explainerOf(loaded: LoadedMethod, options: ExplainStreamOptions): SignalExplainer {
  const { rate, stride, signal, onWindow } = options;
  const ask = askMethod(loaded, options);
  const { pack } = loaded;
  const asking: ExplainWindow = async (magnitudes, phases) => {
    signal?.throwIfAborted();
    const answer = await ask(magnitudes, phases);
    await onWindow?.(answer.probabilities.length / pack.labels.length);
    return answer;
  };
  const explainWindow = Object.assign(asking, { frames: ask.frames });
  return new SignalExplainer({ pack, sampleRate: rate, stride, explainWindow });
}

async function methodOf(from: Explaining, name: string | undefined): Promise<LoadedMethod> {
  if (!("run" in from)) return from.method(name);
  if (name !== undefined && name !== from.method.name) {
    throw new MethodInputError(
      `method ${from.method.name} was loaded and ${name} is wanted; give the pack, or leave the method's name out`,
    );
  }
  return from;
}

type Mixing = Pick<ExplainStreamOptions, "rate" | "channel" | "onNote">;

function mono(sound: Sound, { rate, channel, onNote }: Mixing): Float32Array {
  const channels = sound instanceof Float32Array ? [sound] : sound;
  const are = Array.isArray(channels) && channels.every((samples) => samples instanceof Float32Array);
  if (!are || channels.length === 0) refuse(sound);
  for (const samples of channels) {
    checkSamples(samples);
    if (samples.length !== channels[0].length) {
      throw new MethodInputError(
        `the channels have ${channels.map(({ length }) => length).join(" and ")} samples; all have to be of one length`,
      );
    }
  }
  if (channels.length === 1 && channel === undefined) return channels[0];
  return inRange(() => mixDown(channels, rate, mixing(channel, onNote)));
}

async function* monoPieces(
  pieces: Iterable<Sound> | AsyncIterable<Sound>,
  { rate, channel, onNote }: Mixing,
): AsyncGenerator<Float32Array> {
  let stream: MonoStream | undefined;
  let count = 0;
  for await (const piece of pieces) {
    const channels = piece instanceof Float32Array ? [piece] : piece;
    if (channels.length === 0) throw new MethodInputError("a piece has no channel; leave it out");
    if (stream === undefined || channels.length !== count) {
      if (stream) yield* stream.finish();
      count = channels.length;
      stream = inRange(() => new MonoStream(rate, count, mixing(channel, onNote)));
    }
    // While it waits it keeps what it is given, which may be reused.
    yield* stream.push(count === 1 ? channels : channels.map((samples) => samples.slice()));
  }
  if (stream) yield* stream.finish();
}

function mixing(choice: ChannelChoice | undefined, onNote: Mixing["onNote"]) {
  return {
    choice,
    onVerdict: (verdict: Parameters<typeof channelNote>[0]) => {
      const note = channelNote(verdict);
      if (note !== undefined) onNote?.(note);
    },
  };
}

/** A channel that is not there is the caller's mistake, as a class that is not there. */
function inRange<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof RangeError ? new MethodInputError(`channel: ${error.message}`) : error;
  }
}

function refuse(sound: unknown): never {
  throw new MethodInputError(
    `samples must be a Float32Array of values from -1 to 1, or an array of one for each channel, not ${Object.prototype.toString.call(sound)}; ` +
      "of an AudioBuffer give getChannelData of each channel",
  );
}

function checkSamples(samples: Float32Array): void {
  for (let n = 0; n < samples.length; n++) {
    if (Number.isFinite(samples[n])) continue;
    throw new MethodInputError(`sample ${n} is ${samples[n]}; put 0 where a sound holds no number`);
  }
}
