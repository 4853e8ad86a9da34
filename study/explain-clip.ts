/** One clip through the methods of a pack: what the classifier decides on, and each method's explanation of it. */
import { type ClipDecision, ClipDecisionMean } from "../models/explain/clip-decision.ts";
import { SignalExplainer } from "../models/explain/signal-explainer.ts";
import type { LoadedMethod } from "../models/runtime/load-method.ts";

export interface ExplainedClip {
  readonly decision: ClipDecision;
  readonly explanation: Float32Array;
}

/**
 * Explains a whole clip with overlapping windows, as `listenable explain` does.
 *
 * @param samples mono, at the pack's rate.
 * @param target class to explain where the method can be asked; absent is each window's winning class.
 * @param stride frames from one window to the next.
 */
export async function explainClip(
  loaded: LoadedMethod,
  samples: Float32Array,
  stride: number,
  target?: number,
): Promise<ExplainedClip> {
  const { pack, method } = loaded;
  const explainer = new SignalExplainer({
    pack,
    sampleRate: pack.sampleRate,
    stride,
    explainWindow: async (magnitudes, phases) => {
      const asked = method.target ? target : undefined;
      const { probabilities, masks } = await loaded.run(magnitudes, 1, asked, phases);
      return { probabilities, mask: masks };
    },
  });
  const blocks = [await explainer.push(samples), await explainer.finish()];
  const mean = new ClipDecisionMean(pack);
  const explanation = new Float32Array(samples.length);
  let at = 0;
  for (const block of blocks) {
    explanation.set(block.explanation, at);
    at += block.explanation.length;
    for (const window of block.windows) mean.add(window);
  }
  return { decision: mean.result(), explanation };
}
