/**
 * What a classifier says of a sound, decision by decision. Packs of windows say something of every window. A streaming pack hears the
 * sound from its beginning to its end, as everywhere, and each of its steps is a decision about the last second or so; steps of
 * which less than that was heard count in what is said of the whole, by as much, and not as decisions of their own.
 */
import { joined } from "../../../dsp/joined.ts";
import { audible, clipDecision } from "../../../models/explain/clip-decision.ts";
import { explainSound } from "../../../models/explain/explain-sound.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";
import { meanRow } from "../metrics/classifier-report.ts";
import { windowShape, windowStarts, windowsAt } from "../plan/window-shape.ts";
import { askClassifier } from "./explain-windows.ts";

export interface HeardAnswers {
  /** [classes] of every window or step that is within 30 dB of the sound's loudest; none for digital silence. */
  readonly windows: readonly Float32Array[];
  /** [classes]: what is said of the sound as a whole, as `clipDecision` has it; absent for digital silence. */
  readonly whole?: Float32Array | undefined;
}

/**
 * @param samples at the pack's rate. One shorter than what an answer is about is followed by silence.
 * @param stride frames from one window to the next; a streaming pack answers at every step.
 */
export async function hearSound(
  classifier: LoadedMethod,
  samples: Float32Array,
  stride: number,
): Promise<HeardAnswers> {
  const shape = windowShape(classifier.pack);
  if (!classifier.streaming) {
    const windows = await askClassifier(
      classifier,
      windowsAt(samples, windowStarts(samples, shape, stride), shape),
    );
    return { windows, whole: windows.length > 0 ? meanRow(windows) : undefined };
  }
  const heard = new Float32Array(Math.max(samples.length, shape.samples));
  heard.set(samples);
  const { windows: steps } = await explainSound(classifier, heard, { rate: shape.sampleRate });
  const { label, probabilities } = clipDecision(classifier.pack, steps);
  return {
    windows: audible(steps)
      .filter(({ weight = 1 }) => weight >= 1)
      .map((step) => step.probabilities),
    whole: label === null ? undefined : Float32Array.from(probabilities),
  };
}

/** The same as JSON can hold it, in a tenth of what lists of numbers take. */
export interface PackedAnswers {
  /** Float32 numbers in base64, a row of [classes] after the other: first that of the sound as a whole. Empty for digital silence. */
  readonly rows: string;
  readonly classes: number;
}

export function packedAnswers({ windows, whole }: HeardAnswers): PackedAnswers {
  if (!whole) return { rows: "", classes: 0 };
  const rows = joined([whole, ...windows]);
  return { rows: Buffer.from(rows.buffer, 0, rows.byteLength).toString("base64"), classes: whole.length };
}

export function unpackedAnswers({ rows, classes }: PackedAnswers): HeardAnswers {
  if (classes === 0) return { windows: [] };
  const numbers = new Float32Array(Uint8Array.from(Buffer.from(rows, "base64")).buffer);
  const count = numbers.length / classes;
  const [whole, ...windows] = Array.from({ length: count }, (_, k) =>
    numbers.subarray(k * classes, (k + 1) * classes),
  );
  return { windows, whole };
}
