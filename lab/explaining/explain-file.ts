/** `listenable explain`: a sound file, split into what the classifier went by and the rest, into a folder. */
import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import { targetIndex } from "../../models/explain/ask-method.ts";
import type { Pack, PackMethod } from "../../models/pack/pack.ts";
import { MethodInputError } from "../../models/runtime/load-method.ts";
import type { RuntimeBuild } from "../../models/runtime/runtime-node.ts";
import { openRecording } from "../../models/sound/open-recording-node.ts";
import { UsageError } from "../errors.ts";
import type { Follow } from "../progress.ts";
import { checkStride } from "./check-stride.ts";
import { explainRecording } from "./explain-recording.ts";
import type { ExplanationFacts } from "./explanation-facts.ts";
import type { ClassifierFile } from "./open-classifier.ts";
import { openMethod } from "./open-method.ts";

export interface ExplainFileOptions {
  /** Folder for the results; made if it is not there. */
  readonly out: string;
  /** A released pack's name, a folder or an address; the default pack without. */
  readonly pack?: string | undefined;
  /** A classifier in a file, in place of a pack; methods without gradients explain it. */
  readonly classifier?: ClassifierFile | undefined;
  /** One of the pack, its first without, or one without gradients ("rise", ...); RISE for a classifier in a file. */
  readonly method?: string | undefined;
  /** Of a method without gradients: most calls of the classifier for a window. */
  readonly budget?: number | undefined;
  /** Of what such a method draws. */
  readonly seed?: number | undefined;
  /** Label of the class to explain; each window's most probable one without. */
  readonly class?: string | undefined;
  /** Frames from one window to the next; as `explainSound` has it without. Not for streaming packs. */
  readonly stride?: number | undefined;
  /** Which of the recording's channels is explained. Default "mix": their mean, or that of those that can be mixed. */
  readonly channel?: ChannelChoice | undefined;
  /** Also writes original.wav, what was heard of the recording's channels. */
  readonly original?: boolean | undefined;
  /** Which onnxruntime. */
  readonly build?: RuntimeBuild | undefined;
}

/**
 * Writes explanation.wav, rest.wav, spectrogram.png and explanation.json, replacing what is there.
 *
 * @throws UsageError for a method, class or stride that the pack does not have; Error that names the file where it cannot be
 *   read. A failure, or the signal, leaves no half-written sounds behind.
 */
export async function explainFile(
  file: string,
  options: ExplainFileOptions,
  follow: Follow = {},
): Promise<ExplanationFacts> {
  const opened = await openMethod(options, follow);
  try {
    const { loaded } = opened;
    const target = chosenClass(loaded.pack, loaded.method, options.class);
    const { out, stride = opened.stride, original = false } = options;
    checkStride(stride, loaded.pack);
    const recording = await openRecording(file, { channel: options.channel });
    return await explainRecording({ file, recording, loaded, target, stride, out, original }, follow);
  } finally {
    await opened.close();
  }
}

function chosenClass(pack: Pack, method: PackMethod, label?: string): string | undefined {
  if (label === undefined) return undefined;
  try {
    targetIndex(pack, label);
  } catch (error) {
    throw error instanceof MethodInputError ? new UsageError(`--class: ${error.message}`) : error;
  }
  if (!method.target) {
    throw new UsageError(
      `--class: method ${method.name} of pack ${pack.name} explains only the most probable class; leave --class out`,
    );
  }
  return label;
}
