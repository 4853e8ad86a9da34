/** One run of a model for the windows of several sessions. */
import type { LoadedMethod } from "../../models/runtime/load-method.ts";
import { StateError, type Streaming } from "../../models/runtime/streaming.ts";
import { encodeMask } from "../../protocol/wire-levels.ts";
import type { WindowOutcome, WindowQuery } from "./backend.ts";

/** Windows of a pack that hears windows, alike. */
export async function explainTogether(
  method: LoadedMethod,
  windows: readonly WindowQuery[],
): Promise<readonly WindowOutcome[]> {
  const { stft, labels } = method.pack;
  const targets = windows.map(({ target }) => target);
  const { probabilities, masks, inferenceMs } = await method.run(joined(windows), windows.length, targets);
  const [frames] = method.maskShape;
  const [{ maskFrames }] = windows;
  const classes = labels.length;
  return windows.map(({ magnitudes }, n) => {
    const end = (n + 1) * frames * stft.bins;
    return {
      probabilities: probabilities.slice(n * classes, (n + 1) * classes),
      mask: encodeMask(masks.subarray(end - maskFrames * stft.bins, end)),
      inferenceMs,
      magnitudes,
    };
  });
}

/** Blocks of a streaming pack, as many of each sound, each with what is remembered of that sound and of no other. */
export async function hearTogether(
  streaming: Streaming,
  windows: readonly WindowQuery[],
): Promise<readonly WindowOutcome[]> {
  const states = windows.map(({ memory }) => memory ?? streaming.begin());
  const targets = windows.map(({ target }) => target);
  try {
    const heard = await streaming.hear(joined(windows), states, targets);
    const { probabilities, masks, inferenceMs } = heard;
    const [rows, size] = [probabilities, masks].map(({ length }) => length / windows.length);
    return windows.map(({ magnitudes }, n) => ({
      probabilities: probabilities.slice(n * rows, (n + 1) * rows),
      mask: encodeMask(masks.subarray(n * size, (n + 1) * size)),
      inferenceMs,
      magnitudes,
      memory: heard.states[n],
    }));
  } catch (error) {
    // Those whose memory is of no use fail alone; nothing was heard of the others either.
    if (!(error instanceof StateError) || error.sounds.length === windows.length) throw error;
    const well = windows.filter((_, n) => !error.sounds.includes(n));
    const outcomes = [...(await hearTogether(streaming, well))];
    return windows.map((_, n) => (error.sounds.includes(n) ? error : outcomes.shift()!));
  }
}

function joined(windows: readonly WindowQuery[]): Float32Array {
  const [{ magnitudes }] = windows;
  if (windows.length === 1) return magnitudes;
  const all = new Float32Array(windows.length * magnitudes.length);
  for (const [n, each] of windows.entries()) all.set(each.magnitudes, n * magnitudes.length);
  return all;
}
